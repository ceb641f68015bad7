#include "app/gateway_process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "app/workbench.h"
#include "base/thread_name.h"
#include "cache/cache.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "crypto/master_key.h"
#include "crypto/rsa_key.h"
#include "crypto/secret_file.h"
#include "identity/admin_token.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kOAuthRefreshMs = 60'000;
constexpr int kTurnsAtEnd = 4;
constexpr std::int64_t kPolicyLoadMs = 30'000;
constexpr int kPolicyLookMs = 100;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::uint64_t random_number(Random& random) {
  std::uint64_t n = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&n), sizeof n});
  return n;
}

// Streams take two descriptors each: the soft limit is raised as far as the hard one lets us.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Every problem of one kind of file as one error, a line each.
Status failed_by(const std::vector<Problem>& problems) {
  if (!has_errors(problems)) return {};
  std::string text = format_problems(problems);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return Error(ErrorKind::kInvalid, std::move(text));
}

LogLevel level_of(const std::string& name) {
  return name == "debug" ? LogLevel::kDebug : name == "warn" ? LogLevel::kWarn : name == "error" ? LogLevel::kError
                                                                                              : LogLevel::kInfo;
}

}  // namespace

MapHooks GatewayProcess::map_hooks() {
  MapHooks hooks;
  hooks.check_private_key = [](std::string_view pem) -> Status {
    auto key = RsaPrivateKey::from_pem(pem);
    if (!key) return key.error();
    return {};
  };
  return hooks;
}

int GatewayProcess::worker_count() const {
  return settings_.workers > 0 ? settings_.workers : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Result<std::unique_ptr<GatewayProcess>> GatewayProcess::start(Settings settings, const Clock& clock) {
  std::unique_ptr<GatewayProcess> process(new GatewayProcess(std::move(settings), clock));
  if (Status opened = process->open(); !opened) return opened.error();
  return process;
}

Status GatewayProcess::open() {
  raise_file_limit();
  started_ms_ = clock_.mono_ms();
  using Step = Status (GatewayProcess::*)();
  for (const Step step : {&GatewayProcess::open_logs, &GatewayProcess::open_state, &GatewayProcess::open_money,
                          &GatewayProcess::start_simulator, &GatewayProcess::make_map_file, &GatewayProcess::load_map_file,
                          &GatewayProcess::open_tls, &GatewayProcess::open_workers, &GatewayProcess::connect_workers, &GatewayProcess::open_live,
                          &GatewayProcess::open_conversations, &GatewayProcess::open_listeners}) {
    if (Status status = (this->*step)(); !status) return status;
  }
  for (WorkerPart& part : workers_) part.thread = std::thread([this, &part] { run_worker(part); });
  for (const Step step : {&GatewayProcess::load_policy, &GatewayProcess::start_money, &GatewayProcess::start_roll, &GatewayProcess::open_control,
                          &GatewayProcess::write_run_files}) {
    if (Status status = (this->*step)(); !status) return status;
  }
  start_watching();
  gateway_->ready.store(true);
  logger_->info("ready", {{"http", addresses_.http},
                          {"https", addresses_.https},
                          {"control", addresses_.control},
                          {"version", MOONGATE_VERSION}});
  return {};
}

GatewayProcess::~GatewayProcess() {
  if (conversations_) conversations_->shut();
  control_.reset();
  roll_.reset();
  live_.reset();
  for (WorkerPart& part : workers_) {
    if (part.thread.joinable()) {
      part.worker->drain(0);
      part.thread.join();
    }
  }
  conversations_.reset();
  state_.reset();  // after the last request has been settled
}

std::string GatewayProcess::path_in_data(const std::string& path) const {
  return (fs::path(settings_.data_dir) / path).string();
}

Status GatewayProcess::open_logs() {
  auto errors = open_line_sink(settings_.log.error);
  if (!errors) return errors.error();
  error_sink_ = std::move(*errors);
  auto access = open_line_sink(settings_.log.access);
  if (!access) return access.error();
  access_sink_ = std::move(*access);
  logger_ = std::make_unique<Logger>(*error_sink_, clock_, level_of(settings_.log.level));
  return {};
}

Status GatewayProcess::open_state() {
  if (Status made = create_private_directory(settings_.data_dir); !made) return made;
  auto key = load_master_key(settings_.data_dir, environment("MOONGATE_MASTER_KEY"));
  if (!key) return key.error();
  master_key_ = std::move(*key);
  auto store = open_store(settings_.store.url, settings_.data_dir, clock_.unix_seconds(),
                          {settings_.store.auto_migrate, settings_.store.connections, settings_.store.ca_file});
  if (!store) return store.error();
  store_ = std::move(*store);
  auto token = ensure_admin_token(*store_, random_);
  if (!token) return token.error();
  new_admin_token_ = std::move(*token);

  OAuthSettings oauth;
  oauth.public_url = settings_.oauth.public_url;
  oauth.universe_domain = settings_.oauth.universe_domain;
  oauth.access_token_s = settings_.oauth.access_token_s;
  oauth.clock_skew_s = settings_.oauth.clock_skew_s;
  oauth.rotate_refresh_tokens = settings_.oauth.rotate_refresh_tokens;
  oauth.signing_key_days = settings_.oauth.signing_key_days;
  oauth.demo_client = settings_.oauth.demo_client;
  oauth_ = std::make_unique<OAuthService>(*store_, clock_, random_, *logger_, oauth, master_key_,
                                          OAuthService::Publisher());
  return oauth_->start();
}

Status GatewayProcess::start_simulator() {
  ambient_.anthropic_api_key = environment("ANTHROPIC_API_KEY");
  ambient_.gemini_api_key = environment("GEMINI_API_KEY");
  ambient_.google_application_credentials = environment("GOOGLE_APPLICATION_CREDENTIALS");
  if (settings_.simulator.mode != "auto") return {};
  Simulator::Options options;
  options.listen = settings_.simulator.listen;
  options.clock = &clock_;
  options.log = logger_.get();
  auto simulator = Simulator::start(options);
  if (!simulator) return simulator.error();
  simulator_ = std::move(*simulator);
  addresses_.simulator = simulator_->address();
  auto endpoint = parse_endpoint(simulator_->url());
  if (!endpoint) return endpoint.error();
  ambient_.simulator = *endpoint;
  ambient_.simulator_private_key_pem = simulator_->service_account_private_key_pem();
  return {};
}

// The first start finds no map: it makes one with a client of its own, so that there is something to call with.
Status GatewayProcess::make_map_file() {
  std::error_code ec;
  if (fs::exists(settings_.map.file, ec)) return {};
  if (Status written = write_secret_file(settings_.map.file, demo_map("mg-demo-" + random_token(random_, 32))); !written) {
    return written.error().wrap("cannot make the map file " + settings_.map.file);
  }
  map_was_made_ = true;
  return {};
}

Status GatewayProcess::load_map_file() {
  index_key_ = random_sip_key();
  std::vector<Problem> problems;
  auto map = load_map(settings_, ambient_, ++map_generation_, problems, map_hooks());
  if (Status status = failed_by(problems); !status) return status;
  for (const Problem& problem : problems) logger_->warn("configuration", {{"problem", problem.format()}});
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->settings = std::make_shared<const Settings>(settings_);
  snapshot->map = map;
  snapshot->clients = std::make_shared<const ClientIndex>(map, index_key_);
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = std::move(snapshot);
  return {};
}

Status GatewayProcess::open_tls() {
  if (settings_.listen.https.empty()) return {};
  TlsServer::Options options{settings_.tls.certificate, settings_.tls.key, settings_.tls.min_version == "1.3"};
  if (options.certificate_file.empty()) {
    auto made = ensure_server_certificate(path_in_data("tls"), local_server_names(), clock_.unix_seconds());
    if (!made) return made.error();
    options.certificate_file = made->certificate.string();
    options.key_file = made->key.string();
  }
  auto server = TlsServer::create(options);
  if (!server) return server.error();
  tls_ = std::move(*server);
  certificate_file_ = options.certificate_file;
  tls_watch_.add_file(options.certificate_file);
  tls_watch_.add_file(options.key_file);
  return {};
}

Status GatewayProcess::open_workers() {
  inner_tokens_ = std::make_unique<InnerTokens>(random_);
  const int count = worker_count();
  dicts_ = std::make_unique<SharedDicts>(static_cast<std::size_t>(settings_.cache.memory_entries), 16u << 20, clock_,
                                         random_number(random_));
  tokens_ = std::make_unique<TokenSource>(clock_, *logger_);
  tokens_->share(SealedBox::derive(master_key_.reveal(), "account-tokens"), random_);
  metrics_ = std::make_unique<Metrics>(count);
  gateway_.reset(new Gateway{clock_, *logger_, *resolver_, *tokens_, *access_sink_, *metrics_, settings_, tls_.get(), {}});
  upstreams_ = std::make_unique<UpstreamState>(
      clock_, *logger_, AccountHealth::Options{settings_.upstream.circuit_failures, settings_.upstream.circuit_open_ms});
  gateway_->upstreams = upstreams_.get();
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::uint64_t n = random_number(random_), i = 0; i < 10; ++i, n >>= 4) gateway_->id_prefix += kHex[n & 15];
  watchdog_ = std::make_unique<Watchdog>(settings_.policy.hook_budget_ms);

  workers_.resize(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    WorkerPart& part = workers_[static_cast<std::size_t>(i)];
    part.worker = std::make_unique<Worker>(*gateway_, i);
    auto services = WorkerServices::create(*part.worker, {*gateway_, random_, *dicts_, *caches_, oauth_->verifier(), *limits_, &state_->keys(), state_->ask_store(), inner_tokens_.get()}, snapshot_);
    if (!services) return services.error();
    part.services = std::move(*services);
  }
  return {};
}

Status GatewayProcess::open_listeners() {
  const auto listen = [this](const std::string& text, std::string_view setting, bool tls, std::string& bound) -> Status {
    if (text.empty()) return {};
    auto address = parse_address(text);
    if (!address) return address.error();
    // Without SO_REUSEPORT first: with it, a second gateway would quietly share the port.
    if (address->port() != 0) {
      auto probe = listen_on(*address, 1, false, setting);
      if (!probe) return probe.error();
      ::close(*probe);
    }
    for (WorkerPart& part : workers_) {
      auto fd = listen_on(*address, settings_.listen.backlog, true, setting);
      if (!fd) return fd.error();
      *address = local_address(*fd);  // the others get the port that the first was given
      part.worker->add_listener(*fd, tls);
    }
    bound = address->text();
    return {};
  };
  if (Status status = listen(settings_.listen.http, "listen.http", false, addresses_.http); !status) return status;
  return listen(settings_.listen.https, "listen.https", true, addresses_.https);
}

void GatewayProcess::run_worker(WorkerPart& part) {
  name_this_thread("worker-" + std::to_string(part.worker->index));
  part.watched = watchdog_->watch_this_thread();
  part.worker->run();
  part.candidate.reset();
  part.worker->drop_phases();  // before the watched thread that its VM is tied to
  part.watched.reset();
  part.services->let_go_of_cache();
  for (int i = 0; i < kTurnsAtEnd; ++i) part.worker->reactor.turn(0);  // what ran behind the cache ends
}

Status GatewayProcess::load_policy() {
  auto source = PolicySource::read(settings_.policy.dir);
  if (!source) return source.error();
  return load_policy(*source, {});
}

Status GatewayProcess::load_policy(std::shared_ptr<const PolicySource> source, const std::function<Status()>& then) {
  const VmOptions options = vm_options_of(settings_);
  std::vector<std::future<Status>> loaded;
  for (WorkerPart& part : workers_) {
    auto promise = std::make_shared<std::promise<Status>>();
    loaded.push_back(promise->get_future());
    part.worker->reactor.post([&part, options, promise, source] {
      auto phases = LuaPhases::load(source, options, part.watched.get(), *part.services);
      Status status;
      if (phases) part.candidate = std::move(*phases);
      else status = phases.error();
      promise->set_value(std::move(status));
    });
  }
  Status first;
  const std::int64_t deadline = clock_.mono_ms() + kPolicyLoadMs;
  for (auto& each : loaded) {
    // A worker that ends, or is kept busy for ever, answers never.
    while (each.wait_for(std::chrono::milliseconds(kPolicyLookMs)) != std::future_status::ready &&
           clock_.mono_ms() < deadline && !gateway_->draining.load()) {
    }
    const bool answered = each.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    Status status = answered ? each.get() : Error(ErrorKind::kUnavailable, "a worker did not load the policy in time");
    if (first && !status) first = std::move(status);
  }
  if (first && then) first = then();
  if (first) {
    const std::lock_guard lock(snapshot_mutex_);
    policy_ = source;
  }
  for (WorkerPart& part : workers_) {
    part.worker->reactor.post([&part, take = first.ok()] {
      if (take) part.worker->set_phases(std::move(part.candidate));
      part.candidate.reset();
    });
  }
  return first;
}

// For whoever started us and did not choose the ports: scripts, tests.
Status GatewayProcess::write_run_files() {
  const std::string ports = "{\"http\":\"" + addresses_.http + "\",\"https\":\"" + addresses_.https +
                            "\",\"control\":\"" + addresses_.control + "\",\"simulator\":\"" + addresses_.simulator +
                            "\",\"pid\":" + std::to_string(getpid()) + "}\n";
  if (new_admin_token_) {
    if (Status s = write_secret_file(path_in_data("run/admin-token"), new_admin_token_->reveal() + "\n"); !s) return s;
  } else {
    std::error_code ec;
    fs::remove(path_in_data("run/admin-token"), ec);  // it was there to be fetched once
  }
  return write_secret_file(path_in_data("run/ports.json"), ports);
}

void GatewayProcess::start_watching() {
  map_watch_.add_file(settings_.map.file);
  map_watch_.add_folder(settings_.map.credentials_dir, ".json");
  policy_watch_.add_folder(settings_.policy.dir, ".lua");
  map_watch_.changed();  // the first look only notes what is there
  policy_watch_.changed();
  tls_watch_.changed();
  state_->admin().keep_found_versions();
}

void GatewayProcess::reload(bool force) {
  const std::lock_guard lock(reload_mutex_);
  if (clock_.mono_ms() - oauth_refresh_ms_ > kOAuthRefreshMs) {
    oauth_refresh_ms_ = clock_.mono_ms();
    refresh_identities();
  }
  take_over_accounts();
  state_->reload_prices(force);
  bool by_hand = false;
  if (map_watch_.changed() || force) by_hand = reload_map().ok();
  if (policy_watch_.changed() || force) by_hand = reload_policy().ok() || by_hand;
  if (by_hand) state_->admin().keep_found_versions();
  if ((tls_watch_.changed() || force) && tls_) {
    Status status = tls_->reload();
    metrics_->count_reload("certificate", status.ok());
    if (status) {
      logger_->info("TLS certificate loaded", {});
    } else {
      ++reloads_failed_;
      logger_->error("the TLS certificate was not taken over; the old one keeps serving",
                     {{"reason", status.error().describe()}});
    }
  }
}

Status GatewayProcess::reload_map() {
  if (Status status = load_map_file(); !status) {
    ++reloads_failed_;
    metrics_->count_reload("map", false);
    logger_->error("the map was not taken over; the old one keeps serving", {{"reason", status.error().describe()}});
    return status;
  }
  upstreams_->health.forgive();  // the operator has looked at the accounts
  for (WorkerPart& part : workers_) {
    part.worker->reactor.post([&part, snapshot = snapshot_] { part.services->set_snapshot(snapshot); });
  }
  ++reloads_done_;
  metrics_->count_reload("map", true);
  logger_->info("map loaded", {{"clients", snapshot_->map->clients.size()},
                               {"accounts", snapshot_->map->accounts.size()}});
  return {};
}

Status GatewayProcess::reload_policy() { return told_policy(load_policy()); }

Status GatewayProcess::told_policy(Status status) {
  metrics_->count_reload("policy", status.ok());
  if (status) {
    ++reloads_done_;
    logger_->info("policy loaded", {{"dir", settings_.policy.dir}});
  } else {
    ++reloads_failed_;
    logger_->error("the policy was not taken over; the old one keeps serving", {{"reason", status.error().describe()}});
  }
  return status;
}

void GatewayProcess::drain() {
  gateway_->ready.store(false);
  gateway_->draining.store(true);
  logger_->info("draining", {{"running_requests", gateway_->exchanges.load()},
                             {"deadline_ms", settings_.timeouts.drain_ms}});
  for (WorkerPart& part : workers_) part.worker->drain(settings_.timeouts.drain_ms);
  for (WorkerPart& part : workers_) part.thread.join();
  if (conversations_) conversations_->shut();
  control_.reset();
  roll_.reset();
  conversations_.reset();
  state_.reset();
  simulator_.reset();
  logger_->info("stopped", {});
  access_sink_->flush();
  error_sink_->flush();
}

void GatewayProcess::reopen_logs() {
  error_sink_->reopen();
  access_sink_->reopen();
}

std::vector<Sample> GatewayProcess::samples() const {
  const TokenSource::Counts tokens = tokens_->counts();
  const CacheCounters cache = caches_->counters();
  const auto number = [](auto n) { return static_cast<double>(n); };
  std::vector<Sample> samples = {
      {"moongate_ready", "1 when requests are served.", "gauge", number(gateway_->ready.load() ? 1 : 0)},
      {"moongate_running_requests", "Requests being answered.", "gauge", number(gateway_->exchanges.load())},
      {"moongate_token_mints_total{result=\"ok\"}", "Access tokens asked of Google for accounts.", "counter",
       number(tokens.minted)},
      {"moongate_token_mints_total{result=\"failed\"}", "", "counter", number(tokens.failed)},
      {"moongate_token_mints_total{result=\"shared\"}", "", "counter", number(tokens.shared)},
      {"moongate_tokens_refused_total", "Access tokens dropped because an upstream refused them.", "counter",
       number(tokens.dropped)},
      {"moongate_account_troubles{state=\"cooling\"}", "Accounts, or models of theirs, that are not asked now.", "gauge",
       number(upstreams_->health.count(Fitness::kCooling))},
      {"moongate_account_troubles{state=\"unreachable\"}", "", "gauge", number(upstreams_->health.count(Fitness::kOpen))},
      {"moongate_account_troubles{state=\"disabled\"}", "", "gauge", number(upstreams_->health.count(Fitness::kDisabled))},
      {"moongate_cache_commands_total", "Commands to Redis.", "counter", number(cache.commands)},
      {"moongate_cache_errors_total", "Commands to Redis that failed.", "counter", number(cache.failures)},
      {"moongate_cache_timeouts_total", "Those that failed because Redis was slower than cache.timeout_ms.", "counter",
       number(cache.timeouts)},
      {"moongate_cache_reconnects_total", "Connections to Redis made after a worker's first.", "counter",
       number(cache.reconnects)},
      {"moongate_cache_connections", "Workers whose connection to Redis is up.", "gauge", number(cache.connected)},
      {"moongate_cache_entries", "Entries of the in-process cache.", "gauge", number(cache.entries)},
      {"moongate_cache_bytes", "Memory of the in-process cache.", "gauge", number(cache.bytes)},
      {"moongate_cache_evictions_total", "Live entries of the in-process cache that had to make room.", "counter",
       number(cache.evictions)},
      {"moongate_log_lines_dropped_total{log=\"access\"}", "Batches of log lines dropped because the writer was behind.",
       "counter", number(access_sink_->dropped())},
      {"moongate_log_lines_dropped_total{log=\"error\"}", "", "counter", number(error_sink_->dropped())},
  };
  for (Sample& each : state_->samples()) samples.push_back(each);
  add_limit_samples(samples);
  if (conversations_) conversations_->add_samples(samples);
  return samples;
}

std::string GatewayProcess::detail() const {
  return "\"workers\":" + std::to_string(workers_.size()) + ",\"cache\":\"" + caches_->describe() +
         "\",\"reloads\":{\"ok\":" + std::to_string(reloads_done_.load()) + ",\"failed\":" + std::to_string(reloads_failed_.load()) + "}," + state_->detail();
}

}  // namespace moongate
