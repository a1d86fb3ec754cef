// partway completion: the completion script of a shell, on stdout.
#include <iostream>
#include <memory>

#include "apps/completion.h"
#include "apps/verb.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "zoo/zoo.h"

namespace partway::apps {

VerbBody MakeCompletion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")->required();
  return [shell, &command](const Globals& globals) -> absl::StatusOr<int> {
    std::vector<std::string> models;
    for (const zoo::Entry& entry : zoo::Entries()) models.push_back(entry.name);
    ASSIGN_OR_RETURN(const std::string script, CompletionScript(*command.get_parent(), *shell, models));
    if (globals.json) {
      std::cout << nlohmann::json{{"shell", *shell}, {"script", script}}.dump(2) << "\n";
    } else {
      std::cout << script;
    }
    return kExitDone;
  };
}

}   // namespace partway::apps
