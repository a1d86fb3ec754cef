#include "sim/id_window.h"

#include <map>

#include "base/rng.h"
#include "gtest/gtest.h"

namespace partway::sim {
namespace {

TEST(IdWindow, HoldsWhatAMapWould) {
  Rng rng(3);
  IdWindow<int> window;
  std::map<uint64_t, int> map;
  uint64_t id = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (rng.Chance(0.5)) {
      id += static_cast<uint64_t>(rng.UniformInt(1, 3));   // with gaps
      EXPECT_EQ(*window.Put(id, step), step);
      map[id] = step;
    } else {
      const auto gone = static_cast<uint64_t>(rng.UniformInt(0, static_cast<int64_t>(id) + 2));
      window.Erase(gone);
      map.erase(gone);
    }
    if (rng.Chance(0.001)) {
      window.Clear();
      map.clear();
    }
    const auto asked = static_cast<uint64_t>(rng.UniformInt(0, static_cast<int64_t>(id) + 2));
    const auto found = map.find(asked);
    const int* value = window.Find(asked);
    ASSERT_EQ(value != nullptr, found != map.end()) << "id " << asked;
    if (value != nullptr) {
      ASSERT_EQ(*value, found->second);
    }
  }
}

}   // namespace
}   // namespace partway::sim
