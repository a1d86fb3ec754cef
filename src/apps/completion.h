// Shell completion, made from the command line as CLI11 knows it, so that it cannot fall behind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"

namespace partway::apps {

// The script for "bash", "zsh" or "fish"; `models` completes arguments called MODEL. Errors: UsageError for another shell.
absl::StatusOr<std::string> CompletionScript(const CLI::App& app, std::string_view shell, const std::vector<std::string>& models);

}   // namespace partway::apps
