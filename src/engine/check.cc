#include "engine/check.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "engine/group_chain.h"

namespace partway::engine {
namespace {

const Tensor* Find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  const auto t = std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
  return t == tensors.end() ? nullptr : &t->tensor;
}

// The whole model as one session.
class Whole {
 public:
  static absl::StatusOr<Whole> Build(Engine& engine, const graph::Model& model, const std::vector<NamedTensor>& inputs) {
    Whole whole;
    std::string bytes;
    if (!model.proto.SerializeToString(&bytes)) return ResourceExhausted(model.name, " is larger than 2 GB");
    ASSIGN_OR_RETURN(whole.segment_, engine.BuildFromBytes(bytes));
    for (const TensorSpec& spec : whole.segment_->inputs()) {
      const Tensor* t = Find(inputs, spec.name);
      if (t == nullptr) return InvalidArgument("the model's input '", spec.name, "' was not given");
      whole.in_.push_back(*t);
    }
    return whole;
  }

  const std::vector<TensorSpec>& outputs() const { return segment_->outputs(); }

  absl::StatusOr<std::vector<NamedTensor>> Run() const {
    std::vector<Tensor> out(segment_->outputs().size());
    RETURN_IF_ERROR(segment_->Run(in_, out));
    std::vector<NamedTensor> named;
    for (size_t i = 0; i < out.size(); ++i) named.push_back({segment_->outputs()[i].name, std::move(out[i])});
    return named;
  }

 private:
  std::unique_ptr<Segment> segment_;
  std::vector<Tensor> in_;
};

// The pieces one after the other, as device and edge run them: a piece gets what the ones before it made and the model's inputs.
absl::StatusOr<std::vector<NamedTensor>> RunPieces(GroupChain& chain, const CutPoints& cuts,
                                                   const std::vector<NamedTensor>& inputs) {
  std::vector<NamedTensor> known = inputs;
  int from = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const int to = i < cuts.size() ? cuts[i] : chain.size();
    if (from == to) continue;
    std::vector<NamedTensor> out;
    RETURN_IF_ERROR(chain.Run(from, to, known, out));
    for (NamedTensor& t : out) known.push_back(std::move(t));
    from = to;
  }
  return known;
}

absl::StatusOr<std::vector<NamedTensor>> Pick(const std::vector<NamedTensor>& from, const std::vector<TensorSpec>& specs) {
  std::vector<NamedTensor> picked;
  for (const TensorSpec& spec : specs) {
    const Tensor* t = Find(from, spec.name);
    if (t == nullptr) return InternalError("the pieces do not make the model's output '", spec.name, "'");
    picked.push_back({spec.name, *t});
  }
  return picked;
}

// A chain whose only segments are the pieces between the cuts.
absl::StatusOr<std::unique_ptr<GroupChain>> BuildPieces(Engine& engine, std::shared_ptr<const graph::Grouping> grouping,
                                                        const graph::ValueTypes& types, const CutPoints& cuts) {
  ASSIGN_OR_RETURN(std::unique_ptr<GroupChain> chain, GroupChain::Empty(std::move(grouping)));
  int from = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const int to = i < cuts.size() ? cuts[i] : chain->size();
    if (from == to) continue;
    RETURN_IF_ERROR(chain->Fuse(engine, types, from, to));
    from = to;
  }
  return chain;
}

double Median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
  return v[v.size() / 2];
}

absl::StatusOr<CutCheck> CheckOne(const Whole& whole, GroupChain& chain, const CutPoints& cuts,
                                  const std::vector<NamedTensor>& inputs, int repeat, double tolerance, const Clock& clock) {
  CutCheck check{.cuts = cuts};
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> expected, whole.Run());
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> made, RunPieces(chain, cuts, inputs));
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> got, Pick(made, whole.outputs()));
  check.difference = Compare(expected, got);
  check.within = check.difference.max_rel <= tolerance;
  std::vector<double> whole_s, split_s;
  for (int i = 0; i < repeat; ++i) {
    const Instant start = clock.Now();
    RETURN_IF_ERROR(whole.Run().status());
    const Instant middle = clock.Now();
    RETURN_IF_ERROR(RunPieces(chain, cuts, inputs).status());
    whole_s.push_back(ToSeconds(middle - start));
    split_s.push_back(ToSeconds(clock.Now() - middle));
  }
  check.whole_s = Median(std::move(whole_s));
  check.split_s = Median(std::move(split_s));
  return check;
}

}   // namespace

bool CheckReport::ok() const {
  return std::all_of(cuts.begin(), cuts.end(), [](const CutCheck& c) { return c.within; });
}

absl::StatusOr<CheckReport> CheckCuts(Engine& engine, const std::shared_ptr<const graph::Grouping>& grouping,
                                      const graph::ValueTypes& types, const std::vector<NamedTensor>& inputs,
                                      const CheckOptions& options, const Clock& clock, const std::function<void(int)>& progress) {
  for (const CutPoints& cuts : options.cuts) {
    int last = 0;
    for (const int c : cuts) {
      if (c < last || c > grouping->size())
        return InvalidArgument("cut ", c, " does not exist here: cuts are 0..", grouping->size(), ", ascending");
      last = c;
    }
  }
  ASSIGN_OR_RETURN(const Whole whole, Whole::Build(engine, *grouping->graph->model, inputs));
  CheckReport report;
  report.tolerance = options.tolerance.value_or(DefaultTolerance(engine.info(), whole.outputs()));
  std::unique_ptr<GroupChain> groups;
  for (const CutPoints& cuts : options.cuts) {
    if (groups == nullptr || options.sessions_per_piece) {
      groups.reset();
      ASSIGN_OR_RETURN(groups, options.sessions_per_piece ? BuildPieces(engine, grouping, types, cuts)
                                                          : GroupChain::Build(engine, grouping, types));
    }
    ASSIGN_OR_RETURN(CutCheck check, CheckOne(whole, *groups, cuts, inputs, options.repeat, report.tolerance, clock));
    report.cuts.push_back(std::move(check));
    if (progress) progress(static_cast<int>(report.cuts.size()));
  }
  return report;
}

}   // namespace partway::engine
