// The policies of a scenario file.
#include "apps/scenario_file.h"
#include "base/file.h"
#include "policy/registry.h"

namespace partway::apps {

namespace {

constexpr uint64_t kMostParameterBytes = 1 << 20;   // of a file that a parameter names

// The content beside the name, if `name` is a parameter that names a file.
absl::Status ReadNamedFile(const policy::Entry& entry, const std::string& name, const TomlFields& fields,
                           policy::Parameters* parameters) {
  for (const policy::ParameterSpec& spec : entry.parameters) {
    if (spec.name != name || !spec.file) continue;
    absl::StatusOr<std::string> content =
        ReadFile(BesideScenario(fields.origin(), parameters->texts.at(name)), kMostParameterBytes);
    if (!content.ok()) return InvalidArgument(fields.At(name), "'", name, "': ", std::string(content.status().message()));
    parameters->files[name] = *std::move(content);
  }
  return absl::OkStatus();
}

}   // namespace

std::vector<sim::PolicySpec> DefaultPolicies() {
  std::vector<sim::PolicySpec> policies;
  for (const char* name :
       {"adaptive", "adaptive-single", "parecon", "cutedge", "dads", "neurosurgeon", "best-fixed", "all-local", "all-edge"}) {
    policies.push_back({name, {}});
  }
  return policies;
}

absl::Status ReadScenarioPolicies(TomlFields root, Scenario* scenario) {
  if (!root.Has("policy")) {
    scenario->slots.policies = DefaultPolicies();
    return absl::OkStatus();
  }
  const toml::array* list = root.Node("policy")->as_array();
  if (list == nullptr || list->empty() || list->size() > sim::SlotScenario::kMostPolicies) {
    root.Fail("policy", Concat(": expected 1 to ", sim::SlotScenario::kMostPolicies, " sections [[policy]]"));
    return root.status();
  }
  for (const toml::node& node : *list) {
    if (!node.is_table()) return InvalidArgument(root.At(node), "'policy': expected sections [[policy]]");
    TomlFields fields(*node.as_table(), "[[policy]]", root.origin());
    sim::PolicySpec spec;
    fields.Require("name", "the name of a policy");
    fields.Text("name", &spec.name);
    RETURN_IF_ERROR(fields.status());
    const absl::StatusOr<const policy::Entry*> entry = policy::PolicyNamed(spec.name);
    if (!entry.ok()) {
      fields.Fail("name", Concat(": ", std::string(entry.status().message())));
      return fields.status();
    }
    for (const auto& [key, value] : fields.table()) {
      if (key.str() == "name") continue;
      const std::string name(key.str());
      if (value.is_number()) {
        spec.parameters.numbers[name] = *value.value<double>();
      } else if (const auto* flag = value.as_boolean()) {
        spec.parameters.numbers[name] = flag->get() ? 1 : 0;
      } else if (const auto* text = value.as_string()) {
        spec.parameters.texts[name] = text->get();
      } else {
        fields.Fail(name, ": expected a number or a text");
        return fields.status();
      }
      // One by one, so that the line is that of the parameter at fault.
      policy::Parameters one;
      if (value.is_string()) {
        one.texts[name] = spec.parameters.texts[name];
        RETURN_IF_ERROR(ReadNamedFile(**entry, name, fields, &one));
        spec.parameters.files.insert(one.files.begin(), one.files.end());
      } else {
        one.numbers[name] = spec.parameters.numbers[name];
      }
      const absl::Status good = policy::CompleteParameters(**entry, one).status();
      if (!good.ok()) return InvalidArgument(root.origin(), ":", key.source().begin.line, ": ", std::string(good.message()));
    }
    scenario->slots.policies.push_back(std::move(spec));
  }
  return absl::OkStatus();
}

}   // namespace partway::apps
