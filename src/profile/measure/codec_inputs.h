// Values to time codecs on: a picture as hard as a photograph (made_up_photo.h) as the model sees it, and what it becomes at the cuts.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "engine/group_chain.h"
#include "media/model_config.h"
#include "profile/measure/codec_speed.h"
#include "profile/measure/describe.h"

namespace partway::profile {

// Cut 0 at every size, and every other cut at the smallest and the largest; `sizes` ascending. The picture goes into the model's first input if that is a
// 1x3xHxW of float32; any other model gets noise, and no input is a picture then. Blocks while it runs the groups.
absl::StatusOr<std::vector<CodecInput>> CodecInputs(engine::GroupChain& chain, const std::vector<SizedModel>& sizes,
                                                    const media::ModelConfig& config);

}   // namespace partway::profile
