// What a MODEL argument stands for: the path of an ONNX file, with an optional .toml beside it, or the name of a zoo model.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "graph/model.h"
#include "media/model_config.h"

namespace partway::apps {

struct LoadedModel {
  std::shared_ptr<const graph::Model> model;
  media::ModelConfig config;     // of x.toml beside x.onnx; without one ImageNet's mean and std, size 224; of a zoo model its own
  bool config_assumed = false;   // there was no x.toml
};

// A name of the zoo is that model, even if a file of that name exists (write ./name for the file). Errors: a usage error for a text
// that is neither, "no model 'resnet5': not a file, and the zoo has ..."; what is wrong with the file or its .toml.
absl::StatusOr<LoadedModel> LoadModelArgument(const std::string& argument);

// The folder of what ships with the product (efficientnet_lite0/, photos/): $PARTWAY_SHARE, else ../share/partway as seen from the
// binary's folder, else the source tree's assets/.
std::string ShareDir();

}   // namespace partway::apps
