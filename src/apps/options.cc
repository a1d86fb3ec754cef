#include "apps/options.h"

#include <algorithm>
#include <charconv>

#include "apps/verb.h"
#include "base/status.h"
#include "base/text.h"
#include "media/model_config.h"

namespace partway::apps {
namespace {

template <class T>
CLI::Option* AddQuantity(CLI::App& command, const std::string& name, std::optional<T>* value, const std::string& help,
                         absl::StatusOr<T> (*parse)(std::string_view)) {
  return command.add_option_function<std::string>(
      name,
      [name, value, parse](const std::string& text) {
        absl::StatusOr<T> parsed = parse(text);
        if (!parsed.ok()) throw CLI::ValidationError(name, std::string(parsed.status().message()));
        *value = *parsed;
      },
      help);
}

std::optional<int> Edge(std::string_view text) {
  int edge = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), edge);
  if (error != std::errc() || end != text.data() + text.size() || edge < 1 || edge > media::kMaxInputEdge) return std::nullopt;
  return edge;
}

// Between commas; none of an empty text.
std::vector<std::string> Items(const std::string& text) {
  std::vector<std::string> items;
  for (size_t begin = 0; !text.empty() && begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    items.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

template <class T>
CLI::Validator From(T least, std::string_view what, const char* type) {
  return CLI::Validator(
      [least, what](std::string& text) {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool good = error == std::errc() && end == text.data() + text.size() && value >= least;
        return good ? std::string() : Concat("'", text, "' is not ", what, " of ", least, " or more");
      },
      type);
}

}   // namespace

CLI::Validator WholeNumberFrom(int64_t least) { return From<int64_t>(least, "a whole number", "NUMBER"); }
CLI::Validator NumberFrom(double least) { return From<double>(least, "a number", "NUMBER"); }

absl::StatusOr<engine::ProbeSize> ParseSize(const std::string& text, const std::string& flag) {
  if (text.empty()) return engine::ProbeSize{};
  const size_t x = text.find('x');
  const std::optional<int> height = Edge(text.substr(0, x));
  const std::optional<int> width = x == std::string::npos ? height : Edge(text.substr(x + 1));
  if (!height || !width) {
    return UsageError(Concat(flag, " '", text, "' is not a size: expected an edge in pixels or HxW, 1 to ", media::kMaxInputEdge,
                             ", for example 224 or 192x256"));
  }
  return engine::ProbeSize{*height, *width};
}

absl::StatusOr<std::vector<engine::ProbeSize>> ParseSizes(const std::string& text, const std::string& flag) {
  std::vector<engine::ProbeSize> sizes;
  for (const std::string& item : Items(text)) {
    if (item.empty()) return UsageError(Concat(flag, " '", text, "': an entry is empty, expected for example 128,224,192x256"));
    ASSIGN_OR_RETURN(const engine::ProbeSize size, ParseSize(item, flag));
    const auto same = [&](const engine::ProbeSize& s) { return s.height == size.height && s.width == size.width; };
    if (std::any_of(sizes.begin(), sizes.end(), same)) return UsageError(Concat(flag, ": ", item, " is there twice"));
    sizes.push_back(size);
  }
  return sizes;
}

absl::StatusOr<std::vector<int>> ParseWholeNumbers(const std::string& text, int least, int most, const std::string& flag) {
  std::vector<int> numbers;
  for (const std::string& item : Items(text)) {
    int number = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), number);
    if (error != std::errc() || end != item.data() + item.size() || number < least || number > most) {
      return UsageError(Concat(flag, ": '", item, "' is not a whole number from ", least, " to ", most));
    }
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) {
      return UsageError(Concat(flag, ": ", item, " is there twice"));
    }
    numbers.push_back(number);
  }
  return numbers;
}

absl::StatusOr<std::vector<codec::CodecSpec>> ParseCodecs(const std::string& text, const std::string& word) {
  std::vector<codec::CodecSpec> codecs;
  for (const std::string& item : Items(text)) {
    const absl::StatusOr<codec::CodecSpec> spec = codec::ParseCodec(item);
    if (!spec.ok())
      return UsageError(Concat("--codecs: ", std::string(spec.status().message()), word.empty() ? "" : ", or ", word));
    if (std::find(codecs.begin(), codecs.end(), *spec) != codecs.end())
      return UsageError(Concat("--codecs: ", item, " is there twice"));
    codecs.push_back(*spec);
  }
  return codecs;
}

CLI::Option* AddDuration(CLI::App& command, const std::string& name, std::optional<Duration>* value, const std::string& help) {
  return AddQuantity<Duration>(command, name, value, help, ParseDuration)->type_name("TIME");
}

CLI::Option* AddBitRate(CLI::App& command, const std::string& name, std::optional<BitsPerSecond>* value,
                        const std::string& help) {
  return AddQuantity<BitsPerSecond>(command, name, value, help, ParseBitRate)->type_name("RATE");
}

CLI::Option* AddComputeRate(CLI::App& command, const std::string& name, std::optional<MacsPerSecond>* value,
                            const std::string& help) {
  return AddQuantity<MacsPerSecond>(command, name, value, help, ParseComputeRate)->type_name("RATE");
}

CLI::Option* AddBytes(CLI::App& command, const std::string& name, std::optional<Bytes>* value, const std::string& help) {
  return AddQuantity<Bytes>(command, name, value, help, ParseBytes)->type_name("BYTES");
}

}   // namespace partway::apps
