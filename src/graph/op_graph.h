// The operator graph of a model: nodes and values as dense numbers, who makes and who uses what. Values captured by If, Loop
// and Scan bodies count as inputs of the node that holds the body, so every later step may forget about bodies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/model.h"

namespace partway::graph {

using NodeId = int32_t;
using ValueId = int32_t;
inline constexpr NodeId kNoNode = -1;

enum class ValueKind : uint8_t {
  kInput,       // fed from outside (IR 3 files list initialisers as inputs too; those are kConstant)
  kConstant,    // an initialiser, or computed from constants only: belongs to whichever side needs it, never crosses a cut
  kActivation,  // depends on an input (or on chance)
};

struct Value {
  std::string name;
  ValueKind kind = ValueKind::kActivation;
  NodeId producer = kNoNode;       // kNoNode for inputs and initialisers
  int initializer = -1;            // index into proto.graph().initializer(), else -1
  std::vector<NodeId> consumers;   // ascending, without repeats; bodies count as their node
  bool is_output = false;          // of the model
};

struct Node {
  std::vector<ValueId> inputs;   // captured values included, without repeats, without absent optional inputs
  std::vector<ValueId> outputs;
  bool constant = false;         // its outputs are kConstant: no group owns it, every side that needs it has a copy
};

// Immutable once built; ids are positions in proto.graph().node() and in values(). Time and memory are linear in the model.
struct OpGraph {
  std::shared_ptr<const Model> model;
  std::vector<Node> nodes;
  std::vector<Value> values;
  std::vector<ValueId> inputs;   // real inputs, in the model's order
  std::vector<ValueId> outputs;  // in the model's order
  std::vector<NodeId> order;     // the non-constant nodes in the topological order in which we cut
};

absl::StatusOr<std::shared_ptr<const OpGraph>> BuildOpGraph(std::shared_ptr<const Model> model);

}  // namespace partway::graph
