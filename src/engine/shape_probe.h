// Types and shapes of all values of a model at one input size, as the engine sees them: first from loading the model's
// structure with its inputs fixed (its weights are only declared, so this takes milliseconds), then, for what that leaves
// open, from one run on zeros.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::engine {

struct ProbeSize {
  int height = 0,
      width =
          0;   // for the free or matching spatial dimensions of image inputs; 0: what the model declares, else what it was cut for (graph/recorded_shapes.h), else 224
};

// Input types for batch 1 at `size`. A rank-4 input is an image: NHWC where its last dimension is 1, 3 or 4 and its second is
// not, else NCHW; a free channel dimension is 3. So is a rank-3 input with 3 channels (CHW or HWC). Other free dimensions are
// 1; an input that declares no shape is taken as NCHW. Fixed dimensions stay. Errors: InvalidArgument when `size` is asked for
// and contradicts every image input that is fixed ("input 'data' is fixed at 224x224, asked for 192x192").
absl::StatusOr<std::map<std::string, graph::ValueType>> InputTypesFor(const graph::OpGraph& graph, ProbeSize size);

// Height and width of the first input that is an image, as above; {0, 0} where none is. Thread-safe.
ProbeSize PictureSize(const graph::OpGraph& graph, const graph::ValueTypes& types);

// All values outside bodies, initialisers included; kOpaque where a value is no tensor of numbers. A dimension is -1 only
// where it could not be had. Errors: InvalidArgument when the model cannot take the size, with the engine's reason in one
// line ("alexnet cannot take 16x16: ..."), or is refused by the engine at any size. Thread-safe.
absl::StatusOr<graph::ValueTypes> ProbeTypes(const graph::OpGraph& graph, ProbeSize size);

}   // namespace partway::engine
