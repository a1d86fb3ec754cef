#include "apps/options.h"

#include <charconv>

#include "apps/verb.h"
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

absl::StatusOr<engine::ProbeSize> ParseSize(const std::string& text) {
  if (text.empty()) return engine::ProbeSize{};
  const size_t x = text.find('x');
  const std::optional<int> height = Edge(text.substr(0, x));
  const std::optional<int> width = x == std::string::npos ? height : Edge(text.substr(x + 1));
  if (!height || !width) {
    return UsageError(Concat("--size '", text, "' is not a size: expected an edge in pixels or HxW, 1 to ", media::kMaxInputEdge,
                             ", for example 224 or 192x256"));
  }
  return engine::ProbeSize{*height, *width};
}

CLI::Option* AddDuration(CLI::App& command, const std::string& name, std::optional<Duration>* value, const std::string& help) {
  return AddQuantity<Duration>(command, name, value, help, ParseDuration)->type_name("TIME");
}

CLI::Option* AddBitRate(CLI::App& command, const std::string& name, std::optional<BitsPerSecond>* value,
                        const std::string& help) {
  return AddQuantity<BitsPerSecond>(command, name, value, help, ParseBitRate)->type_name("RATE");
}

CLI::Option* AddBytes(CLI::App& command, const std::string& name, std::optional<Bytes>* value, const std::string& help) {
  return AddQuantity<Bytes>(command, name, value, help, ParseBytes)->type_name("BYTES");
}

}   // namespace partway::apps
