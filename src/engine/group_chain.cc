#include "engine/group_chain.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "graph/sub_model.h"

namespace partway::engine {
namespace {

using Slot = int32_t;   // of a value that crosses a group boundary, a model input or a model output

struct Range {
  int from, to;
  auto operator<=>(const Range&) const = default;
};

// A segment in its place: where its inputs come from, where its outputs go, which values nobody needs after it.
struct Step {
  Range range;
  std::shared_ptr<Segment> segment;
  std::vector<Slot> in, out, last_use;
};

struct RangeIo {
  std::vector<std::string> in_names, out_names;
  std::vector<Slot> in, out;
};

// steps[g]: segments that start at group g, longest first. Never changed once shared: Install makes a new one.
using Steps = std::vector<std::vector<std::shared_ptr<const Step>>>;

}   // namespace

struct GroupChain::Impl {
  std::shared_ptr<const graph::Grouping> grouping;
  std::vector<int> group_of;            // by node; -1 for constant nodes
  std::vector<graph::ValueId> values;   // by slot, ascending
  std::vector<int> last_group;          // by slot: the last group that uses it, -1 if none
  std::vector<int> maker;               // by slot: the group that writes it, -1 for one that only is fed
  std::unordered_map<std::string, Slot> slot_of;

  mutable std::mutex mutex;
  std::shared_ptr<const Steps> steps;                   // guarded
  std::map<Range, std::unique_ptr<const RangeIo>> io;   // guarded; at most N^2/2 ranges; entries never go

  const graph::Value& value(Slot s) const { return grouping->graph->values[values[s]]; }

  // Inputs and constants that are outputs of the model: the last group hands them on.
  bool HandedOn(Slot s) const {
    return value(s).is_output && (value(s).producer == graph::kNoNode || value(s).kind == graph::ValueKind::kConstant);
  }
  bool Fed(Slot s) const { return value(s).kind == graph::ValueKind::kInput; }

  bool UsedIn(Slot s, int from, int to) const {
    if (HandedOn(s) && to == grouping->size()) return true;
    const auto& consumers = value(s).consumers;
    return std::any_of(consumers.begin(), consumers.end(),
                       [&](graph::NodeId n) { return group_of[n] >= from && group_of[n] < to; });
  }

  std::shared_ptr<const Steps> Current() const {
    const std::lock_guard lock(mutex);
    return steps;
  }

  const RangeIo& Io(int from, int to) {
    assert(0 <= from && from <= to && to <= grouping->size());
    const std::lock_guard lock(mutex);
    std::unique_ptr<const RangeIo>& entry = io[{from, to}];
    if (entry == nullptr) entry = std::make_unique<const RangeIo>(MakeIo(from, to));
    return *entry;
  }

  RangeIo MakeIo(int from, int to) const {
    RangeIo made;
    if (from == to) return made;
    for (Slot s = 0; s < static_cast<Slot>(values.size()); ++s) {
      const bool before = Fed(s) || (maker[s] < from && value(s).kind != graph::ValueKind::kConstant);
      if (before && UsedIn(s, from, to)) {
        made.in.push_back(s);
        made.in_names.push_back(value(s).name);
      }
      if (maker[s] >= from && maker[s] < to && (value(s).is_output || last_group[s] >= to)) {
        made.out.push_back(s);
        made.out_names.push_back(value(s).name);
      }
    }
    return made;
  }

  // The longest segment in place at `group` that ends at or before `to`.
  static const Step* Next(const Steps& steps, int group, int to) {
    for (const auto& step : steps[group]) {
      if (step->range.to <= to) return step.get();
    }
    return nullptr;
  }

  absl::StatusOr<std::shared_ptr<const Step>> Place(Range range, std::shared_ptr<Segment> segment) {
    const RangeIo& expected = Io(range.from, range.to);
    const std::string where = Concat("segment for groups [", range.from, ", ", range.to, ")");
    auto step = std::make_shared<Step>();
    step->range = range;
    for (const TensorSpec& spec : segment->inputs()) {
      const auto slot = slot_of.find(spec.name);
      if (slot == slot_of.end() || !std::binary_search(expected.in.begin(), expected.in.end(), slot->second)) {
        return InvalidArgument(where, " reads '", spec.name, "', which those groups do not");
      }
      step->in.push_back(slot->second);
    }
    for (const TensorSpec& spec : segment->outputs()) {
      const auto slot = slot_of.find(spec.name);
      if (slot == slot_of.end()) return InvalidArgument(where, " writes '", spec.name, "', which crosses no cut");
      step->out.push_back(slot->second);
    }
    for (const Slot s : expected.out) {
      if (std::find(step->out.begin(), step->out.end(), s) == step->out.end()) {
        return InvalidArgument(where, " does not write '", value(s).name, "'");
      }
    }
    for (const Slot s : expected.in) {
      if (last_group[s] < range.to && !value(s).is_output) step->last_use.push_back(s);
    }
    step->segment = std::move(segment);
    return step;
  }

  // `slots[s]` holds what is known of slot s; `bound[s]` the caller's memory for it.
  absl::Status RunSteps(Range range, std::vector<Tensor>& slots, const std::vector<Tensor>& bound) const {
    const std::shared_ptr<const Steps> current = Current();
    std::vector<Tensor> in, out;
    for (int group = range.from; group < range.to;) {
      const Step* step = Next(*current, group, range.to);
      if (step == nullptr) return FailedPrecondition("group ", group, " ('", grouping->groups[group].name, "') is not built");
      in.clear();
      out.clear();
      for (const Slot s : step->in) in.push_back(slots[s]);
      for (const Slot s : step->out) out.push_back(bound[s]);
      if (absl::Status status = step->segment->Run(in, out); !status.ok()) {
        return Annotate(status, Concat("groups [", step->range.from, ", ", step->range.to, ")"));
      }
      for (size_t i = 0; i < out.size(); ++i) slots[step->out[i]] = std::move(out[i]);
      for (const Slot s : step->last_use) slots[s] = Tensor();
      group = step->range.to;
    }
    return absl::OkStatus();
  }

  void Prepare() {
    const graph::OpGraph& g = *grouping->graph;
    group_of.assign(g.nodes.size(), -1);
    for (int k = 0; k < grouping->size(); ++k) {
      for (const graph::NodeId n : grouping->groups[k].nodes) group_of[n] = k;
    }
    values = g.outputs;
    values.insert(values.end(), g.inputs.begin(), g.inputs.end());
    for (const graph::Cut& cut : grouping->cuts) values.insert(values.end(), cut.values.begin(), cut.values.end());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (Slot s = 0; s < static_cast<Slot>(values.size()); ++s) {
      slot_of[value(s).name] = s;
      int last = -1;
      for (const graph::NodeId n : value(s).consumers) last = std::max(last, group_of[n]);
      const bool handed_on = HandedOn(s);
      last_group.push_back(handed_on ? grouping->size() - 1 : last);
      const graph::NodeId producer = value(s).producer;
      maker.push_back(handed_on ? grouping->size() - 1 : producer == graph::kNoNode ? -1 : group_of[producer]);
    }
    steps = std::make_shared<const Steps>(grouping->size());
  }
};

GroupChain::GroupChain(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GroupChain::~GroupChain() = default;

const graph::Grouping& GroupChain::grouping() const { return *impl_->grouping; }
int GroupChain::size() const { return impl_->grouping->size(); }
const std::vector<std::string>& GroupChain::InputNames(int from, int to) const { return impl_->Io(from, to).in_names; }
const std::vector<std::string>& GroupChain::OutputNames(int from, int to) const { return impl_->Io(from, to).out_names; }

absl::StatusOr<std::unique_ptr<GroupChain>> GroupChain::Empty(std::shared_ptr<const graph::Grouping> grouping) {
  if (grouping == nullptr || grouping->size() == 0) return InvalidArgument("a chain needs at least one group");
  auto impl = std::make_unique<Impl>();
  impl->grouping = std::move(grouping);
  impl->Prepare();
  return std::unique_ptr<GroupChain>(new GroupChain(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<GroupChain>> GroupChain::Build(Engine& engine, std::shared_ptr<const graph::Grouping> grouping,
                                                              const graph::ValueTypes& types, int from, int to) {
  ASSIGN_OR_RETURN(std::unique_ptr<GroupChain> chain, Empty(std::move(grouping)));
  if (to < 0) to = chain->size();
  if (from < 0 || from > to || to > chain->size()) {
    return InvalidArgument("no groups [", from, ", ", to, "): the model has ", chain->size());
  }
  for (int g = from; g < to; ++g) RETURN_IF_ERROR(chain->Fuse(engine, types, g, g + 1));
  return chain;
}

absl::Status GroupChain::Install(int from, int to, std::shared_ptr<Segment> segment) {
  if (from < 0 || from >= to || to > size()) return InvalidArgument("no groups [", from, ", ", to, "): the model has ", size());
  ASSIGN_OR_RETURN(std::shared_ptr<const Step> step, impl_->Place({from, to}, std::move(segment)));
  const std::lock_guard lock(impl_->mutex);
  auto next = std::make_shared<Steps>(*impl_->steps);
  auto& row = (*next)[from];
  std::erase_if(row, [&](const auto& s) { return s->range.to == to; });
  row.insert(std::find_if(row.begin(), row.end(), [&](const auto& s) { return s->range.to < to; }), std::move(step));
  impl_->steps = std::move(next);
  return absl::OkStatus();
}

absl::Status GroupChain::Fuse(Engine& engine, const graph::ValueTypes& types, int from, int to) {
  if (from < 0 || from >= to || to > size()) return InvalidArgument("no groups [", from, ", ", to, "): the model has ", size());
  const auto& groups = grouping().groups;
  const std::string where = Concat("groups ", from, "..", to - 1, " ('", groups[from].name, from + 1 == to ? "" : "'..'",
                                   from + 1 == to ? "" : groups[to - 1].name, "')");
  const absl::StatusOr<graph::SubModel> part = graph::ExtractGroups(grouping(), from, to, types);
  if (!part.ok()) return Annotate(part.status(), where);
  absl::StatusOr<std::unique_ptr<Segment>> segment = engine.Build(*part);
  if (!segment.ok()) return Annotate(segment.status(), where);
  return Install(from, to, std::move(*segment));
}

void GroupChain::Remove(int from, int to) {
  if (from < 0 || from >= size()) return;
  const std::lock_guard lock(impl_->mutex);
  auto next = std::make_shared<Steps>(*impl_->steps);
  std::erase_if((*next)[from], [&](const auto& s) { return s->range.to == to; });
  impl_->steps = std::move(next);
}

bool GroupChain::Ready(int from, int to) const {
  if (from < 0 || from > to || to > size()) return false;
  const std::shared_ptr<const Steps> current = impl_->Current();
  while (from < to) {
    const Step* step = Impl::Next(*current, from, to);
    if (step == nullptr) return false;
    from = step->range.to;
  }
  return true;
}

absl::Status GroupChain::Run(int from, int to, std::span<const NamedTensor> in, std::vector<NamedTensor>& out) {
  std::vector<NamedTensor> wanted;
  wanted.swap(out);
  if (from < 0 || from >= to || to > size()) return InvalidArgument("no groups [", from, ", ", to, "): the model has ", size());
  const RangeIo& io = impl_->Io(from, to);
  std::vector<Tensor> slots(impl_->values.size()), bound(impl_->values.size());
  for (const NamedTensor& t : in) {
    const auto slot = impl_->slot_of.find(t.name);
    if (slot != impl_->slot_of.end() && std::binary_search(io.in.begin(), io.in.end(), slot->second))
      slots[slot->second] = t.tensor;
  }
  for (const Slot s : io.in) {
    if (slots[s].empty())
      return InvalidArgument("groups [", from, ", ", to, ") need '", impl_->value(s).name, "', which was not given");
  }
  for (NamedTensor& t : wanted) {
    const auto slot = impl_->slot_of.find(t.name);
    if (slot != impl_->slot_of.end() && std::binary_search(io.out.begin(), io.out.end(), slot->second))
      bound[slot->second] = std::move(t.tensor);
  }
  RETURN_IF_ERROR(impl_->RunSteps({from, to}, slots, bound));
  for (size_t i = 0; i < io.out.size(); ++i) out.push_back({io.out_names[i], std::move(slots[io.out[i]])});
  return absl::OkStatus();
}

}   // namespace partway::engine
