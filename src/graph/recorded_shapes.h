// What a part of a model tells of the inputs it was cut for. Its file leaves dimensions free where the whole leaves them free, so that one tail serves all
// sizes; but the 28x28 maps of a model of pictures are no pictures, and no reader could guess them. So the shapes they had travel in the file's metadata:
// partway.input_shapes = {"name":[1,80,28,28],...}. An input that is free is taken so where no other size is asked for (engine/shape_probe.h).
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "graph/model.h"

namespace partway::graph {

inline constexpr char kInputShapesKey[] = "partway.input_shapes";

std::string InputShapesText(const std::map<std::string, Shape>& shapes);
// By input name; empty for a file that tells none. Errors: InvalidArgument for metadata of that name that is something else.
absl::StatusOr<std::map<std::string, Shape>> RecordedInputShapes(const Model& model);

}   // namespace partway::graph
