#include "script/spec/policy_bench.h"

#include <algorithm>

#include "cache/memory_cache.h"

namespace moongate {
namespace {

constexpr std::size_t kEntries = 10'000;
constexpr std::size_t kBytes = 4u << 20;

// The in-process cache, asked as if it were far away: every answer comes by a task.
class FarCache final : public Cache {
 public:
  FarCache(std::unique_ptr<Cache> near, const bool& far) : near_(std::move(near)), far_(far) {}
  bool try_get(std::string_view key, std::optional<std::string>& out) override {
    return !far_ && near_->try_get(key, out);
  }
  Task<Result<std::optional<std::string>>> get(std::string_view key) override { return near_->get(key); }
  bool try_set(std::string_view key, std::string_view value, std::int64_t ttl) override {
    return !far_ && near_->try_set(key, value, ttl);
  }
  Task<Status> set(std::string_view key, std::string_view value, std::int64_t ttl) override {
    return near_->set(key, value, ttl);
  }
  bool try_add(std::string_view key, std::string_view value, std::int64_t ttl, bool& out) override {
    return !far_ && near_->try_add(key, value, ttl, out);
  }
  Task<Result<bool>> add(std::string_view key, std::string_view value, std::int64_t ttl) override {
    return near_->add(key, value, ttl);
  }
  bool try_erase(std::string_view key, bool& out) override { return !far_ && near_->try_erase(key, out); }
  Task<Result<bool>> erase(std::string_view key) override { return near_->erase(key); }
  bool try_incr(std::string_view key, std::int64_t by, std::int64_t ttl, std::int64_t& out) override {
    return !far_ && near_->try_incr(key, by, ttl, out);
  }
  Task<Result<std::int64_t>> incr(std::string_view key, std::int64_t by, std::int64_t ttl) override {
    return near_->incr(key, by, ttl);
  }
  Task<Status> publish(std::string_view channel, std::string_view message) override {
    return near_->publish(channel, message);
  }

 private:
  std::unique_ptr<Cache> near_;
  const bool& far_;
};

Task<void> run_and_tell(Task<void> task, std::shared_ptr<bool> done) {
  co_await std::move(task);
  *done = true;
}

}  // namespace

PolicyBench::PolicyBench() : dicts_(kEntries, kBytes, manual_clock, 1) {
  snapshot_.settings = std::make_shared<const Settings>();
  clear();
}

void PolicyBench::clear() {
  cache_.reset();
  caches_ = std::make_unique<MemoryCacheFactory>(kEntries, kBytes, 1);
  limits_ = std::make_unique<LimitBook>(manual_clock);
  cache_ = std::make_unique<FarCache>(caches_->make(reactor).value(), must_ask);
  clients_.clear();
  tokens_.clear();
  failures.clear();
  fetches.clear();
  metrics.clear();
  minted = 0;
  on_fetch = nullptr;
  tokens_fail = must_ask = false;
  publish({});
}

PolicyBench::~PolicyBench() = default;

void PolicyBench::publish(MapConfig map) {
  map.generation = snapshot_.map ? snapshot_.map->generation + 1 : 1;
  snapshot_.map = std::make_shared<const MapConfig>(std::move(map));
  snapshot_.clients = std::make_shared<const ClientIndex>(snapshot_.map, random_sip_key());
  picker_.set_map(snapshot_.map);
}

void PolicyBench::set_accounts(const std::vector<AccountSpec>& accounts) {
  MapConfig map;
  map.raw = snapshot_.map->raw;
  for (const AccountSpec& spec : accounts) {
    auto credential = std::make_shared<Credential>();
    credential->kind = spec.kind;
    credential->name = spec.name;
    credential->project_id = spec.project;
    credential->api_key = Secret("key-of-" + spec.name);
    auto account = std::make_shared<Account>();
    account->name = spec.name;
    account->provider = spec.provider;
    account->credential = std::move(credential);
    for (std::string model : spec.models.empty() ? std::vector<std::string>{"*"} : spec.models) {
      ModelRule rule;
      rule.wildcard = model.ends_with('*');
      if (rule.wildcard) model.pop_back();
      rule.model = std::move(model);
      account->models.push_back(std::move(rule));
    }
    map.accounts.push_back(std::move(account));
  }
  publish(std::move(map));
}

void PolicyBench::set_map_text(std::string raw) {
  MapConfig map = *snapshot_.map;
  map.raw = std::move(raw);
  publish(std::move(map));
}

void PolicyBench::set_client(const std::string& credential, std::shared_ptr<const Identity> identity) {
  if (identity == nullptr) {
    clients_.erase(credential);
  } else {
    clients_[credential] = std::move(identity);
  }
}

bool PolicyBench::run(Task<void> task) {
  auto done = std::make_shared<bool>(false);
  spawn(run_and_tell(std::move(task), done));
  return *done;
}

Task<void> PolicyBench::sleep(int milliseconds) {
  if (!must_ask) {
    manual_clock.advance_ms(milliseconds);
    co_return;
  }
  Signal signal(reactor);
  co_await signal.wait(reactor.now_ms() + milliseconds);
}

Task<Result<FetchResponse>> PolicyBench::fetch(FetchRequest request) {
  fetches.push_back(request);
  if (!on_fetch) co_return Error(ErrorKind::kConnect, "connection refused", ErrorSource::kUpstream);
  co_return on_fetch(request);
}

ClientAnswer PolicyBench::look_up(std::string_view credential) const {
  ClientAnswer answer;
  auto found = clients_.find(credential);
  if (found == clients_.end()) {
    answer.refusal = "unknown, expired, revoked or disabled";
  } else {
    answer.identity = found->second;
  }
  return answer;
}

bool PolicyBench::try_find_client(std::string_view credential, ClientAnswer& answer) {
  if (must_ask) return false;
  answer = look_up(credential);
  return true;
}

Task<Result<ClientAnswer>> PolicyBench::find_client(std::string credential) { co_return look_up(credential); }

const std::vector<std::shared_ptr<const Account>>& PolicyBench::pick_accounts(Provider provider,
                                                                              std::string_view model,
                                                                              const Identity& identity) {
  const bool gemini = provider == Provider::kVertex || provider == Provider::kGemini;
  return picker_.pick(provider, model, gemini ? identity.gemini_accounts : identity.claude_accounts);
}

std::shared_ptr<const MintedToken> PolicyBench::cached_token(const Credential& credential) {
  auto found = tokens_.find(credential.name);
  return found == tokens_.end() ? nullptr : found->second;
}

Task<Result<std::shared_ptr<const MintedToken>>> PolicyBench::token(
    std::shared_ptr<const Credential> credential) {
  if (tokens_fail) {
    co_return Error(ErrorKind::kUnauthenticated, credential->name + ": invalid_grant",
                    ErrorSource::kUpstream);
  }
  auto token = std::make_shared<MintedToken>();
  token->bearer = Secret("Bearer token-of-" + credential->name);
  token->expires_at = manual_clock.unix_seconds() + 3599;
  tokens_[credential->name] = token;
  ++minted;
  co_return std::shared_ptr<const MintedToken>(std::move(token));
}

bool PolicyBench::try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                                 Result<CustomAnswer>& answer) {
  if (must_ask) return false;
  if (Status allowed = check_custom_limit(limit); !allowed) {
    answer = allowed.error();
  } else {
    answer = limits_->take(name, limit, cost, charge, 1);
  }
  return true;
}

Task<Result<CustomAnswer>> PolicyBench::take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool charge) {
  if (Status allowed = check_custom_limit(limit); !allowed) co_return allowed.error();
  co_return limits_->take(name, limit, cost, charge, 1);
}

Result<int> PolicyBench::define_metric(const MetricSpec& spec) {
  for (std::size_t i = 0; i < metric_specs_.size(); ++i) {
    if (metric_specs_[i].name != spec.name) continue;
    if (metric_specs_[i].kind == spec.kind && metric_specs_[i].labels == spec.labels)
      return static_cast<int>(i);
    return Error(ErrorKind::kInvalid, spec.name + " is defined already, and differently");
  }
  metric_specs_.push_back(spec);
  return static_cast<int>(metric_specs_.size()) - 1;
}

void PolicyBench::update_metric(int metric, std::span<const std::string_view> label_values, double value,
                                bool set) {
  std::string name = metric_specs_[static_cast<std::size_t>(metric)].name;
  for (std::size_t i = 0; i < label_values.size(); ++i) {
    name += i == 0 ? "{" : ",";
    name += label_values[i];
  }
  if (!label_values.empty()) name += "}";
  double& held = metrics[name];
  held = set ? value : held + value;
}

void PolicyBench::count_hook_failure(std::string_view hook, std::string_view kind) {
  failures.push_back(std::string(hook) + " " + std::string(kind));
}

}  // namespace moongate
