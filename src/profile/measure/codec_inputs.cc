#include "profile/measure/codec_inputs.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "engine/check.h"
#include "media/preprocess.h"
#include "profile/measure/made_up_photo.h"

namespace partway::profile {
namespace {

absl::StatusOr<CodecInput> InputOf(const SizedModel& at, const media::Picture& picture, const media::ModelConfig& config) {
  const graph::OpGraph& graph = *at.grouping->graph;
  CodecInput input;
  ASSIGN_OR_RETURN(input.values, engine::NoiseInputs(graph, at.types, 1));
  if (input.values.size() != 1) return input;
  Tensor& tensor = input.values.front().tensor;
  if (tensor.dtype() != DType::kFloat32 || tensor.shape() != Shape{1, 3, at.height, at.width}) return input;
  ASSIGN_OR_RETURN(tensor, media::ToInput(picture, at.height, at.width, config));
  input.picture = codec::PictureScale{config.mean, config.std};
  return input;
}

// What crosses cuts 1..N-1, appended.
absl::Status AddCuts(engine::GroupChain& chain, const CodecInput& input, std::vector<CodecInput>* inputs) {
  const graph::Grouping& grouping = chain.grouping();
  std::vector<NamedTensor> known = input.values;
  for (int g = 0; g + 1 < chain.size(); ++g) {
    std::vector<NamedTensor> out;
    RETURN_IF_ERROR(chain.Run(g, g + 1, known, out));
    for (NamedTensor& t : out) known.push_back(std::move(t));
    CodecInput at_cut;
    for (const graph::ValueId v : grouping.cuts[static_cast<size_t>(g) + 1].values) {
      const std::string& name = grouping.graph->values[static_cast<size_t>(v)].name;
      const auto found = std::find_if(known.begin(), known.end(), [&](const NamedTensor& t) { return t.name == name; });
      if (found != known.end()) at_cut.values.push_back(*found);
    }
    known = at_cut.values;
    inputs->push_back(std::move(at_cut));
  }
  return absl::OkStatus();
}

}   // namespace

absl::StatusOr<std::vector<CodecInput>> CodecInputs(engine::GroupChain& chain, const std::vector<SizedModel>& sizes,
                                                    const media::ModelConfig& config) {
  const media::Picture picture = MadeUpPhoto();
  std::vector<CodecInput> inputs;
  for (size_t i = 0; i < sizes.size(); ++i) {
    ASSIGN_OR_RETURN(CodecInput input, InputOf(sizes[i], picture, config));
    inputs.push_back(input);
    if (i == 0 || i + 1 == sizes.size()) RETURN_IF_ERROR(AddCuts(chain, input, &inputs));
  }
  return inputs;
}

}   // namespace partway::profile
