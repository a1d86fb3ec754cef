// Whether a model cut in two (or three) gives what it gives whole, and what the cut costs in time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "graph/grouping.h"

namespace partway::engine {

struct Difference {
  double max_abs = 0;   // largest |split - whole| over all elements of all outputs; infinite where shapes or NaNs differ
  double max_rel = 0;   // the same over the largest |whole| of that output, whose noise is what matters to an answer
  bool bit_identical = true;
};

// `whole` and `split` in the same order. Tensors of booleans and integers count by value like the others. Thread-safe.
Difference Compare(const std::vector<NamedTensor>& whole, const std::vector<NamedTensor>& split);

// What rounding may do to max_rel on this engine. ONNX Runtime's cpu in fp32: 1e-4. A boundary keeps operators apart that the
// engine would fuse or lay out differently, which changes the order of sums: at most 3e-6 of the output's range in the models at
// hand (zoo and shared, every cut), and 1e-4 is still far below what changes an answer. Other providers compute in TF32 or fp16 at will: 2e-2,
// and so do outputs of 16 bits.
double DefaultTolerance(const EngineInfo& engine, const std::vector<TensorSpec>& outputs);

// Where the model is cut: ascending, e.g. {3}, or {2, 5} for a head, a middle and a tail. 0 and N leave one piece empty.
using CutPoints = std::vector<int>;

struct CheckOptions {
  std::vector<CutPoints> cuts;
  std::optional<double> tolerance;   // of max_rel; DefaultTolerance if absent
  int repeat = 3;                    // timed runs of either kind, in turns; 0: only compare
  bool sessions_per_piece = false;   // each piece as one session (what `split` writes) instead of a chain of its groups
};

struct CutCheck {
  CutPoints cuts;
  Difference difference;
  bool within = false;               // the tolerance
  double whole_s = 0, split_s = 0;   // medians
};

struct CheckReport {
  std::vector<CutCheck> cuts;
  double tolerance = 0;
  bool ok() const;
};

// Builds the model whole and as groups and runs both on `inputs` (by name; all of the model's). `progress` (may be empty) is
// called after each cut with how many are done. Errors: InvalidArgument for a cut that does not exist or a missing input, and
// whatever building or running reports.
absl::StatusOr<CheckReport> CheckCuts(Engine& engine, const std::shared_ptr<const graph::Grouping>& grouping,
                                      const graph::ValueTypes& types, const std::vector<NamedTensor>& inputs,
                                      const CheckOptions& options, const Clock& clock,
                                      const std::function<void(int)>& progress = {});

// Inputs for the types given, uniform in [-1, 1) (floats), 0..255 (8 bits) or 0..1 (other integers), from a seed. Errors:
// InvalidArgument for an opaque input.
absl::StatusOr<std::vector<NamedTensor>> NoiseInputs(const graph::OpGraph& graph, const graph::ValueTypes& types, uint64_t seed);

}   // namespace partway::engine
