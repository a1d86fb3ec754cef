#include "apps/plan_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/plan_words.h"
#include "base/text.h"
#include "cost/predict.h"

namespace partway::apps {
namespace {

constexpr size_t kLabel = 16, kGap = 3, kRegionsShown = 5, kParetoShown = 8, kLineWidth = 96;

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// Broken after semicolons where a line would be too long, to stand in the column beside a label.
std::string Wrapped(std::string_view text) {
  std::string lines;
  size_t used = 0;
  while (!text.empty()) {
    const size_t end = text.find("; ");
    const std::string_view part = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (used > 0 && used + part.size() > kLineWidth) {
      Append(&lines, "\n", std::string(kLabel + 2, ' '));
      used = 0;
    } else if (used > 0) {
      lines += ' ';
    }
    Append(&lines, part);
    used += part.size() + 1;
  }
  return lines;
}

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

std::string Fps(double fps) {
  char text[32];
  std::snprintf(text, sizeof text, fps < 10 ? "%.2f fps" : "%.1f fps", fps);
  return text;
}

// The options side by side, a term a line; terms that are 0 for all are left out.
class Table {
 public:
  Table(const PlanProblem& problem, std::vector<std::pair<std::string, int>> columns)
      : problem_(problem), columns_(std::move(columns)) {
    for (const auto& [title, row] : columns_) {
      predictions_.push_back(cost::Predict(problem.table, static_cast<size_t>(row), problem.state, problem.power_or_null()));
    }
  }

  std::string Text() {
    for (const auto& column : columns_)
      widths_.push_back(std::max(column.first.size(), Words(problem_.table, column.second).size()) + kGap);
    Line("", [&](size_t i) { return columns_[i].first; });
    Line("", [&](size_t i) { return Words(problem_.table, columns_[i].second); });
    Seconds("head", &cost::Prediction::head_s);
    Seconds("encode", &cost::Prediction::encode_s);
    const auto upload = [&](size_t i) { return predictions_[i].upload_s; };
    if (Any(upload)) {
      Line("upload", [&](size_t i) {
        const double bytes = problem_.table.upload_bytes(Row(i));
        return bytes == 0 ? std::string("-") : Concat(FormatSeconds(upload(i)), "  (", FormatBytes(bytes), ")");
      });
    }
    Seconds("round trip", &cost::Prediction::rtt_s);
    Seconds("decode", &cost::Prediction::decode_s);
    Seconds("tail", &cost::Prediction::tail_s);
    Seconds("reply", &cost::Prediction::reply_s);
    Line("latency", [&](size_t i) { return FormatSeconds(predictions_[i].latency_s); });
    Line("throughput", [&](size_t i) { return Fps(predictions_[i].throughput_fps()); });
    if (problem_.power)
      Line("energy", [&](size_t i) { return ConstraintValue(cost::Constraint::kEnergy, predictions_[i].energy_j); });
    const auto known = [](double value) { return !std::isnan(value); };
    const auto& accuracy = problem_.table.accuracy;
    if (std::any_of(accuracy.begin(), accuracy.end(), known)) {
      Line("accuracy",
           [&](size_t i) { return known(accuracy[Row(i)]) ? Percent(accuracy[Row(i)]) : std::string("not measured"); });
    }
    const auto& ssim = problem_.table.reconstruction_ssim;
    const auto& distance = problem_.table.distance_correlation;
    if (std::any_of(ssim.begin(), ssim.end(), [](double v) { return v > 0; })) {
      Line("given away", [&](size_t i) {
        if (!known(ssim[Row(i)])) return std::string("not measured");
        return Concat("dcor ", ConstraintValue(cost::Constraint::kDistanceCorrelation, distance[Row(i)]), ", ssim ",
                      ConstraintValue(cost::Constraint::kReconstructionSsim, ssim[Row(i)]));
      });
    }
    Line("device memory", [&](size_t i) { return FormatBytes(problem_.table.device_memory_bytes[Row(i)]); });
    Line("edge memory", [&](size_t i) { return FormatBytes(problem_.table.edge_memory_bytes[Row(i)]); });
    return text_;
  }

 private:
  size_t Row(size_t column) const { return static_cast<size_t>(columns_[column].second); }
  template <class F>
  bool Any(F value) const {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (value(i) > 0) return true;
    }
    return false;
  }
  template <class F>
  void Line(const std::string& label, F cell) {
    std::string line = Concat("  ", Padded(label, kLabel));
    for (size_t i = 0; i < columns_.size(); ++i) line += Padded(cell(i), std::max(widths_[i], size_t{25}));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    Append(&text_, line, "\n");
  }
  void Seconds(const std::string& label, double cost::Prediction::*term) {
    if (!Any([&](size_t i) { return predictions_[i].*term; })) return;
    Line(label, [&](size_t i) { return predictions_[i].*term > 0 ? FormatSeconds(predictions_[i].*term) : std::string("-"); });
  }

  const PlanProblem& problem_;
  std::vector<std::pair<std::string, int>> columns_;
  std::vector<cost::Prediction> predictions_;
  std::vector<size_t> widths_;
  std::string text_;
};

double ValueOf(const PlanProblem& problem, int row) {
  return cost::Value(problem.objective,
                     cost::Predict(problem.table, static_cast<size_t>(row), problem.state, problem.power_or_null()));
}

// "30.1 ms less in computing on the device, 12.0 ms more in the upload".
std::string GainsAndPrices(const PlanProblem& problem, int best, int rival) {
  const auto predict = [&](int row) { return cost::Predict(problem.table, static_cast<size_t>(row), problem.state, nullptr); };
  const cost::Prediction a = predict(best), b = predict(rival);
  std::string gains, prices;
  const auto add = [&](const char* what, double of_best, double of_rival) {
    if (std::abs(of_best - of_rival) < 1e-9) return;
    std::string* list = of_best < of_rival ? &gains : &prices;
    Append(list, list->empty() ? "" : ", ", FormatSeconds(std::abs(of_best - of_rival)), " ", what);
  };
  add("on the device", a.device_s, b.device_s);
  add("in the upload", a.upload_s, b.upload_s);
  add("in the round trip", a.rtt_s, b.rtt_s);
  add("on the edge", a.edge_s, b.edge_s);
  add("in the reply", a.reply_s, b.reply_s);
  if (gains.empty() && prices.empty()) return "every term is the same";
  return Concat("it saves ", gains.empty() ? "nothing" : gains, " and pays ", prices.empty() ? "nothing" : prices);
}

std::string MiddleWords(const PlanProblem& problem, const cost::Plan& plan) {
  const cost::OptionTable& table = problem.table;
  const auto more = [&](int worse, int better) {
    const double a = ValueOf(problem, worse), b = ValueOf(problem, better);
    return b > 0 ? Concat(Percent((a - b) / b), " worse") : std::string("worse");
  };
  std::string text;
  if (plan.middle == cost::kNoOption) {
    text = "No cut in the middle pays: none meets the limits.";
  } else if (plan.end == cost::kNoOption) {
    text = Concat("A cut in the middle is the only way to meet the limits: ", Words(table, plan.middle), ".");
  } else if (plan.best == plan.middle) {
    text = Concat("A cut in the middle pays: the best without one, ", Words(table, plan.end), ", is ", more(plan.end, plan.best),
                  ".");
  } else {
    text = Concat("No cut in the middle pays here: the best of them, ", Words(table, plan.middle), ", is ",
                  more(plan.middle, plan.best), ".");
  }
  for (const cost::AxisFlips& flips : plan.flips) {
    if (flips.axis != cost::Axis::kUplink) continue;
    const auto middle = [&](const cost::Region& region) {
      if (region.row == cost::kNoOption) return false;
      const int cut = table.keys[static_cast<size_t>(region.row)].cut;
      return cut > 0 && cut < table.groups();
    };
    std::string where;
    for (const cost::Region& region : flips.regions) {
      if (!middle(region)) continue;
      // Neighbouring regions of different middle cuts are one stretch.
      const std::string from = AxisValue(problem, flips.axis, region.from);
      const std::string to = std::isinf(region.to) ? "" : Concat(" to ", AxisValue(problem, flips.axis, region.to));
      const std::string joint = Concat(" to ", from);
      if (where.ends_with(joint)) {
        where.resize(where.size() - joint.size());
        where += to.empty() ? " on" : to;
      } else {
        Append(&where, where.empty() ? "" : ", ", from, to.empty() ? " on" : to);
      }
    }
    text += where.empty() ? " At no uplink does one." : Concat(" Over the uplink one pays from ", where, ".");
  }
  return text;
}

std::string ParetoWords(const cost::OptionTable& table, const cost::Plan& plan) {
  std::string text = Concat(plan.pareto.size(), " of ", plan.refusals.accepted.size(), " options");
  for (size_t i = 0; i < std::min(plan.pareto.size(), kParetoShown); ++i) {
    Append(&text, i == 0 ? ": " : "; ", Words(table, static_cast<int>(plan.pareto[i])));
  }
  if (plan.pareto.size() > kParetoShown) Append(&text, "; and ", plan.pareto.size() - kParetoShown, " more (--json names all)");
  return text;
}

std::string RefusedWords(const PlanProblem& problem, const cost::Plan& plan) {
  const size_t refused = problem.table.size() - plan.refusals.accepted.size();
  if (refused == 0) return "";
  std::string text = Concat("refused ", refused, " of ", problem.table.size(), " options:");
  bool first = true;
  for (const cost::Constraint constraint : cost::kConstraints) {
    const size_t count = plan.refusals.refused[static_cast<size_t>(constraint)];
    if (count == 0) continue;
    const std::optional<double>& limit = problem.limits.of(constraint);
    Append(&text, first ? " " : "; ", limit ? LimitWords(constraint, *limit) : std::string("no link"), ": ", count, " (",
           plan.refusals.alone[static_cast<size_t>(constraint)], " alone)");
    first = false;
  }
  return text;
}

}   // namespace

std::string PlanText(const PlanProblem& problem, const cost::Plan& plan, bool why) {
  const cost::OptionTable& table = problem.table;
  std::string text = Concat(problem.model, ", ", table.groups(), " groups: ", table.size(), " options (", table.sizes.size(),
                            table.sizes.size() == 1 ? " size, " : " sizes, ", table.codecs.size(),
                            table.codecs.size() == 1 ? " codec)" : " codecs)", "\n");
  Append(&text, "device ", problem.device_text, "; edge ", problem.edge_text);
  if (problem.state.edge_load > 0) Append(&text, " at load ", problem.state.edge_load);
  Append(&text, "; uplink ", FormatBitRate(problem.state.uplink_bps), ", round trip ", FormatSeconds(problem.state.rtt_s),
         "\n\n");

  Append(&text, "best for ", cost::ObjectiveText(problem.objective), ": ", Words(table, plan.best));
  const int cut = table.keys[static_cast<size_t>(plan.best)].cut;
  if (cut > 0 && cut < table.groups()) Append(&text, ", after ", table.group_names[static_cast<size_t>(cut - 1)]);
  text += "\n\n";
  std::vector<std::pair<std::string, int>> columns = {{"best", plan.best}};
  if (plan.runner_up != cost::kNoOption) columns.emplace_back("runner-up", plan.runner_up);
  if (plan.other_cut != cost::kNoOption && plan.other_cut != plan.runner_up)
    columns.emplace_back("best of another cut", plan.other_cut);
  text += Table(problem, std::move(columns)).Text();

  if (why) {
    text += "\nwhy\n";
    const int rival = plan.other_cut != cost::kNoOption ? plan.other_cut : plan.runner_up;
    if (rival != cost::kNoOption) {
      Append(&text, "  Against ", Words(table, rival), " ", GainsAndPrices(problem, plan.best, rival), ".\n");
    }
    Append(&text, "  ", MiddleWords(problem, plan), "\n");
    for (const cost::AxisFlips& flips : plan.flips) {
      Append(&text, "  ", Padded(AxisName(flips.axis), kLabel), Wrapped(RegionWords(problem, flips, kRegionsShown)), "\n");
    }
  }
  Append(&text, "\npareto set: ", ParetoWords(table, plan), "\n");
  const std::string refused = RefusedWords(problem, plan);
  if (!refused.empty()) Append(&text, refused, "\n");
  for (const std::string& note : problem.notes) Append(&text, "note: ", note, "\n");
  return text;
}

std::string NothingMeets(const PlanProblem& problem, const cost::Plan& plan) {
  if (!plan.relaxation) return "no option meets the limits";
  const cost::LeastRelaxation& least = *plan.relaxation;
  const std::optional<double>& limit = problem.limits.of(least.refuses_most);
  std::string text =
      Concat("no option meets the limits: ", limit ? LimitWords(least.refuses_most, *limit) : std::string("no link"), " refuses ",
             least.refused, " of ", problem.table.size());
  const auto gives = [&](const cost::Relaxation& r) {
    std::string needed = LimitWords(r.constraint, r.needed);
    if (std::isfinite(r.share())) Append(&needed, " (", Percent(r.share()), ")");
    return needed;
  };
  if (!least.single.empty()) {
    const auto& one = least.single.front();
    Append(&text, "; least would have to give: ", gives(one.relaxation), ", for ",
           Words(problem.table, static_cast<int>(one.row)));
    for (const auto& other : least.single) {
      if (other.relaxation.constraint == least.refuses_most && other.relaxation.constraint != one.relaxation.constraint) {
        Append(&text, "; or ", gives(other.relaxation));
      }
    }
  } else if (!least.together.empty()) {
    text += "; no limit alone is enough, together: ";
    for (size_t i = 0; i < least.together.size(); ++i) Append(&text, i == 0 ? "" : " and ", gives(least.together[i]));
    Append(&text, ", for ", Words(problem.table, static_cast<int>(least.together_row)));
  } else {
    text += "; it is not measured for any option";
  }
  return text;
}

}   // namespace partway::apps
