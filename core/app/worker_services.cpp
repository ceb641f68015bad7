#include "app/worker_services.h"

#include "app/servable_models.h"

namespace moongate {

WorkerServices::WorkerServices(Worker& worker, const Shared& shared, std::unique_ptr<Cache> cache)
    : worker_(worker),
      shared_(shared),
      cache_(std::move(cache)),
      directory_(shared.verifier, shared.keys, shared.gateway.clock) {
  directory_.set_inner(shared.inner);
  worker.cache_is_shared = !shared.gateway.settings.cache.url.starts_with("memory:");
  LimiterOptions options;
  options.gateway = shared.gateway.id_prefix;
  options.worker = worker.index;
  limiter_.emplace(worker.reactor, shared.limits, *cache_, options, &shared.gateway.logger);
  worker.limiter = &*limiter_;
  if (shared.keys == nullptr) return;
  Cache* common = worker.cache_is_shared ? cache_.get() : nullptr;
  lookup_.emplace(worker.reactor, *shared.keys, common, shared.ask_store, shared.gateway.logger);
}

Result<std::unique_ptr<WorkerServices>> WorkerServices::create(Worker& worker, const Shared& shared,
                                                               std::shared_ptr<const Snapshot> snapshot) {
  auto cache = shared.caches.make(worker.reactor);
  if (!cache) return cache.error();
  std::unique_ptr<WorkerServices> services(new WorkerServices(worker, shared, std::move(*cache)));
  services->set_snapshot(std::move(snapshot));
  worker.cache = services->cache_.get();
  worker.turn_unused = [own = services.get()](Provider provider, std::string_view model, const Identity& identity,
                                              const Account& account) {
    const bool gemini = provider == Provider::kVertex || provider == Provider::kGemini;
    own->picker_.give_back(provider, model, gemini ? identity.gemini_accounts : identity.claude_accounts, account);
  };
  worker.servable_models = [own = services.get()](const Identity& identity) {
    return servable_models(*own->directory_.snapshot()->map, *own->worker_.billing.prices, identity);
  };
  return services;
}

void WorkerServices::let_go_of_cache() {
  lookup_.reset();
  worker_.cache = nullptr;
  cache_.reset();
}

void WorkerServices::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  picker_.set_map(snapshot->map);
  directory_.set_snapshot(std::move(snapshot));
}

Task<void> WorkerServices::sleep(int milliseconds) {
  Signal signal(worker_.reactor);
  co_await signal.wait(worker_.reactor.now_ms() + milliseconds);
}

Task<Result<FetchResponse>> WorkerServices::fetch(FetchRequest request) {
  return moongate::fetch(worker_.reactor, worker_.pool, std::move(request));
}

bool WorkerServices::try_find_client(std::string_view credential, ClientAnswer& answer) {
  auto found = directory_.find(credential);  // sealed tokens are opened here, too: nobody has to be asked
  if (!found && found.error().kind == ErrorKind::kUnavailable) return false;
  if (found) {
    answer.identity = std::move(*found);
  } else {
    answer.identity = nullptr;
    answer.refusal = "unknown, expired, revoked or disabled";
  }
  return true;
}

Task<Result<ClientAnswer>> WorkerServices::find_client(std::string credential) {
  ClientAnswer answer;
  // What was looked up may be out of date when it comes: then once more.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (try_find_client(credential, answer)) co_return answer;
    std::string digest;
    if (directory_.find(credential, &digest)) continue;
    if (digest.empty() || !lookup_) break;
    Status looked = co_await lookup_->look_up(std::move(digest));
    if (!looked) co_return looked.error();
  }
  co_return Error(ErrorKind::kUnavailable, "The gateway could not look the credential up; try again shortly.");
}

const std::vector<std::shared_ptr<const Account>>& WorkerServices::pick_accounts(Provider provider,
                                                                                 std::string_view model,
                                                                                 const Identity& identity) {
  const bool gemini = provider == Provider::kVertex || provider == Provider::kGemini;
  const UpstreamState* state = shared_.gateway.upstreams;
  return picker_.pick(provider, model, gemini ? identity.gemini_accounts : identity.claude_accounts,
                      state == nullptr ? nullptr : &state->health);
}

bool WorkerServices::account_healthy(const Account& account) const {
  const UpstreamState* state = shared_.gateway.upstreams;
  return state == nullptr || state->health.healthy(account);
}

std::shared_ptr<const MintedToken> WorkerServices::cached_token(const Credential& credential) {
  return shared_.gateway.tokens.cached(credential);
}

Task<Result<std::shared_ptr<const MintedToken>>> WorkerServices::token(std::shared_ptr<const Credential> credential) {
  return shared_.gateway.tokens.token(worker_.reactor, worker_.pool, std::move(credential),
                                      worker_.cache_is_shared ? cache_.get() : nullptr);
}

bool WorkerServices::try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                                    Result<CustomAnswer>& answer) {
  return limiter_->try_take(name, limit, cost, charge, answer);
}

Task<Result<CustomAnswer>> WorkerServices::take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool charge) {
  co_return co_await limiter_->take(name, limit, cost, charge);
}

Result<int> WorkerServices::define_metric(const MetricSpec& spec) {
  return shared_.gateway.metrics.define({static_cast<UserMetric::Kind>(spec.kind), spec.name, spec.help, spec.labels,
                                         spec.buckets});
}

void WorkerServices::update_metric(int metric, std::span<const std::string_view> label_values, double value, bool set) {
  worker_.metrics.update(metric, label_values, value, set);
}

void WorkerServices::count_hook_failure(std::string_view hook, std::string_view kind) {
  worker_.metrics.count_policy_error(hook, kind);
}

}  // namespace moongate
