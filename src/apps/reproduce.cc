#include "apps/reproduce.h"

#include <algorithm>

namespace partway::apps {

bool Reproduction::holds() const {
  return std::all_of(claims.begin(), claims.end(), [](const Claim& claim) { return claim.holds; });
}

const std::vector<Experiment>& Experiments() {
  static const std::vector<Experiment> experiments = {
      {"resnet50-fig2", "latency of each split of ResNet-50 against the bandwidth (Jeong, Park, Youn, Fig. 2)",
       ReproduceResnet50Fig2},
      {"resnet50-fig3", "the best split against bandwidth and device speed (Jeong, Park, Youn, Fig. 3)", ReproduceResnet50Fig3},
      {"parecon-fig3", "Parecon's frames, latency and accuracy against the accuracy asked for (Parecon, Fig. 3)",
       ReproducePareconFig3},
      {"parecon-fig4", "Parecon against Neurosurgeon, DADS, CutEdge, ours and the bound (Parecon, Fig. 4)", ReproducePareconFig4},
      {"parecon-beyond", "what Parecon leaves for later: traces, encodings, convergence, a wrong profile",
       ReproducePareconBeyond},
  };
  return experiments;
}

}   // namespace partway::apps
