#include "policy/learned_weights.h"

#include <cassert>
#include <cmath>

#include "base/json_fields.h"
#include "base/rng.h"
#include "base/status.h"
#include "policy/learned_preset.h"

namespace partway::policy {
namespace {

using Json = nlohmann::ordered_json;

// Roughly where each input lies and how far it strays, in the order of kLearnedInputs.
constexpr std::array<double, kLearnedInputs.size()> kCentre = {0, 0, 0.7, 0.7, 0.8, 0.8, -1,  0,   0.7,
                                                               0, 0, 0,   0,   0,   0,   0.2, 0.1, 0.1};
constexpr std::array<double, kLearnedInputs.size()> kScale = {1,   2,   0.3, 0.3, 0.3, 0.3, 1,   0.5, 0.3,
                                                              0.5, 0.5, 0.5, 0.5, 0.3, 0.2, 0.3, 0.2, 0.2};

template <size_t kCount>
absl::Status ReadNames(Fields* fields, const char* key, const std::array<const char*, kCount>& names, const std::string& origin) {
  Json list;
  fields->Array(key, &list);
  RETURN_IF_ERROR(fields->status());
  if (list != Json(names)) return InvalidArgument(origin, ": '", key, "' are not those of this version: ", Json(names).dump());
  return absl::OkStatus();
}

absl::Status ReadNumbers(const Json& list, size_t count, const std::string& where, std::vector<double>* numbers) {
  if (!list.is_array() || list.size() != count) {
    return InvalidArgument(where, ": ", list.is_array() ? Concat(list.size(), " numbers") : "no list", "; expected ", count);
  }
  for (const Json& entry : list) {
    const double number = entry.is_number() ? entry.get<double>() : NAN;
    if (!(std::fabs(number) <= LearnedWeights::kMostWeight)) {
      return InvalidArgument(where, ": ", entry.dump(), "; expected numbers from ", -LearnedWeights::kMostWeight, " to ",
                             LearnedWeights::kMostWeight);
    }
    numbers->push_back(number);
  }
  return absl::OkStatus();
}

// A layer for `inputs` values.
absl::StatusOr<DenseLayer> ReadLayer(const Json& entry, size_t inputs, bool last, const std::string& where) {
  Fields fields(entry, where);
  Json rows, biases;
  fields.Array("weights", &rows);
  fields.Array("biases", &biases);
  RETURN_IF_ERROR(fields.status());
  DenseLayer layer;
  layer.inputs = inputs;
  layer.outputs = rows.size();
  if (last && layer.outputs != kLearnedOutputs.size()) {
    return InvalidArgument(where, ".weights: ", rows.size(), " rows; expected ", kLearnedOutputs.size(), ", one for each output");
  }
  if (layer.outputs < 1 || layer.outputs > LearnedWeights::kMostWidth) {
    return InvalidArgument(where, ".weights: ", rows.size(), " rows; expected 1 to ", LearnedWeights::kMostWidth);
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    RETURN_IF_ERROR(ReadNumbers(rows[row], inputs, Concat(where, ".weights[", row, "]"), &layer.weights));
  }
  RETURN_IF_ERROR(ReadNumbers(biases, layer.outputs, Concat(where, ".biases"), &layer.biases));
  return layer;
}

}   // namespace

std::vector<double> LearnedWeights::Flat() const {
  std::vector<double> flat;
  for (const DenseLayer& layer : layers) {
    flat.insert(flat.end(), layer.weights.begin(), layer.weights.end());
    flat.insert(flat.end(), layer.biases.begin(), layer.biases.end());
  }
  return flat;
}

void LearnedWeights::Assign(const std::vector<double>& flat) {
  size_t at = 0;
  for (DenseLayer& layer : layers) {
    for (std::vector<double>* part : {&layer.weights, &layer.biases}) {
      assert(at + part->size() <= flat.size());
      std::copy_n(flat.begin() + static_cast<ptrdiff_t>(at), part->size(), part->begin());
      at += part->size();
    }
  }
  assert(at == flat.size());
}

LearnedWeights NewWeights(size_t width, uint64_t seed) {
  LearnedWeights weights;
  weights.centre.assign(kCentre.begin(), kCentre.end());
  weights.scale.assign(kScale.begin(), kScale.end());
  Rng rng(seed);
  const size_t sizes[] = {kLearnedInputs.size(), width, width, kLearnedOutputs.size()};
  for (size_t l = 0; l < LearnedWeights::kLayers; ++l) {
    DenseLayer layer{sizes[l], sizes[l + 1], {}, {}};
    // Even draws of variance 1 / inputs; the last layer's are a tenth of that.
    const double reach = std::sqrt(3.0 / static_cast<double>(layer.inputs)) * (l + 1 == LearnedWeights::kLayers ? 0.1 : 1);
    for (size_t i = 0; i < layer.inputs * layer.outputs; ++i) layer.weights.push_back(rng.Uniform(-reach, reach));
    layer.biases.assign(layer.outputs, 0);
    weights.layers.push_back(std::move(layer));
  }
  return weights;
}

std::string LearnedWeightsText(const LearnedWeights& weights) {
  Json layers = Json::array();
  for (const DenseLayer& layer : weights.layers) {
    Json rows = Json::array();
    for (size_t out = 0; out < layer.outputs; ++out) {
      const auto begin = layer.weights.begin() + static_cast<ptrdiff_t>(out * layer.inputs);
      rows.push_back(std::vector<double>(begin, begin + static_cast<ptrdiff_t>(layer.inputs)));
    }
    layers.push_back({{"weights", rows}, {"biases", layer.biases}});
  }
  const LearnedWeights::Origin& origin = weights.origin;
  const Json document = {{"learned", LearnedWeights::kVersion},
                         {"trained",
                          {{"scenario", origin.scenario},
                           {"seed", origin.seed},
                           {"steps", origin.steps},
                           {"runs", origin.runs},
                           {"score", origin.score}}},
                         {"inputs", kLearnedInputs},
                         {"outputs", kLearnedOutputs},
                         {"centre", weights.centre},
                         {"scale", weights.scale},
                         {"layers", layers}};
  // One line for each key, and for each row of weights: short enough to read, long enough to compare.
  std::string text = "{";
  for (const auto& [key, value] : document.items()) {
    Append(&text, text.size() > 1 ? ",\n " : "\n ", Json(key).dump(), ": ");
    if (key != "layers") {
      text += value.dump(-1, ' ', false, Json::error_handler_t::replace);
      continue;
    }
    for (size_t l = 0; l < value.size(); ++l) {
      Append(&text, l == 0 ? "[" : ",", "\n  {\"weights\": [");
      for (size_t row = 0; row < value[l]["weights"].size(); ++row) {
        Append(&text, row == 0 ? "\n   " : ",\n   ", value[l]["weights"][row].dump());
      }
      Append(&text, "],\n   \"biases\": ", value[l]["biases"].dump(), "}");
    }
    text += "]";
  }
  return text + "\n}\n";
}

absl::StatusOr<LearnedWeights> ParseLearnedWeights(std::string_view text, const std::string& origin) {
  if (text.size() > LearnedWeights::kMostBytes) {
    return InvalidArgument(origin, ": ", text.size(), " bytes; weights have at most ", LearnedWeights::kMostBytes);
  }
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return InvalidArgument(origin, ": not JSON, or cut off; expected weights from `partway train`");
  Fields fields(document, origin);
  int version = 0;
  fields.Get("learned", &version);
  RETURN_IF_ERROR(fields.status());
  if (version != LearnedWeights::kVersion) {
    return InvalidArgument(origin, ": 'learned' is ", fields.Has("learned") ? Concat(version) : "missing",
                           "; expected weights of version ", LearnedWeights::kVersion);
  }
  RETURN_IF_ERROR(ReadNames(&fields, "inputs", kLearnedInputs, origin));
  RETURN_IF_ERROR(ReadNames(&fields, "outputs", kLearnedOutputs, origin));
  LearnedWeights weights;
  Json trained, centre, scale, layers;
  fields.Object("trained", &trained);
  fields.Array("centre", &centre);
  fields.Array("scale", &scale);
  fields.Array("layers", &layers);
  RETURN_IF_ERROR(fields.status());
  RETURN_IF_ERROR(ReadNumbers(centre, kLearnedInputs.size(), Concat(origin, ".centre"), &weights.centre));
  RETURN_IF_ERROR(ReadNumbers(scale, kLearnedInputs.size(), Concat(origin, ".scale"), &weights.scale));
  for (const double one : weights.scale) {
    if (!(one >= 1e-6)) return InvalidArgument(origin, ".scale: ", one, "; expected numbers from 1e-06");
  }
  if (layers.size() != LearnedWeights::kLayers) {
    return InvalidArgument(origin, ": ", layers.size(), " layers; expected ", LearnedWeights::kLayers);
  }
  size_t inputs = kLearnedInputs.size();
  for (size_t l = 0; l < layers.size(); ++l) {
    ASSIGN_OR_RETURN(DenseLayer layer, ReadLayer(layers[l], inputs, l + 1 == layers.size(), Concat(origin, ".layers[", l, "]")));
    inputs = layer.outputs;
    weights.layers.push_back(std::move(layer));
  }
  if (!trained.is_null()) {
    Fields from(trained, Concat(origin, ".trained"));
    from.Get("scenario", &weights.origin.scenario);
    from.Get("seed", &weights.origin.seed);
    from.Get("steps", &weights.origin.steps);
    from.Get("runs", &weights.origin.runs);
    from.Get("score", &weights.origin.score);
    RETURN_IF_ERROR(from.status());
  }
  return weights;
}

const LearnedWeights& ShippedLearnedWeights() {
  static const LearnedWeights weights = [] {
    absl::StatusOr<LearnedWeights> parsed = ParseLearnedWeights(kLearnedPreset, "assets/policies/learned.json");
    assert(parsed.ok());
    return *std::move(parsed);
  }();
  return weights;
}

}   // namespace partway::policy
