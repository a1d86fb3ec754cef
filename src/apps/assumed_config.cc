#include "apps/assumed_config.h"

#include <iostream>

namespace partway::apps {

void TellAssumedConfig(const LoadedModel& loaded, const std::string& argument, const Globals& globals) {
  if (!loaded.config_assumed || globals.quiet) return;
  std::cerr << "partway: no .toml beside " << argument
            << ": pictures are normalised with ImageNet's mean and std, which may not be this model's\n";
}

}   // namespace partway::apps
