#include "report/simulation_page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/quantity.h"
#include "base/text.h"
#include "report/html_parts.h"
#include "report/plot_frame.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr size_t kPoliciesShown = 24, kChoicesShown = 12;
constexpr size_t kColumns = 480;   // points of a curve; more slots than that are averaged into as many
constexpr double kLeft = 64, kWidth = 760, kHeight = 92, kTop = 14, kBottom = 24;

// The slots of one policy.
struct Track {
  std::string policy;
  std::vector<const SlotRow*> slots;
  double fps = 0, k = 0, latency_s = 0, accuracy = 0;
};

std::vector<Track> Tracks(const RunRecord& run, double slot_s) {
  std::vector<Track> tracks;
  for (const SlotRow& slot : run.slots) {
    const std::string& name = slot.policy.empty() ? run.header.policy : slot.policy;
    if (tracks.empty() || tracks.back().policy != name) tracks.push_back({name, {}});
    tracks.back().slots.push_back(&slot);
  }
  for (Track& track : tracks) {
    double used = 0;
    for (const SlotRow* slot : track.slots) {
      track.fps += slot->b;
      track.k += slot->k;
      if (slot->choice.empty()) continue;
      ++used;
      track.latency_s += slot->latency_s;
      track.accuracy += slot->accuracy;
    }
    const double n = static_cast<double>(std::max<size_t>(track.slots.size(), 1));
    track.fps /= n * slot_s;
    track.k /= n;
    track.latency_s /= std::max(used, 1.0);
    track.accuracy /= std::max(used, 1.0);
  }
  return tracks;
}

std::string Beyond(const Track& track, const SimulationInfo& info) {
  std::string text;
  if (track.latency_s > info.max_latency_s) Append(&text, FormatSeconds(track.latency_s - info.max_latency_s));
  const bool accurate =
      std::isnan(track.accuracy) || track.accuracy >= info.min_accuracy;   // not known: then nothing is asked of it
  if (track.slots.empty() || accurate) return text.empty() ? "–" : text;
  Append(&text, text.empty() ? "" : ", ", Fixed(info.min_accuracy - track.accuracy, 4));
  return text;
}

std::string Comparison(const std::vector<Track>& tracks, const SimulationInfo& info) {
  double most = 0;
  for (const Track& track : tracks) {
    if (Beyond(track, info) == "–") most = std::max(most, track.k);
  }
  std::string html =
      Concat(ScrollStart("Policies"),
             "<table><caption>Means over slots; latency and accuracy over those in which an option was in use. ",
             "Beyond: how far the means lie on the wrong side of the constraints. Bold: most frames of those that keep both.",
             "</caption>\n<thead><tr><th scope=\"col\" class=\"l\">policy</th><th scope=\"col\">fps</th><th "
             "scope=\"col\">processed<small>mean k, "
             "%</small></th><th scope=\"col\">of the bound<small>one option, %</small></th><th "
             "scope=\"col\">latency<small>ms</small></th>",
             "<th scope=\"col\">accuracy<small>%</small></th><th scope=\"col\">beyond</th></tr></thead><tbody>\n");
  for (const Track& track : tracks) {
    const bool best = track.k == most && Beyond(track, info) == "–";
    const std::string k = Fixed(track.k * 100, 2);
    Append(&html, "<tr><th scope=\"row\">", EscapeXml(track.policy), "</th>", Cell(Fixed(track.fps, 2)),
           Cell(best ? Concat("<strong>", k, "</strong>") : k),
           Cell(info.bound_k && *info.bound_k > 0 ? Fixed(track.k / *info.bound_k * 100, 1) : "–"), Cell(Ms(track.latency_s)),
           Cell(std::isnan(track.accuracy) ? "–" : Fixed(track.accuracy * 100, 2)), Cell(Beyond(track, info)), "</tr>\n");
  }
  html += "</tbody></table></div>\n";
  if (!info.bound_k) html += "<p class=\"soft\">The best possible is not known here, or no choice keeps both constraints.</p>\n";
  if (info.mixed_bound_k) {
    Append(&html, "<p class=\"soft\">Best possible mean k: ",
           info.bound_k ? Concat(Fixed(*info.bound_k * 100, 2), " % with one option a slot, ") : "",
           Fixed(*info.mixed_bound_k * 100, 2), " % with several.</p>\n");
  }
  return html;
}

// One quantity over the slots: its values averaged into columns, its running mean, and a constraint.
struct Series {
  std::string title;
  std::vector<double> values;   // by slot; NaN: none
  bool running = false;
  std::optional<double> limit;
};

std::string PathOf(const std::vector<double>& values, double most) {
  const size_t n = values.size(), columns = std::min(n, kColumns);
  std::string path;
  bool down = false;
  for (size_t c = 0; c < columns; ++c) {
    const size_t from = c * n / columns, to = std::max(from + 1, (c + 1) * n / columns);
    double sum = 0, count = 0;
    for (size_t i = from; i < to; ++i) {
      if (std::isfinite(values[i])) sum += values[i], ++count;
    }
    if (count == 0) {
      down = false;
      continue;
    }
    const double x = kLeft + kWidth * (static_cast<double>(from + to) / 2 / static_cast<double>(n));
    Append(&path, down ? "L" : "M", Fixed(x, 1), " ", Fixed(kTop + kHeight * (1 - std::clamp(sum / count / most, 0.0, 1.0)), 1));
    down = true;
  }
  return path;
}

std::string Draw(const Series& series, int64_t first, int64_t last) {
  double most = series.limit.value_or(0);
  for (const double value : series.values) {
    if (std::isfinite(value)) most = std::max(most, value);
  }
  if (most <= 0) most = 1;
  Svg svg(kLeft + kWidth + 110, kTop + kHeight + kBottom, Concat(series.title, " over the slots"));
  svg.Text(0, kTop + 4, PlotNumber(most), "s");
  svg.Text(0, kTop + kHeight, "0", "s");
  svg.Line(kLeft, kTop + kHeight, kLeft + kWidth, kTop + kHeight, "g");
  svg.Line(kLeft, kTop, kLeft + kWidth, kTop, "g");
  svg.Text(kLeft, kTop + kHeight + 18, Concat("slot ", first), "s");
  svg.Text(kLeft + kWidth, kTop + kHeight + 18, Concat(last), "s", Svg::Anchor::kEnd);
  if (series.limit) {
    const double y = kTop + kHeight * (1 - *series.limit / most);
    svg.Line(kLeft, y, kLeft + kWidth, y, "d");
    svg.Text(kLeft + kWidth + 8, y + 4, "constraint", "s");
  }
  svg.Path(PathOf(series.values, most), "q0");
  if (series.running) {
    std::vector<double> mean;
    double sum = 0, count = 0;
    for (const double value : series.values) {
      if (std::isfinite(value)) sum += value, ++count;
      mean.push_back(count > 0 ? sum / count : value);
    }
    svg.Path(PathOf(mean, most), "q1");
  }
  return svg.Finish();
}

// Which options were in use how often: what the choices look like as a whole.
std::string Choices(const Track& track, int groups) {
  std::map<std::string, double> frames;
  double all = 0;
  for (const SlotRow* slot : track.slots) {
    for (const SlotChoice& choice : slot->choice) {
      const std::string where = choice.cut < 0         ? "a set of operators"
                                : choice.cut == 0      ? "all on the edge"
                                : choice.cut >= groups ? "all on the device"
                                                       : Concat("cut ", choice.cut);
      frames[Concat(where, " at ", choice.size, choice.codec.empty() ? "" : Concat(" as ", choice.codec))] += choice.frames;
      all += choice.frames;
    }
  }
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [name, count] : frames) sorted.emplace_back(count, name);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string html = "<p class=\"soft\">Frames went ";
  for (size_t i = 0; i < std::min(sorted.size(), kChoicesShown); ++i) {
    Append(&html, i == 0 ? "" : ", ", EscapeXml(sorted[i].second), " ", Fixed(100 * sorted[i].first / std::max(all, 1.0), 1),
           " %");
  }
  if (sorted.size() > kChoicesShown) Append(&html, ", and ", sorted.size() - kChoicesShown, " more ways");
  return Concat(html, sorted.empty() ? "nowhere" : "", ".</p>\n");
}

std::string Charts(const Track& track, const SimulationInfo& info) {
  std::vector<Series> all = {
      {"size chosen, pixels", {}, false, std::nullopt},      {"cut chosen", {}, false, std::nullopt},
      {"frames processed a second", {}, true, std::nullopt}, {"latency, ms", {}, true, info.max_latency_s * 1e3},
      {"accuracy, %", {}, true, info.min_accuracy * 100},    {"uplink, Mbit/s", {}, false, std::nullopt}};
  std::map<std::string, std::vector<double>> queues;
  for (const SlotRow* slot : track.slots) {
    double frames = 0, size = 0, cut = 0;
    for (const SlotChoice& choice : slot->choice) {
      const double weight = std::max(choice.frames, 1e-9);   // a choice that no frame fitted is still shown
      frames += weight;
      size += weight * choice.size;
      cut += weight * std::max(choice.cut, 0);
    }
    const bool used = !slot->choice.empty();
    all[0].values.push_back(used ? size / frames : NAN);
    all[1].values.push_back(used ? cut / frames : NAN);
    all[2].values.push_back(slot->b / info.slot_s);
    all[3].values.push_back(used ? slot->latency_s * 1e3 : NAN);
    all[4].values.push_back(used ? slot->accuracy * 100 : NAN);
    all[5].values.push_back(slot->uplink_bps / 1e6);
    for (const auto& [name, value] : slot->queues) queues[name].push_back(value);
  }
  for (auto& [name, values] : queues) all.push_back({Concat("memory: ", name), std::move(values), false, std::nullopt});
  std::string html;
  for (const Series& series : all) {
    if (series.values.size() != track.slots.size()) continue;   // a name that comes and goes
    Append(&html, "<figure>", ScrollStart(series.title), Draw(series, track.slots.front()->t, track.slots.back()->t),
           "</div><figcaption>", EscapeXml(series.title), series.running ? "; thick: mean so far" : "",
           series.limit ? "; dashed: the constraint, which is on the mean" : "", "</figcaption></figure>\n");
  }
  return html;
}

}   // namespace

std::string RenderSimulation(const RunRecord& run, const std::string& id, const std::string& heading) {
  const SimulationInfo& info = *run.header.simulation;
  std::vector<Track> tracks = Tracks(run, info.slot_s);
  std::string html = Concat("<article aria-labelledby=\"", id, "\">\n<h2 id=\"", id, "\">", heading, "</h2>\n");
  if (!run.summary) html += "<p><b>This run was interrupted:</b> its record has no summary.</p>\n";
  const std::string devices = info.devices > 1 ? Concat(", ", info.devices, " devices on one edge") : "";
  Append(&html, "<p class=\"lead\">Simulated, not measured: ", EscapeXml(info.scenario),
         info.devices > 0 ? ", frame by frame" : "", devices, ", slots of ", FormatSeconds(info.slot_s), ", seed ",
         run.header.seed, ". Asked for on average: latency at most <b>", FormatSeconds(info.max_latency_s),
         "</b>, accuracy at least <b>", Fixed(info.min_accuracy * 100, 1), " %</b>. Link: ", EscapeXml(run.header.link),
         ".</p>\n");
  if (tracks.empty()) return html + "<p>No slot was recorded.</p>\n</article>\n";
  html += Comparison(tracks, info);
  for (size_t i = 0; i < std::min(tracks.size(), kPoliciesShown); ++i) {
    Append(&html, "<details", i == 0 ? " open" : "", "><summary>", EscapeXml(tracks[i].policy), " over time</summary>\n",
           Choices(tracks[i], run.header.groups), Charts(tracks[i], info), "</details>\n");
  }
  if (tracks.size() > kPoliciesShown)
    Append(&html, "<p class=\"soft\">", tracks.size() - kPoliciesShown, " further policies are in the record.</p>\n");
  Append(&html, "<dl><dt>command</dt><dd><code>", EscapeXml(run.header.command), "</code></dd><dt>program</dt><dd>",
         EscapeXml(run.header.version), " (", EscapeXml(run.header.commit), ")</dd></dl>\n</article>\n");
  return html;
}

std::string RenderControl(const RunRecord& run) {
  if (!run.header.control || run.slots.empty()) return "";
  const ControlInfo& control = *run.header.control;
  SimulationInfo limits;   // as the charts want them
  limits.slot_s = control.slot_s;
  limits.max_latency_s = control.max_latency_s;
  limits.min_accuracy = control.min_accuracy;
  const std::vector<Track> tracks = Tracks(run, control.slot_s);
  double within = 0, answered = 0, fell_back = 0;
  for (const SlotRow& slot : run.slots) {
    const auto state = [&](const char* name) {
      const auto found = slot.state.find(name);
      return found == slot.state.end() ? 0.0 : found->second;
    };
    within += state("within");
    answered += slot.b;
    fell_back += state("fell_back");
  }
  std::string html =
      Concat("<h3>What was decided, slot by slot</h3>\n<p>Policy ", EscapeXml(run.header.policy), ", slots of ",
             FormatSeconds(control.slot_s), ". Asked for on average: latency at most ", FormatSeconds(control.max_latency_s));
  if (control.min_accuracy > 0) Append(&html, ", accuracy at least ", Fixed(control.min_accuracy * 100, 1), " % by its table");
  Append(&html, ". ", Fixed(within, 0), " of ", Fixed(answered, 0), " answers came within that latency; ", Fixed(fell_back, 0),
         " of ", run.slots.size(), " slots were left to the device alone.</p>\n");
  for (const Track& track : tracks) Append(&html, Choices(track, run.header.groups), Charts(track, limits));
  return html;
}

}   // namespace partway::report
