// The gateway's part for operators: map, policy and accounts by the admin API.
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <future>
#include <latch>
#include <set>
#include <thread>

#include "app/account_trial.h"
#include "app/gateway_process.h"
#include "app/what_if.h"
#include "config/file_read.h"
#include "crypto/certificate.h"
#include "crypto/sealed_box.h"
#include "http/api_reply.h"
#include "script/policy_check.h"

namespace moongate {
namespace {
constexpr std::int64_t kDayS = 86'400;
constexpr std::chrono::seconds kLongestTrial{30};
constexpr std::int64_t kWorkersMs = 5'000;

Task<void> tell(Task<AccountTest> trial, std::shared_ptr<std::promise<AccountTest>> promise) {
  promise->set_value(co_await std::move(trial));
}

// Those that need tokens, each credential once.
std::vector<std::shared_ptr<const Account>> google_accounts(const MapConfig& map) {
  std::vector<std::shared_ptr<const Account>> found;
  std::set<const Credential*> seen;
  for (const auto& account : map.accounts) {
    const bool google = account->credential->kind == CredentialKind::kGoogleServiceAccount;
    if (google && seen.insert(account->credential.get()).second) found.push_back(account);
  }
  return found;
}
}  // namespace

std::shared_ptr<const Snapshot> GatewayProcess::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

void GatewayProcess::fill_operator_hooks(OperatorHooks& hooks) {
  trials_ = std::make_unique<PolicyTrials>(settings_, *error_sink_);
  hooks.version_box = SealedBox::derive(master_key_.reveal(), kConfigVersionPurpose);
  hooks.mask_key = hkdf_sha256(master_key_.reveal(), "", "mask of the map", 32);
  hooks.undisturbed = [this](const std::function<void()>& work) {
    const std::lock_guard lock(reload_mutex_);
    work();
  };
  hooks.ambient = [this] {
    const std::lock_guard lock(snapshot_mutex_);
    return ambient_;
  };
  hooks.reload_map = [this]() -> Status {
    const std::lock_guard lock(reload_mutex_);
    map_watch_.changed();  // noted before it is read: what changes later is seen by the next look
    Status taken = reload_map();
    if (taken) wait_for_workers();
    return taken;
  };
  hooks.check_policy = [this](const PolicyFiles& files) { return trials_->check(files, snapshot()->map); };
  hooks.test_policy = [this](const PolicyFiles& files) { return trials_->test(files); };
  hooks.activate_policy = [this](const PolicyFiles& files, const std::function<Status()>& put_in_place) -> Status {
    const std::lock_guard lock(reload_mutex_);
    const auto source = source_of(settings_, files);
    const Status done = told_policy(load_policy(source, put_in_place));
    if (!done) return done;
    policy_watch_.changed();
    // Somebody may have edited another file by hand in that moment, which the look above has taken for known.
    const auto there = PolicySource::read(settings_.policy.dir);
    if (there && (*there)->fingerprint() != source->fingerprint()) static_cast<void>(reload_policy());
    wait_for_workers();
    return done;
  };
  hooks.accounts = [this] { return accounts_now(); };
  hooks.forgive_account = [this](std::string_view name) {
    const auto map = snapshot()->map;
    bool known = false;
    for (const auto& account : map->accounts) known = known || account->name == name;
    if (known) upstreams_->health.forgive(name);
    return known;
  };
  hooks.test_account = [this](std::string_view name) { return test_account(name); };
  hooks.tokens = [this] {
    std::vector<CachedToken> tokens;
    for (const auto& account : google_accounts(*snapshot()->map)) {
      const auto held = tokens_->held(*account->credential);
      if (held) tokens.push_back({account->name, held->bearer.masked(), held->expires_at, shares_cache()});
    }
    return tokens;
  };
  hooks.drop_token = [this](std::string_view name) { return drop_token(name); };
  hooks.what_if = [this](const WhatIfQuestion& question) -> Result<std::string> {
    WhatIfWorld world{settings_, nullptr, nullptr, {}, *inner_tokens_, *limits_, *store_};
    {
      const std::lock_guard lock(snapshot_mutex_);
      world.map = snapshot_->map;
      world.policy = policy_;
      world.outside.stored = stored_clients_;
    }
    world.outside.upstreams = upstreams_.get();
    world.outside.verifier = &oauth_->verifier();
    world.outside.store = store_.get();
    world.outside.inner = inner_tokens_.get();
    return answer_what_if(std::move(world), question);
  };
  hooks.system = [this] { return system_view(); };
}

bool GatewayProcess::shares_cache() const { return !settings_.cache.url.starts_with("memory:"); }

// Several roles of one name are asked one after the other; the first that fails is told.
std::optional<AccountTest> GatewayProcess::test_account(std::string_view name) {
  const auto map = snapshot()->map;
  std::optional<AccountTest> result;
  for (const auto& account : map->accounts) {
    if (account->name != name) continue;
    auto promise = std::make_shared<std::promise<AccountTest>>();
    auto answered = promise->get_future();
    workers_.front().worker->reactor.post([worker = workers_.front().worker.get(), account, promise] {
      worker->run_aside(tell(try_account(*worker, account), promise));
    });
    AccountTest tested;
    if (answered.wait_for(kLongestTrial) == std::future_status::ready) {
      tested = answered.get();
    } else {
      tested.message = "The gateway was too busy to find out; try again.";
    }
    tested.message = std::string(to_string(account->provider)) + ": " + tested.message;
    if (!result) {
      result = tested;
    } else {
      result->latency_ms += tested.latency_ms;
      result->message += " " + tested.message;
      result->ok = result->ok && tested.ok;
    }
  }
  return result;
}

bool GatewayProcess::drop_token(std::string_view name) {
  bool known = false;
  for (const auto& account : google_accounts(*snapshot()->map)) {
    if (account->name != name) continue;
    known = true;
    tokens_->forget(*account->credential);
    if (!shares_cache()) continue;
    Worker* worker = workers_.front().worker.get();
    worker->reactor.post([worker, credential = account->credential] {
      if (worker->cache != nullptr) worker->run_aside(TokenSource::forget_shared(credential, *worker->cache));
    });
  }
  return known;
}

// Until every worker has done what was posted to it before: who is answered then, meets the new state.
void GatewayProcess::wait_for_workers() {
  const auto left = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(workers_.size()));
  for (WorkerPart& part : workers_) part.worker->reactor.post([left] { left->count_down(); });
  const std::int64_t deadline = clock_.mono_ms() + kWorkersMs;
  while (!left->try_wait() && clock_.mono_ms() < deadline && !gateway_->draining.load()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::vector<AccountInForce> GatewayProcess::accounts_now() const {
  const std::lock_guard lock(snapshot_mutex_);
  return accounts_in_force(*snapshot_->map, ambient_, *upstreams_, clock_.unix_seconds());
}

// So that other gateways that share the cache can tell of this one.
Status GatewayProcess::start_roll() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  const boost::json::object about{{"host", std::string(host)},
                                  {"version", MOONGATE_VERSION},
                                  {"control", addresses_.control},
                                  {"started_at", rfc3339(clock_.unix_seconds())}};
  auto roll = GatewayRoll::start(*caches_, clock_, gateway_->id_prefix, boost::json::serialize(about));
  if (!roll) return roll.error();
  roll_ = std::move(*roll);
  return {};
}

std::string GatewayProcess::system_view() const {
  const std::int64_t up_s = (clock_.mono_ms() - started_ms_) / 1000;
  boost::json::object certificate{{"file", certificate_file_}};
  if (certificate_file_.empty()) {
    certificate["state"] = "https is off";
  } else {
    const auto pem = read_whole_file(certificate_file_, kMaxConfigBytes);
    const Result<std::int64_t> ends = pem ? certificate_end_s(pem->text) : Result<std::int64_t>(pem.error());
    if (ends) {
      certificate["expires_at"] = rfc3339(*ends);
      certificate["days_left"] = (*ends - clock_.unix_seconds()) / kDayS;
    }
    certificate["state"] = !ends ? ends.error().message : *ends > clock_.unix_seconds() ? "ok" : "expired";
  }
  const CacheCounters counted = caches_->counters();
  boost::json::object cache{{"url", caches_->describe()},
                            {"commands", counted.commands},
                            {"errors", counted.failures},
                            {"entries", counted.entries}};
  boost::json::error_code failed;
  const boost::json::value state = boost::json::parse("{" + state_->detail() + "}", failed);
  boost::json::object spool;
  if (const auto* ledger = failed ? nullptr : state.get_object().if_contains("ledger"); ledger != nullptr && ledger->is_object()) {
    spool = ledger->get_object();
  }
  boost::json::array gateways;
  for (const GatewayRoll::Sign& each : roll_->gateways()) {
    boost::json::object shown{{"id", each.id}, {"self", each.self}, {"last_seen", rfc3339(each.heard_s)}};
    const boost::json::value about = boost::json::parse(each.about, failed);
    if (!failed && about.is_object()) {
      for (const auto& [name, value] : about.get_object()) {
        if (value.is_string()) shown.emplace(name, value);
      }
    }
    gateways.push_back(std::move(shown));
  }
  const auto current = snapshot();
  const boost::json::object view{
      {"gateway", gateway_->id_prefix},
      {"uptime_s", up_s},
      {"started_at", rfc3339(clock_.unix_seconds() - up_s)},
      {"workers", workers_.size()},
      {"listen", {{"http", addresses_.http}, {"https", addresses_.https}, {"control", addresses_.control}}},
      {"certificate", std::move(certificate)},
      {"cache", std::move(cache)},
      {"spool", std::move(spool)},
      {"gateways", std::move(gateways)},
      {"libraries", {{"openssl", openssl_version()}, {"lua", lua_version()}, {"compiler", __VERSION__}}},
      {"reloads", {{"ok", reloads_done_.load()}, {"failed", reloads_failed_.load()}}},
      {"map", {{"generation", current->map->generation}, {"clients", current->map->clients.size()}, {"accounts", current->map->accounts.size()}}}};
  return boost::json::serialize(view);
}

}  // namespace moongate
