#include "apps/verb.h"

namespace partway::apps {

// One line each, here and in the table.
VerbBody MakeZoo(CLI::App& command);

const std::vector<Verb>& Verbs() {
  static const std::vector<Verb> verbs = {
      {"zoo", "list and build the models that come with the product", "partway zoo build resnet50 -o resnet50.onnx", MakeZoo},
  };
  return verbs;
}

}  // namespace partway::apps
