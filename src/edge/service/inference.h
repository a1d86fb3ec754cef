// An inference request as the workers see it: checked before its turn, decoded and run when it comes, alone or together with others of its kind.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "edge/batch_times.h"
#include "edge/service/model_store.h"
#include "wire/codec.h"
#include "wire/messages.h"

namespace partway::edge {

struct InferJob {
  wire::InferRequest message;
  Instant arrived;   // its last byte
  std::function<void(absl::StatusOr<wire::InferReply>)> done;
  // Set by Inference::Check.
  std::shared_ptr<const ServedModel> model;
  std::string segment;    // model, grouping and range: what costs are remembered by
  std::string alike;      // segment, types and shapes: requests of which this is equal may be stacked; empty: this one may not
  bool encoded = false;   // the inputs are one encoded frame
  KindId kind = 0;
};

// Tensors by name.
using Values = std::vector<NamedTensor>;

// Thread-safe; a job belongs to one caller at a time.
class Inference {
 public:
  Inference(ModelStore& store, const wire::Limits& limits, int64_t max_dimension)
      : store_(store), limits_(limits), max_dimension_(max_dimension) {}

  // What can be said against a request before it waits for its turn. Errors: as EdgeCore::Infer.
  absl::Status Check(InferJob* job) const;
  // In place of encoded bytes the values that they stand for; nothing for a job whose inputs are values. Errors: InvalidArgument, ResourceExhausted.
  absl::Status Decode(InferJob* job) const;
  // The outputs of a decoded job, those of the segment or of the model. Blocks. Errors: of the store and the engine.
  absl::StatusOr<Values> Run(const InferJob& job) const;
  // The same of several decoded jobs that are alike, in one run; of each its own.
  absl::StatusOr<std::vector<Values>> RunTogether(std::span<const std::shared_ptr<InferJob>> jobs) const;

 private:
  absl::Status CheckWhole(const InferJob& job) const;
  absl::Status CheckValues(const InferJob& job) const;
  std::string Alike(const InferJob& job) const;

  ModelStore& store_;
  const wire::Limits limits_;
  const int64_t max_dimension_;
};

// The answer to a job: the outputs asked for, in the order asked. Times and report are the caller's to add. Errors: InvalidArgument for an output that is
// not there.
absl::StatusOr<wire::InferReply> MakeReply(const InferJob& job, Values outputs);

}   // namespace partway::edge
