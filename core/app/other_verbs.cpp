#include "app/other_verbs.h"

#include <cstdio>
#include <filesystem>

#include "app/worker_services.h"
#include "config/check.h"
#include "crypto/rsa_key.h"
#include "identity/admin_token.h"
#include "meter/price_file.h"
#include "script/lua_phases.h"
#include "script/policy_test.h"
#include "script/vm/watchdog.h"
#include "store/store.h"

namespace moongate {
namespace {

// A worker that never runs: what a policy needs to be loaded and looked at.
class Workbench {
 public:
  static Result<std::unique_ptr<Workbench>> make(const Settings& settings, std::shared_ptr<const MapConfig> map) {
    auto errors = open_line_sink("stderr");
    if (!errors) return errors.error();
    auto bench = std::unique_ptr<Workbench>(new Workbench(settings, std::move(*errors)));
    CacheOptions options;
    auto caches = open_cache("memory://", options, bench->resolver_, nullptr);
    if (!caches) return caches.error();
    bench->caches_ = std::move(*caches);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->settings = std::make_shared<const Settings>(settings);
    snapshot->map = map ? std::move(map) : std::make_shared<const MapConfig>();
    snapshot->clients = std::make_shared<const ClientIndex>(snapshot->map, random_sip_key());
    auto services = WorkerServices::create(
        bench->worker_, {bench->gateway_, bench->random_, bench->dicts_, *bench->caches_, bench->verifier_, bench->limits_},
        std::move(snapshot));
    if (!services) return services.error();
    bench->services_ = std::move(*services);
    bench->watched_ = bench->watchdog_.watch_this_thread();
    return bench;
  }

  ScriptServices& services() { return *services_; }
  WatchedThread* watched() { return watched_.get(); }

 private:
  Workbench(const Settings& settings, std::unique_ptr<LineSink> errors)
      : settings_(settings),
        errors_(std::move(errors)),
        logger_(*errors_, clock_, LogLevel::kWarn),
        resolver_(clock_),
        tokens_(clock_, logger_),
        metrics_(1),
        gateway_{clock_, logger_, resolver_, tokens_, *errors_, metrics_, settings_, nullptr, "check"},
        dicts_(10'000, 4u << 20, clock_, 1),
        verifier_(SealedBox::derive("check", "check"), {}, 0),
        worker_(gateway_, 0),
        watchdog_(settings.policy.hook_budget_ms) {}

  Settings settings_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<LineSink> errors_;
  Logger logger_;
  Resolver resolver_;
  TokenSource tokens_;
  Metrics metrics_;
  Gateway gateway_;
  SharedDicts dicts_;
  TokenVerifier verifier_;
  LimitBook limits_{clock_};
  std::unique_ptr<CacheFactory> caches_;
  Worker worker_;
  Watchdog watchdog_;
  std::unique_ptr<WatchedThread> watched_;
  std::unique_ptr<WorkerServices> services_;
};

VmOptions vm_options(const Settings& settings) {
  VmOptions options;
  options.memory_bytes = static_cast<std::size_t>(settings.policy.memory_mb) << 20;
  options.ffi = settings.policy.ffi;
  return options;
}

Status check_policy(const Settings& settings, std::shared_ptr<const MapConfig> map) {
  auto source = PolicySource::read(settings.policy.dir);
  if (!source) return source.error();
  auto bench = Workbench::make(settings, std::move(map));
  if (!bench) return bench.error();
  auto phases = LuaPhases::load(*source, vm_options(settings), (*bench)->watched(), (*bench)->services());
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
