#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <cstring>

namespace moongate {

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

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& outcome) {
    command.verb = Verb::kExit;
    command.exit_status = app.exit(outcome) == 0 ? 0 : 2;
    return command;
  }
  for (char** each = environment; *each != nullptr; ++each) {
    const char* equals = std::strchr(*each, '=');
    if (equals == nullptr || std::strncmp(*each, "MOONGATE_", 9) != 0 ||
        std::strncmp(*each, "MOONGATE_MASTER_KEY=", 20) == 0) {
      continue;  // the key is no setting: it would be shown with them
    }
    command.sources.environment.emplace_back(std::string(*each, static_cast<std::size_t>(equals - *each)), std::string(equals + 1));
  }
  return command;
}

}  // namespace moongate
