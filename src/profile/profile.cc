#include "profile/profile.h"

#include <algorithm>
#include <cassert>

namespace partway::profile {

const SizeProfile* Profile::Find(int height, int width, int threads) const {
  const auto found = std::find_if(sizes.begin(), sizes.end(), [&](const SizeProfile& s) {
    return s.height == height && s.width == width && s.threads == threads;
  });
  return found == sizes.end() ? nullptr : &*found;
}

Seconds TimeOf(const SizeProfile& at, int from, int to) {
  assert(0 <= from && from <= to && to <= static_cast<int>(at.groups.size()));
  Seconds sum;
  for (int g = from; g < to; ++g) sum += Seconds(at.groups[static_cast<size_t>(g)].median_s);
  return sum;
}

}   // namespace partway::profile
