#include "apps/completion.h"

#include <algorithm>

#include "apps/verb.h"
#include "base/text.h"

namespace partway::apps {
namespace {

struct Flag {
  std::vector<std::string> names;   // with dashes
  bool takes_value = false;
  std::string description;
};

// A command and how one gets there: "" for the program itself, "zoo", "zoo build".
struct Node {
  std::string path;
  std::string description;
  std::vector<Flag> flags;
  std::vector<Node> children;
  bool takes_model = false;
};

std::string LastWord(const std::string& path) { return path.substr(path.rfind(' ') + 1); }

// `outer`: the flags of the command around this one, which it takes too if it lets them fall through.
Node Describe(const CLI::App& app, const std::string& path, const std::vector<Flag>& outer) {
  Node node{.path = path, .description = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    Flag flag{.takes_value = option->get_type_size_max() != 0, .description = option->get_description()};
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    if (!flag.names.empty()) node.flags.push_back(std::move(flag));
    if (option->get_positional() && option->get_single_name() == "MODEL") node.takes_model = true;
  }
  if (app.get_fallthrough()) {
    for (const Flag& flag : outer) {
      const auto same = [&](const Flag& own) { return own.names == flag.names; };
      if (std::none_of(node.flags.begin(), node.flags.end(), same)) node.flags.push_back(flag);
    }
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_name().empty()) continue;
    node.children.push_back(
        Describe(*child, path.empty() ? child->get_name() : Concat(path, " ", child->get_name()), node.flags));
  }
  return node;
}

template <class Visit>
void Walk(const Node& node, const Visit& visit) {
  visit(node);
  for (const Node& child : node.children) Walk(child, visit);
}

// In single quotes, for any of the shells (fish, too, takes '\'' outside quotes the same way).
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c == '\n' ? ' ' : c;
    }
  }
  return quoted + "'";
}

std::string Names(const std::vector<Flag>& flags, bool only_with_value) {
  std::string names;
  for (const Flag& flag : flags) {
    if (only_with_value && !flag.takes_value) continue;
    for (const std::string& name : flag.names) Append(&names, names.empty() ? "" : " ", name);
  }
  return names;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) Append(&text, text.empty() ? "" : " ", word);
  return text;
}

// The longest known path among the words typed decides; after an option that takes a value come files.
std::string Bash(const Node& root, const std::vector<std::string>& models) {
  std::string commands, flags, values, with_model;
  Walk(root, [&](const Node& node) {
    std::vector<std::string> children;
    for (const Node& child : node.children) children.push_back(LastWord(child.path));
    Append(&commands, "    [", Quoted("@" + node.path), "]=", Quoted(Joined(children)), "\n");
    Append(&flags, "    [", Quoted("@" + node.path), "]=", Quoted(Names(node.flags, false)), "\n");
    Append(&values, "    [", Quoted("@" + node.path), "]=", Quoted(Names(node.flags, true)), "\n");
    if (node.takes_model) Append(&with_model, "    [", Quoted("@" + node.path), "]=1\n");
  });
  return Concat("# bash completion of partway; use: source <(partway completion bash)\n_partway() {\n  local -A commands=(\n",
                commands, "  )\n  local -A flags=(\n", flags, "  )\n  local -A values=(\n", values,
                "  )\n  local -A with_model=(\n", with_model, "  )\n",
                R"(  local word path= current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ " ${commands[@$path]} " == *" $word "* ]] && path=${path:+$path }$word
  done
  COMPREPLY=()
  if [[ $previous == -* && " ${values[@$path]} " == *" $previous "* ]]; then
    compopt -o default 2>/dev/null
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "${flags[@$path]}" -- "$current"))
  elif [[ -n ${commands[@$path]} ]]; then
    COMPREPLY=($(compgen -W "${commands[@$path]}" -- "$current"))
  else
    [[ -z ${with_model[@$path]} ]] || COMPREPLY=($(compgen -W )",
                Quoted(Joined(models)), R"( -- "$current"))
    compopt -o default 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -F _partway partway
)");
}

std::string Zsh(const Node& root, const std::vector<std::string>& models) {
  std::string cases;
  Walk(root, [&](const Node& node) {
    Append(&cases, "    ", Quoted(node.path), ")\n");
    std::string commands, flags;
    // A colon parts word from description in _describe.
    for (const Node& child : node.children) Append(&commands, " ", Quoted(Concat(LastWord(child.path), ":", child.description)));
    for (const Flag& flag : node.flags) {
      for (const std::string& name : flag.names) Append(&flags, " ", Quoted(Concat(name, ":", flag.description)));
    }
    Append(&cases, "      commands=(", commands, " )\n      flags=(", flags, " )\n      values=( ", Names(node.flags, true),
           " )\n");
    if (node.takes_model) Append(&cases, "      models=( ", Joined(models), " )\n");
    cases += "      ;;\n";
  });
  std::string paths;
  Walk(root, [&](const Node& node) { Append(&paths, " ", Quoted(node.path)); });
  return Concat("#compdef partway\n# zsh completion of partway; use: source <(partway completion zsh)\n_partway() {\n",
                "  local -a known=(", paths, " )\n", R"(  local -a commands flags values models
  local word at=
  for word in ${words[2,CURRENT-1]}; do
    (( ${known[(Ie)${at:+$at }$word]} )) && at=${at:+$at }$word
  done
  case $at in
)",
                cases, R"(  esac
  if (( ${values[(Ie)${words[CURRENT-1]}]} )); then
    _files
  elif [[ ${words[CURRENT]} == -* ]]; then
    _describe -o option flags
  elif (( ${#commands} )); then
    _describe command commands
  else
    (( ${#models} )) && compadd -a models
    _files
  fi
}
compdef _partway partway
)");
}

std::string Fish(const Node& root, const std::vector<std::string>& models) {
  std::string script = "# fish completion of partway; use: partway completion fish | source\n";
  Walk(root, [&](const Node& node) {
    // Words of the path all seen, none of the children yet.
    std::string when;
    for (size_t at = 0; at < node.path.size();) {
      const size_t end = std::min(node.path.find(' ', at), node.path.size());
      Append(&when, when.empty() ? "" : "; and ", "__fish_seen_subcommand_from ", node.path.substr(at, end - at));
      at = end + 1;
    }
    std::string none_yet;
    for (const Node& child : node.children) Append(&none_yet, " ", LastWord(child.path));
    std::string here = when;
    if (!none_yet.empty()) Append(&here, here.empty() ? "" : "; and ", "not __fish_seen_subcommand_from", none_yet);
    const std::string condition = here.empty() ? "" : Concat(" -n ", Quoted(here));
    for (const Node& child : node.children) {
      Append(&script, "complete -c partway -f", condition, " -a ", LastWord(child.path), " -d ", Quoted(child.description), "\n");
    }
    for (const Flag& flag : node.flags) {
      Append(&script, "complete -c partway", condition);
      for (const std::string& name : flag.names) {
        const bool is_long = name.size() > 2 && name[1] == '-';
        Append(&script, is_long ? " -l " : name.size() == 2 ? " -s " : " -o ", name.substr(is_long ? 2 : 1));
      }
      Append(&script, flag.takes_value ? " -r" : "", " -d ", Quoted(flag.description), "\n");
    }
    if (node.takes_model) Append(&script, "complete -c partway", condition, " -a ", Quoted(Joined(models)), "\n");
  });
  return script;
}

}   // namespace

absl::StatusOr<std::string> CompletionScript(const CLI::App& app, std::string_view shell,
                                             const std::vector<std::string>& models) {
  const Node root = Describe(app, "", {});
  if (shell == "bash") return Bash(root, models);
  if (shell == "zsh") return Zsh(root, models);
  if (shell == "fish") return Fish(root, models);
  return UsageError(Concat("SHELL is bash, zsh or fish, not '", shell, "'"));
}

}   // namespace partway::apps
