// Keeps residual blocks whole for the engine where a part begins at one.
//
// On x86-64 ONNX Runtime computes convolutions in a blocked layout (NCHWc) and folds "convolution, add, activation" into one
// kernel if both terms of the sum are blocked. An input of a part that feeds a convolution and the sum around it arrives
// unblocked and is blocked for the convolution alone, so the sum, the activation and another reordering run on their own: three
// to four times the cost of the boundary itself. A 1x1 max-pooling, the identity, in front of both makes the engine block the
// input once for all; it takes back two thirds of that (bench/chain_bench --boundaries).
#pragma once

#include "graph/sub_model.h"
#include "onnx/onnx_pb.h"

namespace partway::engine {

// Whether the part may have such an input, from the graph alone: parsing its bytes is worth it only then.
bool MayBeginAtResidual(const graph::SubModel& part);

// Puts the pooling in front of every float32 NCHW input that feeds both a Conv and an Add of this graph. Names of inputs and
// outputs stay. Returns how many were changed.
int BlockResidualInputs(onnx::GraphProto* graph);

}   // namespace partway::engine
