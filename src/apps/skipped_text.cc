#include "apps/skipped_text.h"

#include <iostream>

namespace partway::apps {

void TellSkipped(const std::vector<media::Skipped>& skipped) {
  constexpr size_t kShown = 20;
  for (size_t i = 0; i < skipped.size() && i < kShown; ++i) {
    std::cerr << "partway: skipped " << skipped[i].name << ": " << skipped[i].reason << "\n";
  }
  if (skipped.size() > kShown) std::cerr << "partway: ... and " << skipped.size() - kShown << " more\n";
  if (!skipped.empty())
    std::cerr << "partway: " << skipped.size() << (skipped.size() == 1 ? " picture skipped\n" : " pictures skipped\n");
}

}   // namespace partway::apps
