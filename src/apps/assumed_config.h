// A model without a .toml: what is assumed of it then, told on stderr by every verb that shows it pictures.
#pragma once

#include <string>

#include "apps/load_model.h"
#include "apps/verb.h"

namespace partway::apps {

// One line if `loaded` has no .toml of its own; nothing with --quiet. `argument`: the MODEL as typed.
void TellAssumedConfig(const LoadedModel& loaded, const std::string& argument, const Globals& globals);

}   // namespace partway::apps
