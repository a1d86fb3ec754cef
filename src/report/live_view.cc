#include "report/live_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/quantity.h"
#include "base/text.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr int kLabel = 10;   // columns of what stands before a line

enum class Style : uint8_t { kPlain, kDim, kBold, kGood, kBad };

const char* Sequence(Style style) {
  switch (style) {
    case Style::kPlain: return "";
    case Style::kDim: return "\033[2m";
    case Style::kBold: return "\033[1m";
    case Style::kGood: return "\033[32m";
    case Style::kBad: return "\033[31m";
  }
  return "";
}

struct Span {
  std::string text;
  Style style = Style::kPlain;
};

struct Row {
  int rank = 0;   // rows of high ranks go first when there is no room
  std::string label;
  std::vector<Span> spans;
  bool wraps = false;   // onto further lines, between words
};

// Bytes of the UTF-8 sequence that begins at `at`; 0 if it is none.
size_t SequenceLength(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first < 0xf5                  ? 4
                                                        : 0;
  if (length == 0 || (length > 1 && first < 0xc2) || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// Columns that it takes; letters of three bytes and more may be wide ones.
int Columns(size_t sequence_length) { return sequence_length >= 3 ? 2 : 1; }

int Width(const std::string& text) {
  int width = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t length = std::max<size_t>(SequenceLength(text, at), 1);
    width += Columns(length);
    at += length;
  }
  return width;
}

// The part of `text` that fits into `columns`.
std::string Fitting(const std::string& text, int columns) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = std::max<size_t>(SequenceLength(text, at), 1);
    columns -= Columns(length);
    if (columns < 0) break;
    at += length;
  }
  return text.substr(0, at);
}

// One line as it is put together: what does not fit any more is cut off.
class Line {
 public:
  Line(int columns, bool colour) : left_(columns), colour_(colour) {}
  void Add(const std::string& text, Style style) {
    const std::string part = Fitting(text, left_);
    left_ -= Width(part);
    if (part.empty()) return;
    Turn(style);
    text_ += part;
  }
  int left() const { return left_; }
  std::string Finish() {
    Turn(Style::kPlain);
    return std::move(text_);
  }

 private:
  void Turn(Style style) {
    if (!colour_ || style == style_) return;
    Append(&text_, style_ == Style::kPlain ? "" : "\033[0m", Sequence(style));
    style_ = style;
  }

  int left_;
  bool colour_;
  Style style_ = Style::kPlain;
  std::string text_;
};

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::vector<std::string> Lines(const Row& row, const LiveScreenSize& screen) {
  std::vector<std::string> lines;
  Line line(screen.columns, screen.colour);
  std::string label = row.label;
  label.resize(kLabel, ' ');
  line.Add(label, Style::kDim);
  if (!row.wraps) {
    for (const Span& span : row.spans) line.Add(span.text, span.style);
    return {line.Finish()};
  }
  bool first = true;
  for (const Span& span : row.spans) {
    Style before = Style::kPlain;   // of a space: that of the span inside it
    for (const std::string& word : Words(span.text)) {
      if (!first && Width(word) + 1 > line.left()) {
        lines.push_back(line.Finish());
        line = Line(screen.columns, screen.colour);
        line.Add(std::string(kLabel, ' '), Style::kPlain);
      } else if (!first) {
        line.Add(" ", before);
      }
      line.Add(word, span.style);
      before = span.style;
      first = false;
    }
  }
  lines.push_back(line.Finish());
  return lines;
}

std::string Rate(double bits_per_second) { return FormatBitRate(bits_per_second); }
std::string Share(double share) { return Concat(Fixed(share * 100, 1), " %"); }

Row LinkRow(const LiveState& state) {
  Row row{2, "link", {}, true};
  if (!state.edge) {
    row.spans.push_back({"none: everything runs on the device", Style::kDim});
    return row;
  }
  if (!state.link_told.empty()) row.spans.push_back({Concat(state.link_told, ";"), Style::kBold});
  if (!state.connected) {
    row.spans.push_back({"the server does not answer", Style::kBad});
  } else if (!state.uplink_bps || *state.uplink_bps <= 0) {
    row.spans.push_back({"not measured", Style::kDim});
  } else {
    row.spans.push_back({Concat("measured ", Rate(*state.uplink_bps), " up, within ", Fixed(state.uplink_error * 100, 0),
                                " %; round trip ", FormatSeconds(state.rtt_s)),
                         Style::kPlain});
  }
  return row;
}

Row SpeedRow(const LiveState& state) {
  Row row{8, "speed", {}, true};
  std::string text;
  if (state.device_speed) Append(&text, "device ", Fixed(*state.device_speed, 2), " of its profile");
  if (state.edge && state.edge_speed) {
    Append(&text, text.empty() ? "" : "; ", "server ", Fixed(*state.edge_speed, 2), " of its profile, others take ",
           Fixed(state.edge_load * 100, 0), " %");
  }
  row.spans.push_back({text, Style::kPlain});
  return row;
}

std::string Column(const std::string& text, size_t width) {
  return text.size() >= width ? text : Concat(std::string(width - text.size(), ' '), text);
}

// A line of the small table: frames a second, in time, latency, accuracy.
struct Numbers {
  std::string fps, within;
  std::optional<double> latency_s, accuracy;
};

Row NumbersRow(const LiveState& state, int rank, const char* label, const Numbers& numbers) {
  const bool late = numbers.latency_s && state.max_latency_s && *numbers.latency_s > *state.max_latency_s;
  const bool poor = numbers.accuracy && state.min_accuracy && *numbers.accuracy < *state.min_accuracy;
  const auto judged = [](bool asked, bool bad) { return !asked ? Style::kPlain : bad ? Style::kBad : Style::kGood; };
  return {rank,
          label,
          {{Column(numbers.fps, 8), Style::kPlain},
           {Column(numbers.within, 14), Style::kPlain},
           {Column(numbers.latency_s ? FormatSeconds(*numbers.latency_s) : "-", 12),
            judged(state.max_latency_s.has_value() && numbers.latency_s.has_value(), late)},
           {Column(numbers.accuracy ? Share(*numbers.accuracy) : "-", 11),
            judged(state.min_accuracy.has_value() && numbers.accuracy.has_value(), poor)}}};
}

std::string Of(int64_t part, int64_t whole) { return Concat(part, " of ", whole); }

void NumberRows(const LiveState& state, std::vector<Row>* rows) {
  rows->push_back({4,
                   "",
                   {{Column("frames/s", 8), Style::kDim},
                    {Column("in time", 14), Style::kDim},
                    {Column("latency", 12), Style::kDim},
                    {Column("accuracy", 11), Style::kDim}}});
  if (!state.slots.empty()) {
    const LiveSlot& slot = state.slots.back();
    const Numbers numbers = {slot.frames_per_s ? Fixed(*slot.frames_per_s, 1) : "-", Of(slot.within, slot.offered),
                             slot.latency_s, slot.accuracy};
    rows->push_back(NumbersRow(state, 3, "last slot", numbers));
  }
  const double answered = static_cast<double>(state.edge_answers + state.local_answers);
  const Numbers all = {state.elapsed_s > 0 ? Fixed(answered / state.elapsed_s, 1) : "-", Of(state.within, state.offered),
                       state.mean_latency_s, state.mean_accuracy};
  rows->push_back(NumbersRow(state, 5, "so far", all));
  if (!state.max_latency_s && !state.min_accuracy) return;
  rows->push_back({6,
                   "asked for",
                   {{Column("", 22), Style::kPlain},
                    {Column(state.max_latency_s ? Concat("<= ", FormatSeconds(*state.max_latency_s)) : "", 12), Style::kDim},
                    {Column(state.min_accuracy ? Concat(">= ", Share(*state.min_accuracy)) : "", 11), Style::kDim}}});
}

// One letter a slot.
void HistoryRows(const LiveState& state, int columns, std::vector<Row>* rows) {
  const size_t room = static_cast<size_t>(std::max(columns - kLabel, 0));
  const size_t shown = std::min(state.slots.size(), room);
  std::vector<Span> where, within;
  for (size_t i = state.slots.size() - shown; i < state.slots.size(); ++i) {
    const LiveSlot& slot = state.slots[i];
    const char letter = slot.edge > 0 ? slot.local > 0 ? 'b' : 'e' : slot.local > 0 ? 'd' : '.';
    where.push_back({std::string(1, letter), Style::kPlain});
    const double share = slot.offered > 0 ? static_cast<double>(slot.within) / static_cast<double>(slot.offered) : 0;
    const int tenths = std::clamp(static_cast<int>(share * 10 + 1e-9), 0, 9);
    within.push_back({std::string(1, static_cast<char>('0' + tenths)), tenths >= 8  ? Style::kGood
                                                                       : tenths < 3 ? Style::kBad
                                                                                    : Style::kPlain});
  }
  rows->push_back({10, "answered", std::move(where)});
  rows->push_back({9, "in time", std::move(within)});
  rows->push_back({12, "", {{"a letter a slot: edge, device, both; below it tenths of the frames in time", Style::kDim}}});
}

void AnswerRows(const LiveState& state, std::vector<Row>* rows) {
  if (!state.answer) return;
  const LiveAnswer& answer = *state.answer;
  std::vector<Span> spans = {{Concat(ForTerminal(answer.picture), ":"), Style::kPlain},
                             {ForTerminal(answer.words), Style::kBold}};
  if (answer.probability) spans.push_back({Concat(Fixed(*answer.probability * 100, 0), " %"), Style::kPlain});
  if (answer.correct) spans.push_back({*answer.correct ? "(right)" : "(wrong)", *answer.correct ? Style::kGood : Style::kBad});
  rows->push_back({3, "picture", std::move(spans), true});
  rows->push_back({7, "", {{Concat(ForTerminal(answer.how), ", ", FormatSeconds(answer.latency_s)), Style::kDim}}, true});
}

}   // namespace

void LiveState::AddSlot(const LiveSlot& slot) {
  slots.push_back(slot);
  if (slots.size() > kSlotsKept) slots.pop_front();
}

void LiveState::AddNotice(std::string notice) {
  notices.push_back(std::move(notice));
  if (notices.size() > kNoticesKept) notices.pop_front();
}

std::string ForTerminal(const std::string& text) {
  std::string shown;
  for (size_t at = 0; at < text.size();) {
    const size_t length = SequenceLength(text, at);
    const unsigned char first = static_cast<unsigned char>(text[at]);
    const bool control = first < 0x20 || first == 0x7f ||
                         (first == 0xc2 && length == 2 && static_cast<unsigned char>(text[at + 1]) < 0xa0);   // C1
    if (length == 0 || control) {
      shown += '?';
    } else {
      shown += text.substr(at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return shown;
}

std::vector<std::string> RenderLive(const LiveState& state, const LiveScreenSize& screen) {
  std::vector<Row> rows;
  const std::string time = Concat(Fixed(state.elapsed_s, 1), state.total_s ? Concat(" of ", Fixed(*state.total_s, 0)) : "", " s");
  rows.push_back({0, "partway", {{ForTerminal(state.title), Style::kBold}, {Concat("  ", time), Style::kPlain}}});
  if (!state.emulated.empty()) rows.push_back({11, "", {{ForTerminal(state.emulated), Style::kDim}}, true});
  rows.push_back(LinkRow(state));
  if (state.device_speed) rows.push_back(SpeedRow(state));
  if (!state.chosen.empty()) rows.push_back({1, "chosen", {{ForTerminal(state.chosen), Style::kBold}}, true});
  if (!state.why.empty()) rows.push_back({2, "why", {{ForTerminal(state.why), Style::kPlain}}, true});
  NumberRows(state, &rows);
  if (!state.slots.empty()) HistoryRows(state, screen.columns, &rows);
  AnswerRows(state, &rows);
  for (const std::string& notice : state.notices) rows.push_back({7, "event", {{ForTerminal(notice), Style::kPlain}}});

  std::vector<std::vector<std::string>> lines;
  size_t total = 0;
  for (const Row& row : rows) {
    lines.push_back(Lines(row, screen));
    total += lines.back().size();
  }
  const size_t room = static_cast<size_t>(std::max(screen.rows, 1));
  while (total > room) {   // the row of the highest rank goes; of several the last
    size_t least = 0;
    for (size_t i = 1; i < rows.size(); ++i) {
      if (rows[i].rank >= rows[least].rank) least = i;
    }
    total -= lines[least].size();
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(least));
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(least));
  }
  std::vector<std::string> all;
  for (std::vector<std::string>& row : lines) std::move(row.begin(), row.end(), std::back_inserter(all));
  return all;
}

std::string LiveLine(const LiveState& state) {
  std::string line = Concat(Fixed(state.elapsed_s, 1), " s");
  if (!state.link_told.empty()) Append(&line, ", ", state.link_told);
  if (state.edge) {
    if (!state.connected) {
      line += ", no server";
    } else if (state.uplink_bps && *state.uplink_bps > 0) {
      Append(&line, ", measured ", Rate(*state.uplink_bps));
    }
  }
  if (!state.slots.empty()) {
    const LiveSlot& slot = state.slots.back();
    Append(&line, "; in time ", Of(slot.within, slot.offered));
    if (slot.latency_s) Append(&line, ", ", FormatSeconds(*slot.latency_s));
    if (slot.accuracy) Append(&line, ", accuracy ", Share(*slot.accuracy));
  }
  if (!state.chosen.empty()) Append(&line, "; now ", state.chosen);
  if (state.answer) Append(&line, "; ", state.answer->picture, ": ", state.answer->words);
  return ForTerminal(line);
}

}   // namespace partway::report
