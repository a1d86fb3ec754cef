// The graphs inside nodes: bodies of If, Loop, Scan and whatever else carries a graph as an attribute.
#pragma once

#include <string_view>
#include <vector>

#include "onnx/onnx_pb.h"

namespace partway::graph {

// Calls `visit(const onnx::GraphProto&)` for each body that `node` itself holds (not for bodies inside bodies).
template <class Visit>
void ForEachBody(const onnx::NodeProto& node, Visit visit) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) visit(attribute.g());
    for (const onnx::GraphProto& body : attribute.graphs()) visit(body);
  }
}

bool HasBody(const onnx::NodeProto& node);

// Names that the bodies of `node` use and do not define: values of the graphs around it, in order of first use, without repeats.
// A name that a body defines hides the outer one throughout that body. Views into `node`. Time: size times depth.
std::vector<std::string_view> CapturedNames(const onnx::NodeProto& node);

}   // namespace partway::graph
