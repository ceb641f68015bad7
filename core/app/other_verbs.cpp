#include "app/other_verbs.h"

#include <cstdio>
#include <filesystem>

#include "app/workbench.h"
#include "config/check.h"
#include "crypto/rsa_key.h"
#include "identity/admin_token.h"
#include "meter/price_file.h"
#include "script/lua_phases.h"
#include "script/policy_test.h"
#include "store/store.h"

namespace moongate {
namespace {

Status check_policy(const Settings& settings, std::shared_ptr<const MapConfig> map) {
  auto source = PolicySource::read(settings.policy.dir);
  if (!source) return source.error();
  auto errors = open_line_sink("stderr");
  if (!errors) return errors.error();
  auto bench = Workbench::make(settings, std::move(map), **errors);
  if (!bench) return bench.error();
  auto phases = LuaPhases::load(*source, vm_options_of(settings), (*bench)->watched(), (*bench)->services());
  if (!phases) return phases.error();
  return {};
}

AmbientCredentials ambient_credentials() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::string() : std::string(text);
  };
  AmbientCredentials ambient;
  ambient.anthropic_api_key = value("ANTHROPIC_API_KEY");
  ambient.gemini_api_key = value("GEMINI_API_KEY");
  ambient.google_application_credentials = value("GOOGLE_APPLICATION_CREDENTIALS");
  return ambient;
}

}  // namespace

int run_check(const CommandLine& command) {
  MapHooks hooks;
  hooks.check_private_key = [](std::string_view pem) -> Status {
    auto key = RsaPrivateKey::from_pem(pem);
    if (!key) return key.error();
    return {};
  };
  const CheckReport report = check_configuration(command.sources, ambient_credentials(), hooks);
  std::fputs(format_problems(report.problems).c_str(), stdout);
  int exit_status = report.exit_status();
  if (Status policy = check_policy(report.settings, report.map); !policy) {
    std::printf("error: %s\n", policy.error().describe().c_str());
    exit_status = 1;
  }
  std::vector<Problem> prices;
  const std::string& price_file = report.settings.billing.prices;
  std::error_code ignored;
  if (std::filesystem::exists(price_file, ignored) || price_file != Settings().billing.prices) {
    load_price_file(price_file, prices);
    std::fputs(format_problems(prices).c_str(), stdout);
    if (has_errors(prices)) exit_status = 1;
  }
  if (exit_status == 0) std::puts("Settings, map, credentials, policy and prices are in order.");
  return exit_status;
}

int run_admin_token(const CommandLine& command) {
  std::vector<Problem> problems;
  const Settings settings = load_settings(command.sources, problems);
  std::fputs(format_problems(problems).c_str(), stderr);
  if (has_errors(problems)) return 1;
  const SystemClock clock;
  SystemRandom random;
  auto store = open_store(settings.store.url, settings.data_dir, clock.unix_seconds(),
                          {settings.store.auto_migrate, settings.store.connections, settings.store.ca_file});
  if (!store) {
    std::fprintf(stderr, "moongate: %s\n", store.error().describe().c_str());
    return 1;
  }
  auto token = replace_admin_token(**store, random);
  if (!token) {
    std::fprintf(stderr, "moongate: %s\n", token.error().describe().c_str());
    return 1;
  }
  std::puts(token->reveal().c_str());
  return 0;
}

int run_policy_test(const CommandLine& command) {
  std::vector<Problem> problems;
  const Settings settings = load_settings(command.sources, problems);
  std::fputs(format_problems(problems).c_str(), stderr);
  if (has_errors(problems)) return 1;
  return run_policy_tests(settings.policy.dir, command.policy_test_files);
}

}  // namespace moongate
