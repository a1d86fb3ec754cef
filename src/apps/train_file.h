// The [train] section of a scenario file: within which ranges the runs are drawn that a policy is trained on (docs/formats.md, "Training").
// Without it every run has the scenario's own constraints and link. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "apps/scenario_file.h"
#include "sim/lesson.h"

namespace partway::apps {

struct TrainingFile {
  std::shared_ptr<const Scenario> scenario;   // what the plan's pointer refers to
  sim::LessonPlan plan;
};

// Errors: those of ReadScenario; InvalidArgument with file, line and key for what is wrong in [train].
absl::StatusOr<TrainingFile> ReadTraining(const std::string& path);
absl::StatusOr<TrainingFile> ParseTraining(std::string_view text, const std::string& origin);

}   // namespace partway::apps
