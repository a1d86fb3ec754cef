// The operator graph of a model: nodes and values as dense numbers, who makes and who uses what. Values captured by If, Loop
// and Scan bodies count as inputs of the node that holds the body, so every later step may forget about bodies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/model.h"

namespace partway::graph {

using NodeId = int32_t;
using ValueId = int32_t;
inline constexpr NodeId kNoNode = -1;

// How much of a shape seen in one run may be stated for every run.
enum class ShapeTrust : uint8_t {
  kExact,   // the model's inputs are fixed and no operator's output shape depends on data
  kRank,    // dimensions may differ from run to run
  kNone,    // even the rank may: the model has bodies or operators we do not know
};

enum class ValueKind : uint8_t {
  kInput,        // fed from outside (IR 3 files list initialisers as inputs too; those are kConstant)
  kConstant,     // an initialiser, or computed from constants only: belongs to whichever side needs it, never crosses a cut
  kActivation,   // depends on an input (or on chance)
};

struct Value {
  std::string name;
  ValueKind kind = ValueKind::kActivation;
  NodeId producer = kNoNode;       // kNoNode for inputs and initialisers
  int initializer = -1;            // index into proto.graph().initializer(), else -1
  int sparse_initializer = -1;     // the same for sparse_initializer()
  int input = -1;                  // the same for input(); an initialiser may have one too
  int value_info = -1;             // the same for value_info()
  std::vector<NodeId> consumers;   // ascending, without repeats; bodies count as their node; only nodes that are live
  bool is_output = false;          // of the model
};

struct Node {
  std::vector<ValueId> inputs;   // captured values included, without repeats, without absent optional inputs
  std::vector<ValueId> outputs;
  bool constant = false;   // its outputs are kConstant: no group owns it, every side that needs it has a copy
  bool live = true;        // an output of the model depends on it; nodes that are not live belong to no group and no part
};

// Immutable once built; ids are positions in proto.graph().node() and in values(). Time and memory are linear in the model.
struct OpGraph {
  std::shared_ptr<const Model> model;
  std::vector<Node> nodes;
  std::vector<Value> values;
  std::vector<ValueId> inputs;    // real inputs, in the model's order
  std::vector<ValueId> outputs;   // in the model's order
  // The live non-constant nodes in the topological order in which we cut: the file's, or, where that gives more positions with
  // a single value, the order in which each node stands right before its first consumer needs it. The last node also owns
  // the model outputs that no node of the order makes (inputs and constants that are outputs themselves). Empty for a
  // model whose outputs depend on nothing.
  std::vector<NodeId> order;
  ShapeTrust trust = ShapeTrust::kNone;
  std::unordered_map<std::string_view, ValueId> by_name;   // views into the model

  const onnx::GraphProto& proto() const { return model->proto.graph(); }
};

// Linear. Errors: InvalidArgument for a model that did not pass model.h's checks.
absl::StatusOr<std::shared_ptr<const OpGraph>> BuildOpGraph(std::shared_ptr<const Model> model);

}   // namespace partway::graph
