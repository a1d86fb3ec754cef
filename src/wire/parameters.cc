#include "wire/parameters.h"

#include "base/status.h"

namespace partway::wire {

absl::StatusOr<Parameters> FromProto(const ParameterMap& map, const Limits& limits, const std::string& where) {
  if (map.size() > static_cast<size_t>(limits.max_parameters)) {
    return ResourceExhausted(where, ": ", map.size(), " parameters, the limit is ", limits.max_parameters);
  }
  Parameters parameters;
  for (const auto& [name, value] : map) {
    if (name.size() > limits.max_string_bytes ||
        (value.has_string_param() && value.string_param().size() > limits.max_string_bytes)) {
      return ResourceExhausted(where, ": a parameter is longer than the limit of ", limits.max_string_bytes, " bytes");
    }
    switch (value.parameter_choice_case()) {
      case inference::InferParameter::kBoolParam: parameters[name] = value.bool_param(); break;
      case inference::InferParameter::kInt64Param: parameters[name] = int64_t{value.int64_param()}; break;
      case inference::InferParameter::kStringParam: parameters[name] = value.string_param(); break;
      case inference::InferParameter::kDoubleParam: parameters[name] = value.double_param(); break;
      case inference::InferParameter::kUint64Param: parameters[name] = uint64_t{value.uint64_param()}; break;
      case inference::InferParameter::PARAMETER_CHOICE_NOT_SET: break;
    }
  }
  return parameters;
}

void ToProto(const Parameters& parameters, ParameterMap* map) {
  for (const auto& [name, value] : parameters) {
    inference::InferParameter& to = (*map)[name];
    if (const auto* b = std::get_if<bool>(&value))
      to.set_bool_param(*b);
    else if (const auto* i = std::get_if<int64_t>(&value))
      to.set_int64_param(*i);
    else if (const auto* s = std::get_if<std::string>(&value))
      to.set_string_param(*s);
    else if (const auto* d = std::get_if<double>(&value))
      to.set_double_param(*d);
    else if (const auto* u = std::get_if<uint64_t>(&value))
      to.set_uint64_param(*u);
  }
}

absl::StatusOr<std::optional<int64_t>> TakeInteger(Parameters& parameters, const std::string& name, int64_t max) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  std::optional<int64_t> value;
  if (const auto* i = std::get_if<int64_t>(&found->second)) value = *i;
  if (const auto* u = std::get_if<uint64_t>(&found->second); u != nullptr && *u <= static_cast<uint64_t>(max))
    value = static_cast<int64_t>(*u);
  if (!value || *value < 0 || *value > max) return InvalidArgument("parameter '", name, "' must be an integer from 0 to ", max);
  parameters.erase(found);
  return value;
}

absl::StatusOr<std::optional<std::string>> TakeString(Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  auto* const text = std::get_if<std::string>(&found->second);
  if (text == nullptr) return InvalidArgument("parameter '", name, "' must be a string");
  std::optional<std::string> value = std::move(*text);
  parameters.erase(found);
  return value;
}

}   // namespace partway::wire
