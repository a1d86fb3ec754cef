// The model reader on arbitrary bytes: an error, or a model whose graph is built, grouped, cut in two and written again.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "graph/grouping.h"
#include "graph/model.h"
#include "graph/op_graph.h"
#include "graph/sub_model.h"

namespace {

[[noreturn]] void Fail(const char* what, const absl::Status& status) {
  std::fprintf(stderr, "fuzz_model: %s: %s\n", what, status.ToString().c_str());
  std::abort();
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace partway::graph;
  const LoadLimits limits{.max_nodes = 2000};
  const auto model = ParseModel(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz", limits);
  if (!model.ok()) return 0;
  const auto graph = BuildOpGraph(*model);
  if (!graph.ok()) return 0;
  const int nodes = static_cast<int>((*graph)->order.size());
  if (nodes < 2) return 0;
  const auto grouping = GroupingFromPositions(*graph, {0, nodes / 2, nodes}, {});
  if (!grouping.ok()) return 0;   // a value that cannot be sent would cross
  for (int part = 0; part < 2; ++part) {
    const auto sub = ExtractGroups(**grouping, part, part + 1, {});
    if (!sub.ok()) continue;
    const auto bytes = sub->Serialize();
    if (!bytes.ok()) Fail("a part does not serialise", bytes.status());
    if (bytes->size() != sub->byte_size()) Fail("byte_size is not the size", absl::OkStatus());
    if (const auto again = ParseModel(*bytes, "part", {}); !again.ok()) Fail("a part is no model", again.status());
  }
  return 0;
}
