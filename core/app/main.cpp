// The program's entry: which verb, and the signals of a serving process.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "app/banner.h"
#include "app/command_line.h"
#include "app/gateway_process.h"
#include "app/other_verbs.h"
#include "config/check.h"

extern char** environ;

namespace moongate {
namespace {

int fail(const std::string& message) {
  std::fprintf(stderr, "moongate: %s\n", message.c_str());
  return 1;
}

int serve(const CommandLine& command) {
  std::vector<Problem> problems;
  Settings settings = load_settings(command.sources, problems);
  if (!problems.empty()) std::fputs(format_problems(problems).c_str(), stderr);
  if (has_errors(problems)) return 1;

  // Signals come to this thread alone, in the loop below; threads made from here on inherit the mask.
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&wanted, each);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);

  static SystemClock clock;
  auto process = GatewayProcess::start(std::move(settings), clock);
  if (!process) return fail(process.error().describe());
  std::fputs(banner(**process).c_str(), stdout);
  std::fflush(stdout);

  const int look_ms = (*process)->settings().reload_ms;
  const timespec pause{look_ms > 0 ? look_ms / 1000 : 3600, look_ms % 1000 * 1'000'000L};
  for (;;) {
    switch (sigtimedwait(&wanted, nullptr, &pause)) {
      case SIGHUP: (*process)->reload(true); break;
      case SIGUSR1: (*process)->reopen_logs(); break;
      case SIGINT:
      case SIGTERM: {
        // A second one means now.
        struct sigaction at_once{};
        at_once.sa_handler = [](int) { _exit(130); };
        sigaction(SIGINT, &at_once, nullptr);
        sigaction(SIGTERM, &at_once, nullptr);
        pthread_sigmask(SIG_UNBLOCK, &wanted, nullptr);
        (*process)->drain();
        return 0;
      }
      default:
        if (look_ms > 0) (*process)->reload(false);
    }
  }
}

}  // namespace
}  // namespace moongate

int main(int argc, char** argv) {
  using namespace moongate;
  const CommandLine command = parse_command_line(argc, argv, environ);
  switch (command.verb) {
    case CommandLine::Verb::kServe: return serve(command);
    case CommandLine::Verb::kCheck: return run_check(command);
    case CommandLine::Verb::kPolicyTest: return run_policy_test(command);
    case CommandLine::Verb::kAdminToken: return run_admin_token(command);
    case CommandLine::Verb::kAdmin: return run_admin_verb(command.admin_verb, command.words);
    case CommandLine::Verb::kStore: return command.store_verb(command.store_words);
    case CommandLine::Verb::kSimulator: return run_simulator({"--listen", command.simulator_listen});
    case CommandLine::Verb::kPrintConfig: std::fputs(render_settings_file().c_str(), stdout); return 0;
    case CommandLine::Verb::kVersion: std::puts("moongate " MOONGATE_VERSION); return 0;
    case CommandLine::Verb::kExit: return command.exit_status;
  }
  return 2;
}
