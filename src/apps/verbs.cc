#include "apps/verb.h"

namespace partway::apps {

// One line each, here and in the table.
VerbBody MakeZoo(CLI::App& command);
VerbBody MakeCompletion(CLI::App& command);
VerbBody MakeReport(CLI::App& command);
VerbBody MakeTimeline(CLI::App& command);

const std::vector<Verb>& Verbs() {
  static const std::vector<Verb> verbs = {
      {"zoo", "list and build the models that come with the product", "partway zoo build resnet50 -o resnet50.onnx", MakeZoo},
      {"completion", "print the completion script of a shell", "source <(partway completion bash)", MakeCompletion},
      {"report", "write a page about one or more recorded runs", "partway report partway-demo/demo.jsonl -o report.html", MakeReport},
      {"timeline", "write a recorded run as a Perfetto trace", "partway timeline partway-demo/demo.jsonl -o timeline.json", MakeTimeline},
  };
  return verbs;
}

}  // namespace partway::apps
