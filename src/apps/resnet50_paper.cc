#include "apps/resnet50_paper.h"

#include "base/status.h"
#include "cost/build_options.h"
#include "cost/predict.h"

namespace partway::apps {
namespace {

// Groups of the zoo's resnet50 are stem, stage1..stage4, classifier; SPk is behind stage k.
constexpr int kGroups = 6, kFirstSplit = 2, kLastSplit = 5;

// `table` with those rows alone.
cost::OptionTable Only(const cost::OptionTable& table, const std::vector<size_t>& rows) {
  cost::OptionTable kept;
  kept.group_names = table.group_names;
  kept.sizes = table.sizes;
  kept.codecs = table.codecs;
  const auto keep = [&](const auto& from, auto* to) {
    for (const size_t row : rows) to->push_back(from[row]);
  };
  keep(table.keys, &kept.keys);
  for (int w = 0; w < cost::kWeights; ++w) keep(table.coefficient[w], &kept.coefficient[w]);
  keep(table.encode_s, &kept.encode_s);
  keep(table.decode_s, &kept.decode_s);
  keep(table.accuracy, &kept.accuracy);
  keep(table.device_memory_bytes, &kept.device_memory_bytes);
  keep(table.edge_memory_bytes, &kept.edge_memory_bytes);
  keep(table.distance_correlation, &kept.distance_correlation);
  keep(table.reconstruction_ssim, &kept.reconstruction_ssim);
  cost::RankRows(&kept);
  return kept;
}

}   // namespace

absl::StatusOr<Resnet50Paper> MakeResnet50Paper() {
  ASSIGN_OR_RETURN(const ModelProfile model, ProfileFromMacs("resnet50", {{224, 224}}, "paper", MacsPerSecond(kPaperEdge)));
  if (model.profile.group_count() != kGroups)
    return InternalError("resnet50 has ", model.profile.group_count(), " groups, expected ", kGroups);
  cost::OptionInputs inputs;
  inputs.device = inputs.edge = &model.profile;
  inputs.sizes = {{224, 224}};
  // The maps' own float32 bytes: the paper counts no header.
  cost::CodecChoice raw{.name = "raw", .lossless = true};
  for (int cut = 0; cut < kGroups; ++cut)
    raw.bytes.push_back(static_cast<double>(model.profile.sizes[0].cut_bytes[static_cast<size_t>(cut)]));
  inputs.codecs = {raw};
  ASSIGN_OR_RETURN(const cost::OptionSet set, cost::BuildOptions(inputs));

  Resnet50Paper paper;
  std::vector<size_t> rows;
  for (size_t row = 0; row < set.table.size(); ++row) {
    const int cut = set.table.keys[row].cut;
    if (cut < kFirstSplit || (cut > kLastSplit && cut != kGroups)) continue;
    rows.push_back(row);
    paper.names.push_back(cut == kGroups ? "LC" : Concat("SP", cut - kFirstSplit + 1));
  }
  paper.problem.model = model.profile.model;
  paper.problem.model_sha256 = model.profile.model_sha256;
  paper.problem.table = Only(set.table, rows);
  paper.problem.objective.latency = 1;
  paper.problem.device_rate = paper.problem.edge_rate = kPaperEdge;
  paper.problem.state.uplink_bps = kPaperNarrowest;
  paper.assumptions = {
      "torchvision's ResNet-50 at 224x224 (weights do not matter); SP1..SP4 are the outputs of the four stages, LC is all on the "
      "device",
      "one multiply-add is one FLOP; float32 maps; 1 Mbps is 2^20 bit/s; no round trip, no reply",
      "edge 100 GFLOPS, device 5 to 100 GFLOPS, bandwidth 10 to 1000 Mbps (the paper's table 1)"};
  return paper;
}

double PaperLatency(const Resnet50Paper& paper, size_t row, double device_flops, double bandwidth_bps) {
  cost::State state = paper.problem.state;
  state.device_speed = device_flops / kPaperEdge;
  state.uplink_bps = bandwidth_bps;
  return cost::Predict(paper.problem.table, row, state, nullptr).latency_s;
}

}   // namespace partway::apps
