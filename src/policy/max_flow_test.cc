#include "policy/max_flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/rng.h"

namespace partway::policy {
namespace {

struct Network {
  int32_t nodes = 0;
  std::vector<MaxFlow::Arc> arcs;
  std::vector<int64_t> capacity, from_source, to_sink;
};

Network RandomNetwork(Rng* rng, int64_t most) {
  Network net;
  net.nodes = static_cast<int32_t>(rng->UniformInt(1, most));
  for (int64_t i = 0, n = rng->UniformInt(0, 4 * most); i < n; ++i) {
    net.arcs.push_back(
        {static_cast<int32_t>(rng->UniformInt(0, net.nodes - 1)), static_cast<int32_t>(rng->UniformInt(0, net.nodes - 1))});
    net.capacity.push_back(rng->Chance(0.1)   ? MaxFlow::kInfinite
                           : rng->Chance(0.2) ? 0
                                              : rng->UniformInt(1, int64_t{1} << rng->UniformInt(1, 40)));
  }
  for (int32_t v = 0; v < net.nodes; ++v) {
    net.from_source.push_back(rng->Chance(0.5) ? rng->UniformInt(0, 1000) : 0);
    net.to_sink.push_back(rng->Chance(0.5) ? rng->UniformInt(0, 1000) : 0);
  }
  return net;
}

// Edmonds and Karp on a matrix, with source and sink as nodes of their own: nothing in common but the problem.
class Matrix {
 public:
  explicit Matrix(const Network& net) : n_(static_cast<size_t>(net.nodes) + 2), left_(n_ * n_, 0) {
    for (size_t i = 0; i < net.arcs.size(); ++i) At(net.arcs[i].from, net.arcs[i].to) += std::min(net.capacity[i], kMuch);
    for (int32_t v = 0; v < net.nodes; ++v) {
      At(net.nodes, v) += net.from_source[static_cast<size_t>(v)];
      At(v, net.nodes + 1) += net.to_sink[static_cast<size_t>(v)];
    }
  }
  int64_t Flow() {
    const size_t source = n_ - 2, sink = n_ - 1;
    int64_t flow = 0;
    while (true) {
      std::vector<size_t> from(n_, n_), reached = {source};
      for (size_t done = 0; done < reached.size(); ++done) {
        for (size_t v = 0; v < n_; ++v) {
          if (v == source || from[v] != n_ || left_[reached[done] * n_ + v] == 0) continue;
          from[v] = reached[done];
          reached.push_back(v);
        }
      }
      if (from[sink] == n_) return flow;
      int64_t least = kMuch;
      for (size_t v = sink; v != source; v = from[v]) least = std::min(least, left_[from[v] * n_ + v]);
      for (size_t v = sink; v != source; v = from[v]) {
        left_[from[v] * n_ + v] -= least;
        left_[v * n_ + from[v]] += least;
      }
      flow += least;
    }
  }

 private:
  static constexpr int64_t kMuch = int64_t{1} << 50;
  int64_t& At(int32_t from, int32_t to) { return left_[static_cast<size_t>(from) * n_ + static_cast<size_t>(to)]; }

  size_t n_;
  std::vector<int64_t> left_;
};

void ExpectLeastCut(MaxFlow* flow, const Network& net) {
  for (size_t i = 0; i < net.arcs.size(); ++i) flow->SetCapacity(i, net.capacity[i]);
  for (int32_t v = 0; v < net.nodes; ++v) {
    flow->SetTerminals(v, net.from_source[static_cast<size_t>(v)], net.to_sink[static_cast<size_t>(v)]);
  }
  const int64_t value = flow->Solve();
  ASSERT_EQ(value, Matrix(net).Flow());
  // The sides it names are a cut of that capacity.
  int64_t cut = 0;
  for (int32_t v = 0; v < net.nodes; ++v) {
    cut += flow->on_source_side(v) ? net.to_sink[static_cast<size_t>(v)] : net.from_source[static_cast<size_t>(v)];
  }
  for (size_t i = 0; i < net.arcs.size(); ++i) {
    if (!flow->on_source_side(net.arcs[i].from) || flow->on_source_side(net.arcs[i].to)) continue;
    ASSERT_LT(net.capacity[i], MaxFlow::kInfinite);
    cut += net.capacity[i];
  }
  ASSERT_EQ(cut, value);
}

TEST(MaxFlow, FindsLeastCutsOfRandomNetworks) {
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Network net = RandomNetwork(&rng, seed % 5 == 0 ? 60 : 12);
    MaxFlow flow(net.nodes, net.arcs);
    ExpectLeastCut(&flow, net);
    // Once more with other capacities, and with the first ones again: nothing is left over from a run.
    Network other = net;
    for (int64_t& capacity : other.capacity) capacity = rng.UniformInt(0, 500);
    ExpectLeastCut(&flow, other);
    ExpectLeastCut(&flow, net);
    if (HasFatalFailure()) return;
  }
}

TEST(MaxFlow, OfEqualCutsTakesTheLargestSourceSide) {
  // source -5-> 0 -5-> 1 -5-> 2 -5-> sink: four least cuts.
  MaxFlow flow(3, {{0, 1}, {1, 2}});
  flow.SetCapacity(0, 5);
  flow.SetCapacity(1, 5);
  flow.SetTerminals(0, 5, 0);
  flow.SetTerminals(2, 0, 5);
  EXPECT_EQ(flow.Solve(), 5);
  for (int32_t v = 0; v < 3; ++v) EXPECT_TRUE(flow.on_source_side(v));
}

TEST(MaxFlow, LongChainsAndEndlessArcs) {
  // Work comes in at one end of 2000 nodes and leaves by many small drains; endless arcs back, as in a closed set's network.
  constexpr int32_t kNodes = 2000;
  std::vector<MaxFlow::Arc> arcs;
  for (int32_t v = 0; v + 1 < kNodes; ++v) {
    arcs.push_back({v, v + 1});
    arcs.push_back({v + 1, v});
  }
  MaxFlow flow(kNodes, arcs);
  for (size_t i = 0; i < arcs.size(); ++i) flow.SetCapacity(i, i % 2 == 0 ? 1'000'000 : MaxFlow::kInfinite);
  for (int32_t v = 0; v < kNodes; ++v) flow.SetTerminals(v, v == 0 ? 5'000'000 : 0, 700);
  // The drains take 2000 x 700 = 1.4e6, but only 700 + 1e6 get there.
  EXPECT_EQ(flow.Solve(), 1'000'700);
}

}   // namespace
}   // namespace partway::policy
