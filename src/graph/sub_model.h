// Extraction: the part of a model made of some of its nodes, as a valid ONNX model of its own.
//
// A SubModel holds no copy of weights: it refers to the messages of the model it was cut from and keeps that model alive, so
// making all heads and tails of a large model costs little; serialising one writes the bytes. Initialisers and constant nodes
// that a part needs (captured ones included) come along, each once per part. Time is linear in the part.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/grouping.h"

namespace partway::graph {

class SubModel {
 public:
  SubModel(SubModel&&) noexcept;
  SubModel& operator=(SubModel&&) noexcept;
  ~SubModel();

  // Values fed from outside, in the order of values(): model inputs and values made by nodes left out.
  const std::vector<ValueId>& inputs() const;
  // Values made here that are used outside or are model outputs, in the order of values().
  const std::vector<ValueId>& outputs() const;
  const OpGraph& graph() const;
  int64_t param_bytes() const;
  size_t byte_size() const;
  // At most 2 GB (protobuf's limit). Errors: ResourceExhausted beyond.
  absl::StatusOr<std::string> Serialize() const;
  // Tells in the part's metadata which shapes its inputs have in `types`, for files that leave the house (recorded_shapes.h).
  void RecordInputShapes(const ValueTypes& types);
  // Atomically.
  absl::Status WriteFile(const std::string& path) const;

 private:
  friend absl::StatusOr<SubModel> Extract(std::shared_ptr<const OpGraph>, std::span<const NodeId>, const ValueTypes&);
  struct Impl;
  explicit SubModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The nodes given, any set (a predecessor-closed one gives a head, its complement a tail). Types, where known, become the
// declared types of the new inputs and outputs: element type exactly, batch and spatial dimensions symbolic where the model's
// own inputs have them symbolic. Errors: InvalidArgument if a value that would cross is opaque, or the set is empty or repeats.
absl::StatusOr<SubModel> Extract(std::shared_ptr<const OpGraph> graph, std::span<const NodeId> nodes, const ValueTypes& types);

// Groups [from, to).
absl::StatusOr<SubModel> ExtractGroups(const Grouping& grouping, int from, int to, const ValueTypes& types);

}   // namespace partway::graph
