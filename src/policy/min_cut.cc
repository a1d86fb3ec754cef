#include "policy/min_cut.h"

#include <algorithm>

namespace partway::policy {

std::vector<size_t> BlockPositions(const OperatorDag& dag) {
  const size_t n = dag.operators.size();
  std::vector<uint8_t> reads(n, 0), is_read(n, 0);
  std::vector<int32_t> change(n + 2, 0);   // in how many tensors cross, from position to position
  for (const OperatorDag::Tensor& tensor : dag.tensors) {
    if (tensor.consumers.empty()) continue;
    const int32_t last = *std::max_element(tensor.consumers.begin(), tensor.consumers.end());
    for (const int32_t consumer : tensor.consumers) reads[static_cast<size_t>(consumer)] = 1;
    if (tensor.producer != OperatorDag::kInput) is_read[static_cast<size_t>(tensor.producer)] = 1;
    ++change[static_cast<size_t>(int64_t{tensor.producer} + 1)];
    --change[static_cast<size_t>(last) + 1];
  }
  const bool one_end = std::count(is_read.begin(), is_read.end(), 0) == 1 && is_read[n - 1] == 0;
  if (!one_end || std::count(reads.begin(), reads.end(), 0) > 0) return {};
  std::vector<size_t> positions;
  int32_t crossing = change[0];
  for (size_t p = 1; p < n; ++p) {
    crossing += change[p];
    if (crossing == 1) positions.push_back(p);
  }
  return positions;
}

MinCut::MinCut(const OperatorDag& dag) : dag_(dag), on_device_(dag.operators.size(), 0) {
  std::vector<size_t> bounds = BlockPositions(dag);
  bounds.insert(bounds.begin(), 0);
  bounds.push_back(dag.operators.size());
  std::vector<size_t> block(dag.operators.size());
  for (size_t k = 0; k + 1 < bounds.size(); ++k) std::fill(block.begin() + bounds[k], block.begin() + bounds[k + 1], k);
  std::vector<std::vector<int32_t>> tensors(bounds.size() - 1);
  for (size_t t = 0; t < dag.tensors.size(); ++t) {
    const auto touch = [&](int32_t op) {
      if (op == OperatorDag::kInput) return;
      std::vector<int32_t>& its = tensors[block[static_cast<size_t>(op)]];
      if (its.empty() || its.back() != static_cast<int32_t>(t)) its.push_back(static_cast<int32_t>(t));
    };
    touch(dag.tensors[t].producer);
    for (const int32_t consumer : dag.tensors[t].consumers) touch(consumer);
  }
  for (size_t k = 0; k + 1 < bounds.size(); ++k) blocks_.emplace_back(dag, bounds[k], bounds[k + 1], tensors[k]);
  head_.assign(bounds.size(), 0);
  tail_.assign(bounds.size(), 0);
}

const std::vector<uint8_t>& MinCut::Solve(const CutWeights& w) {
  const size_t count = blocks_.size();
  for (size_t k = 0; k < count; ++k) head_[k + 1] = head_[k] + blocks_[k].AllOnDevice(w);
  tail_[count] = 0;
  for (size_t k = count; k-- > 0;) tail_[k] = tail_[k + 1] + blocks_[k].AllOnEdge(w);
  // The cuts between blocks first: they are cheap and rule out most blocks.
  double best = head_[count];
  size_t position = dag_.operators.size();   // where the set ends, unless a block is divided
  for (size_t k = count; k-- > 0;) {
    const double cost = head_[k] + blocks_[k].Entering(w) + tail_[k];
    if (cost >= best) continue;
    best = cost;
    position = blocks_[k].begin();
  }
  size_t operators = position;
  BlockCut* divided = nullptr;
  for (size_t k = 0; k < count; ++k) {
    BlockCut& block = blocks_[k];
    const double others = head_[k] + tail_[k + 1];
    if (block.end() - block.begin() < 2 || others + block.LeastDivided(w) > best || best - others <= 0) continue;
    block.Solve(w, best - others);
    const double cost = others + block.cost();
    const size_t its_operators = block.begin() + block.count();
    if (cost > best || (cost == best && its_operators <= operators)) continue;
    best = cost;
    operators = its_operators;
    divided = &block;
  }
  const size_t whole = divided != nullptr ? divided->begin() : position;
  for (size_t i = 0; i < on_device_.size(); ++i) on_device_[i] = i < whole ? 1 : 0;
  if (divided != nullptr)
    std::copy(divided->set().begin(), divided->set().end(), on_device_.begin() + static_cast<int64_t>(whole));
  return on_device_;
}

}   // namespace partway::policy
