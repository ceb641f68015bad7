// The gateway's part that has to do with the store and money: how GatewayState and the workers are put together.
#include "app/gateway_process.h"

namespace moongate {

// `change` on each worker's own thread, with that worker's part.
template <class Change>
void GatewayProcess::to_workers(Change change) {
  for (WorkerPart& part : workers_) {
    part.worker->reactor.post([&part, change] { change(part); });
  }
}

Status GatewayProcess::open_money() {
  resolver_ = std::make_unique<Resolver>(clock_);
  CacheOptions options;
  options.timeout_ms = settings_.cache.timeout_ms;
  options.memory_entries = static_cast<std::size_t>(settings_.cache.memory_entries);
  options.ca_file = settings_.cache.ca_file;
  random_.fill({reinterpret_cast<std::uint8_t*>(&options.seed), sizeof options.seed});
  auto caches = open_cache(settings_.cache.url, options, *resolver_, logger_.get());
  if (!caches) return caches.error();
  caches_ = std::move(*caches);
  limits_ = std::make_unique<LimitBook>(clock_);

  GatewayState::Changes changes;
  changes.clients = [this](std::shared_ptr<const StoredClients> clients) {
    {
      const std::lock_guard lock(snapshot_mutex_);
      stored_clients_ = clients;
    }
    to_workers([clients](WorkerPart& part) { part.services->set_stored(clients); });
  };
  changes.accounts = [this] { accounts_changed_ = true; };
  changes.identities = [this] { refresh_identities(); };
  changes.balances = [this](std::shared_ptr<const Balances> balances) {
    to_workers([balances](WorkerPart& part) { part.worker->billing.balances = balances; });
  };
  changes.use = [this](std::shared_ptr<const UseSums> use) {
    to_workers([use](WorkerPart& part) { part.worker->billing.use = use; });
  };
  changes.prices = [this](std::shared_ptr<const PriceBook> prices) {
    to_workers([prices](WorkerPart& part) { part.worker->billing.prices = prices; });
  };
  changes.people = [this](PeopleHooks& hooks) {
    hooks.other_client = [this](std::string_view credential) { return other_client(credential); };
    hooks.used = [this](LimitLevel level, std::string_view id) { return limits_->use_of(level, id); };
  };
  changes.status = [this] { return "{" + detail() + "}"; };
  changes.configuration = [this](OperatorHooks& hooks) { fill_operator_hooks(hooks); };
  auto state = GatewayState::open({*store_, *caches_, clock_, random_, *logger_, settings_, master_key_, map_hooks(), worker_count()},
                                  std::move(changes));
  if (!state) return state.error();
  state_ = std::move(*state);
  ambient_.stored = state_->accounts();
  stored_clients_ = state_->clients();
  return {};
}

// Who shows a credential that is no stored key.
std::optional<OtherClient> GatewayProcess::other_client(std::string_view credential) const {
  const std::shared_ptr<const Snapshot> now = snapshot();
  if (const Client* client = now->clients->find(credential)) {
    return OtherClient{client->id, client->user, client->id, client->terms};
  }
  if (!TokenVerifier::is_candidate(credential)) return std::nullopt;
  const auto token = oauth_->verifier().verify(credential, clock_.unix_seconds());
  if (!token) return std::nullopt;
  return OtherClient{token->subject(), "", token->subject(), Terms()};
}

Status GatewayProcess::connect_workers() {
  upstreams_->health.set_on_account_disabled([this](std::string_view account, std::string_view reason) {
    state_->notify("account-disabled", std::string(account),
                   "The upstream account " + std::string(account) + " was taken out: " + std::string(reason) + ".");
  });
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    WorkerPart& part = workers_[i];
    state_->fill(part.worker->billing, static_cast<int>(i));
    part.worker->billing.gateway = gateway_->id_prefix;
    part.services->set_stored(state_->clients());
  }
  return {};
}

void GatewayProcess::add_limit_samples(std::vector<Sample>& samples) const {
  std::uint64_t refused = 0, would_refuse = 0, by_share = 0, lost = 0, unpriced = 0;
  for (const WorkerPart& part : workers_) {
    const LimiterCounters& counters = part.services->limit_counters();
    refused += counters.refused;
    would_refuse += counters.would_refuse;
    by_share += counters.by_share;
    lost += counters.lost_settles;
    unpriced += part.worker->billing.unpriced.load(std::memory_order_relaxed);
  }
  const auto add = [&samples](std::string_view name, std::string_view help, std::uint64_t n) {
    samples.push_back({name, help, "counter", static_cast<double>(n)});
  };
  add("moongate_limit_decisions_total{result=\"refused\"}", "Requests that met limits.", refused);
  add("moongate_limit_decisions_total{result=\"would_refuse\"}", "", would_refuse);
  add("moongate_limit_decisions_total{result=\"by_share\"}", "", by_share);
  add("moongate_limit_corrections_lost_total", "Settlements that never reached Redis.", lost);
  add("moongate_unpriced_requests_total", "Requests that used something for which there is no price.", unpriced);
}

Status GatewayProcess::start_money() { return state_->start(); }

// Virtual service accounts and revoked tokens, as other gateways may have changed them.
void GatewayProcess::refresh_identities() {
  const std::lock_guard lock(oauth_mutex_);
  if (Status status = oauth_->refresh(); !status) {
    logger_->error("the mock OAuth2 could not be brought up to date", {{"reason", status.error().describe()}});
  }
}

// The store's accounts have changed: the map's are read anew with them.
void GatewayProcess::take_over_accounts() {
  if (!accounts_changed_.exchange(false)) return;
  auto accounts = state_->accounts();
  {
    const std::lock_guard lock(snapshot_mutex_);
    ambient_.stored = std::move(accounts);
  }
  static_cast<void>(reload_map());  // told in the log
}

}  // namespace moongate
