#include "app/command_line.h"

#include <CLI/CLI.hpp>

#include "app/admin_verbs_grammar.h"

namespace moongate {
namespace {

// Variables that are no settings: secrets, which would be shown with them, and the command line's own.
constexpr std::string_view kMasterKey = "MOONGATE_MASTER_KEY", kNewMasterKey = "MOONGATE_NEW_MASTER_KEY", kAdminToken = "MOONGATE_ADMIN_TOKEN", kUrl = "MOONGATE_URL";

void read_environment(char** environment, CommandLine& command) {
  for (char** each = environment; *each != nullptr; ++each) {
    const std::string_view pair = *each;
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || !pair.starts_with("MOONGATE_")) continue;
    const std::string_view name = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (name == kMasterKey || name == kNewMasterKey) continue;
    if (name == kAdminToken) {
      if (command.words.access.token.empty()) command.words.access.token = Secret(std::string(value));
    } else if (name == kUrl) {
      if (command.words.access.url.empty()) command.words.access.url = value;
    } else {
      command.sources.environment.emplace_back(name, value);
    }
  }
  command.words.access.sources = command.sources;
  command.store_words.sources = command.sources;
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv, char** environment) {
  CommandLine command;
  CLI::App app("Moongate: a scriptable gateway for AI APIs (Claude, Gemini, Vertex AI)", "moongate");
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.add_option("--config", command.sources.file, "settings file (default: conf/moongate.yaml if it is there)");
  app.add_option("--set", command.sources.sets, "one setting, key=value; beats the environment and the file")
      ->allow_extra_args(false);
  app.footer("Every setting: conf/moongate.yaml. As an environment variable, listen.http is MOONGATE_LISTEN_HTTP.");

  using Verb = CommandLine::Verb;
  app.add_subcommand("serve", "run the gateway (the default)");
  app.add_subcommand("check", "check settings, map, credentials and policy; exit status 1 if something is wrong")
      ->callback([&] { command.verb = Verb::kCheck; });
  app.add_subcommand("version", "print the version")->callback([&] { command.verb = Verb::kVersion; });
  app.add_subcommand("config", "print every setting with its default, as conf/moongate.yaml has it")
      ->callback([&] { command.verb = Verb::kPrintConfig; });
  app.add_subcommand("admin-token", "make a new admin token; the one before stops working")
      ->callback([&] { command.verb = Verb::kAdminToken; });
  auto* simulator = app.add_subcommand("simulator", "run the simulated AI upstream alone");
  simulator->add_option("--listen", command.simulator_listen, "host:port")->capture_default_str();
  simulator->callback([&] { command.verb = Verb::kSimulator; });
  auto* policy = app.add_subcommand("policy", "work with the Lua policy");
  policy->require_subcommand(1);
  auto* test = policy->add_subcommand("test", "run the policy's tests (lua/spec)");
  test->add_option("files", command.policy_test_files, "test files; all of them when none is given");
  test->callback([&] { command.verb = Verb::kPolicyTest; });
  add_admin_grammar(app, command);
  add_store_grammar(app, command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& outcome) {
    command.verb = Verb::kExit;
    command.exit_status = app.exit(outcome) == 0 ? 0 : 2;
    return command;
  }
  read_environment(environment, command);
  return command;
}

}  // namespace moongate
