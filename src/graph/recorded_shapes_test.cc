#include "graph/recorded_shapes.h"

#include "gmock/gmock.h"
#include "graph/sub_model.h"
#include "graph/test_graphs.h"

namespace partway::graph {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Model WithMetadata(const std::string& text) {
  Model model{.name = "tail"};
  onnx::StringStringEntryProto& entry = *model.proto.add_metadata_props();
  entry.set_key(kInputShapesKey);
  entry.set_value(text);
  return model;
}

TEST(RecordedShapes, ReadBackWhatWasWritten) {
  const std::map<std::string, Shape> shapes = {{"a", {1, 80, 14, 14}}, {"b \"quoted\"", {}}};
  EXPECT_EQ(*RecordedInputShapes(WithMetadata(InputShapesText(shapes))), shapes);
  EXPECT_THAT(*RecordedInputShapes(Model{}), IsEmpty());
}

TEST(RecordedShapes, WhatIsSomethingElseIsRefused) {
  for (const char* text : {"", "[]", "{\"a\":7}", "{\"a\":[0]}", "{\"a\":[1.5]}", "{\"a\":[2000000]}", "{\"a\":[\"1\"]}"}) {
    EXPECT_THAT(std::string(RecordedInputShapes(WithMetadata(text)).status().message()),
                HasSubstr("metadata partway.input_shapes of 'tail': expected"))
        << text;
  }
}

TEST(RecordedShapes, APartTellsThoseOfItsInputsAndNotThoseOfTheWhole) {
  ModelBuilder b("net");
  b.Metadata(kInputShapesKey, "{\"x\":[1,9]}");
  b.Input("x", DType::kFloat32, {"N", "C"});
  b.Node("Relu", {"x"}, {}, "a");
  b.Output(b.Node("Relu", {"a"}, {}, "y"), DType::kFloat32, {"N", "C"});
  const auto graph = GraphOf(b);
  ValueTypes types;
  for (const char* name : {"x", "a", "y"}) types[name] = {DType::kFloat32, {1, 4}};
  SubModel tail = *Extract(graph, std::vector<NodeId>{1}, types);
  const auto read = [&] { return *RecordedInputShapes(**ParseModel(*tail.Serialize(), "tail")); };
  EXPECT_THAT(read(), IsEmpty()) << "not unless asked to";
  tail.RecordInputShapes(types);
  EXPECT_EQ(read(), (std::map<std::string, Shape>{{"a", {1, 4}}}));
}

}   // namespace
}   // namespace partway::graph
