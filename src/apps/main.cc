// partway: parses the command line, runs one verb, prints one line if it failed.
#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "apps/verb.h"
#include "base/text.h"
#include "base/version.h"

namespace partway::apps {
namespace {

std::string OwnPath() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<size_t>(n)) : "partway";
}

std::string CommandLine(int argc, char** argv) {
  std::string line = "partway";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$&|;<>()*?") == std::string::npos;
    Append(&line, " ", plain ? word : Concat("'", word, "'"));
  }
  return line;
}

// One line on stderr, whatever the message holds.
int Fail(const std::string& message, int code) {
  std::string line = message;
  for (char& c : line) {   // control characters would do as they like with the terminal
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  std::cerr << "partway: " << line << "\n";
  return code;
}

// With stdout or stderr closed, the next file or socket that is opened would take its number and receive what is printed. A
// descriptor that cannot be written holds the place instead.
void HoldStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDONLY) != fd) ::_exit(kExitFailed);
  }
}

// Ends with `code` if all that was printed went out. printf and cout share one buffer, whose earlier failures only stdio knows.
int Flushed(int code) {
  std::cout.flush();
  if (!std::cout || std::ferror(stdout) != 0) return Fail("cannot write the output: stdout is closed or full", kExitFailed);
  return code;
}

std::string NoVerb(const std::string& word) {
  std::string text = Concat("no verb '", word, "'; there are help");
  for (const Verb& verb : Verbs()) Append(&text, ", ", verb.name);
  return text;
}

int Run(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  HoldStandardStreams();
  CLI::App app{"Runs a vision network part of the way on a device and the rest on an edge server.", "partway"};
  app.set_version_flag("--version", Concat("partway ", kVersion, " (", kCommit, ")"));
  app.require_subcommand(0, 1);
  Globals globals;
  globals.command_line = CommandLine(argc, argv);
  globals.program = OwnPath();

  std::vector<std::pair<CLI::App*, VerbBody>> bodies;
  for (const Verb& verb : Verbs()) {
    CLI::App* command = app.add_subcommand(verb.name, verb.summary);
    command->footer(Concat("Example:\n  ", verb.example));
    command->add_flag("--json", globals.json, "print exactly one JSON document on stdout");
    command->add_flag("--quiet", globals.quiet, "no progress on stderr");
    command->add_option("--log-level", globals.log_level, "what goes to stderr: debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    bodies.emplace_back(command, verb.make(*command));
  }
  std::string help_verb;
  CLI::App* help = app.add_subcommand("help", "show the help of a verb");
  help->add_option("VERB", help_verb, "the verb");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return Flushed(app.exit(e));
  } catch (const CLI::CallForAllHelp& e) {
    return Flushed(app.exit(e));
  } catch (const CLI::CallForVersion& e) {
    return Flushed(app.exit(e));
  } catch (const CLI::ParseError& e) {
    // What is not known comes first: it may be the missing argument or the verb, mistyped.
    const std::vector<std::string> unknown = app.remaining(true);
    std::string message = e.what();
    if (!unknown.empty()) {
      const bool verb = app.get_subcommands().empty() && !unknown.front().starts_with("-");
      message = verb ? NoVerb(unknown.front()) : Concat("The following argument was not expected: ", unknown.front());
    }
    const auto begun = app.get_subcommands();
    const bool verb = !begun.empty() && begun.front() != help;
    return Fail(Concat(message, " (see partway ", verb ? Concat("help ", begun.front()->get_name()) : "--help", ")"), kExitUsage);
  }

  if (help->parsed() && !help_verb.empty()) {
    for (auto& [command, body] : bodies) {
      if (command->get_name() == help_verb) {
        std::cout << command->help("partway");
        return Flushed(kExitDone);
      }
    }
    if (help_verb == "help") {
      std::cout << help->help("partway");
      return Flushed(kExitDone);
    }
    return Fail(Concat(NoVerb(help_verb), " (see partway --help)"), kExitUsage);
  }
  for (auto& [command, body] : bodies) {
    if (!command->parsed()) continue;
    const absl::StatusOr<int> result = body(globals);
    if (result.ok()) return Flushed(*result);
    std::cout.flush();
    const std::string message(result.status().message());
    return Fail(message, IsUsageError(result.status()) ? kExitUsage : kExitFailed);
  }
  std::cout << app.help();
  return Flushed(help->parsed() || argc == 1 ? kExitDone : kExitUsage);
}

}   // namespace

}   // namespace partway::apps

int main(int argc, char** argv) {
  try {
    return partway::apps::Run(argc, argv);
  } catch (const std::exception& e) {   // no memory, or a library's: our own errors are values
    return partway::apps::Fail(e.what(), partway::apps::kExitFailed);
  }
}
