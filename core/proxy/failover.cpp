// Which of the routes serves the request, and which one after it has failed; docs/failover.md tells it in words.
#include <algorithm>

#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr MonoMs kNoticePollMs = 1'000;
constexpr std::size_t kKeptPolls = 4096;

}  // namespace

// Routes with a location of their own cool apart: another region may have what this one lacks.
std::string Pipeline::health_model(const Route& each) const {
  return each.location.empty() ? model : model + '@' + each.location;
}

HealthView Pipeline::health_of(const Route& each) const {
  const UpstreamState* state = worker_.gateway.upstreams;
  if (state == nullptr || state->health.untroubled() || !each.account) return {};
  return state->health.view(*each.account, health_model(each), endpoint_of(each, location_of(each)).authority());
}

// The fit ones first, in the policy's order; behind them the others, the one that is back soonest first. Disabled accounts
// are not asked at all.
bool Pipeline::order_routes() {
  look_for_notices();
  const UpstreamState* state = worker_.gateway.upstreams;
  if (state == nullptr || state->health.untroubled()) return true;
  struct Ranked {
    HealthView view;
    std::size_t place = 0;
    Route route;
  };
  std::vector<Ranked> ranked;
  for (Route& each : routes) {
    const HealthView view = health_of(each);
    if (view.fitness != Fitness::kDisabled) ranked.push_back({view, ranked.size(), std::move(each)});
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    if (a.view.fitness != b.view.fitness) return a.view.fitness < b.view.fitness;
    return a.view.until != b.view.until ? a.view.until < b.view.until : a.place < b.place;
  });
  routes.clear();
  for (Ranked& each : ranked) routes.push_back(std::move(each.route));
  return !routes.empty();
}

std::size_t Pipeline::next_fit_route() const {
  for (auto i = static_cast<std::size_t>(route - routes.data()) + 1; i < routes.size(); ++i) {
    if (health_of(routes[i]).fitness == Fitness::kFit) return i;
  }
  return routes.size();
}

// Whether this route's turn may be taken. The last one is tried in any case, unless another was: nobody is told that there
// is no upstream because all of them are in trouble.
bool Pipeline::admitted(std::size_t at, bool tried) {
  const Route& each = routes[at];
  UpstreamState* state = worker_.gateway.upstreams;
  if (state == nullptr || state->health.untroubled() || !each.account) return true;
  const bool last = at + 1 == routes.size();
  if (tried && health_of(each).fitness == Fitness::kDisabled) return false;
  return state->health.admit(*each.account, endpoint_of(each, location_of(each)).authority()) || (last && !tried);
}

// Each route in order of preference, as long as nothing of the request can have been executed.
Task<void> Pipeline::try_routes() {
  worker_.retries.count_request();
  begin_trace();
  explain_routes();
  if (Status placed = co_await place_request(); !placed) {
    co_await reply_failure(placed.error());
    co_return;
  }
  if (!order_routes()) {
    co_await reply_error(503, "No account that serves this is in working order; the operator has been told.", {}, 60);
    co_return;
  }
  note_routes();
  bool tried = false;
  for (std::size_t at = 0; at < routes.size();) {
    if (!admitted(at, tried)) {
      ++at;
      continue;
    }
    tried = true;
    route = &routes[at];
    retry_.here = 0;
    Attempt result = Attempt::kRetryHere;
    while (result == Attempt::kRetryHere) {
      const bool fresh = std::exchange(retry_stale_, false);
      if (retry_.wait_ms > 0 && !co_await pause(std::exchange(retry_.wait_ms, 0))) {
        outcome = Outcome::kClientGone;
        co_return;
      }
      ++attempts;
      ++retry_.here;
      retry_.next = at + 1;
      note_attempt(RequestNote::Kind::kAttempt);
      if (attempts == 1 && watch_ != nullptr && watch_->wants_begun()) tell_begun();
      result = co_await try_route(fresh);
      if (result == Attempt::kRejected || result == Attempt::kFinished) co_return;
      if (client_.aborted || client_left()) {
        outcome = Outcome::kClientGone;
        co_return;
      }
    }
    if (!body_.rewind()) break;
    at = retry_.next;
  }
  const bool delivered = co_await deliver_refusal();
  if (delivered) co_return;
  if (rejection.status != 0) {
    co_await reply_rejection();
  } else if (outcome == Outcome::kPending) {
    // Every route failed to connect; error_ has the last reason for the log, the caller needs none of the addresses.
    co_await reply_error(503, "No upstream for this request could be reached; try again shortly.", {}, 1);
    outcome = Outcome::kError;
  }
}

Task<Pipeline::Attempt> Pipeline::try_route(bool fresh_connection) {
  const MonoMs started = worker_.reactor.now_ms();
  rejection = Rejection();
  if (!co_await map_credential()) co_return rejection.status == 503 && !answered_ ? Attempt::kRetryNext : Attempt::kRejected;
  if (!co_await hook(Phase::kRequestPrivacy)) co_return Attempt::kRejected;
  if (phases_->defines(Phase::kRequestFilter) && attempts == 1) {
    const bool passed = co_await filter_request();
    if (!passed) co_return Attempt::kRejected;
  }
  if (target.dialect == Dialect::kOpenAi && !openai_) {
    const bool understood = co_await read_openai_call();
    if (!understood) co_return Attempt::kRejected;
  } else if (needs_body_edit()) {  // where the APIs differ; that takes the whole body
    Status ready = co_await body_.read_all();
    if (!ready) {
      co_await reply_failure(ready.error());
      co_return Attempt::kRejected;
    }
  }
  if (Status prepared = prepare_upstream(); !prepared) {
    co_await reply_failure(prepared.error());
    co_return Attempt::kRejected;
  }
  upstream_ = fresh_connection ? nullptr : worker_.pool.take_idle(endpoint_);
  const bool kept_alive = upstream_ != nullptr;
  if (!upstream_) {
    auto connected = co_await worker_.pool.connect(endpoint_, client_.signal, started + settings_.timeouts.connect_ms);
    if (client_left()) {
      outcome = Outcome::kClientGone;
      co_return Attempt::kFinished;
    }
    if (!connected) {
      error_ = connected.error().describe();
      worker_.gateway.logger.warn("cannot reach an upstream",
                                  {{"request_id", id_}, {"account", route->account->name}, {"reason", error_}});
      note_unreachable(error_);
      explain_attempt("cannot be reached");
      note_attempt(RequestNote::Kind::kUnreachable);
      co_return Attempt::kRetryNext;
    }
    upstream_ = std::move(*connected);
  }
  note_attempt(RequestNote::Kind::kConnected, kept_alive ? 1 : 0);
  upstream_->stream.set_signal(&client_.signal);
  co_return co_await relay();
}

// An account whose token cannot be had is one that cannot be reached, as long as there are others.
Task<bool> Pipeline::map_credential() {
  const bool minted = route->account && route->account->credential->kind == CredentialKind::kGoogleServiceAccount;
  if (!minted || next_fit_route() == routes.size()) co_return co_await hook(Phase::kMap);
  if (phases_->start(Phase::kMap, *this) == Step::kSuspended) co_await phases_->finish(*this);
  if (client_.aborted) co_return false;
  if (rejection.status == 0) co_return true;
  if (rejection.status != 503) {
    co_await reply_rejection();
    co_return false;
  }
  UpstreamState* state = worker_.gateway.upstreams;
  UpstreamError away;
  away.fault = UpstreamFault::kExhausted;  // a short pause, growing
  away.reason = "no-token";
  if (state != nullptr) state->health.refused(*route->account, health_model(*route), away);
  explain_attempt("no credential");
  note_attempt(RequestNote::Kind::kNoCredential);
  co_return false;
}

Task<bool> Pipeline::pause(std::int64_t ms) {
  const MonoMs until = worker_.reactor.now_ms() + ms;
  while (worker_.reactor.now_ms() < until) {
    if (client_.aborted || client_left()) co_return false;
    co_await client_.signal.wait(until);
  }
  co_return true;
}

void Pipeline::note_unreachable(const std::string& why) {
  UpstreamState* state = worker_.gateway.upstreams;
  if (state != nullptr && route->account) state->health.unreachable(*route->account, endpoint_.authority(), why);
}

void Pipeline::note_answer(int code) {
  UpstreamState* state = worker_.gateway.upstreams;
  if (code < 400) note_attempt(RequestNote::Kind::kAnswered, code);
  if (tracing_ && code < 400) explain_attempt(std::to_string(code));
  if (state == nullptr || state->health.untroubled() || !route->account || !upstream_) return;
  state->health.spoke(*route->account, endpoint_.authority());
  if (code < 400) state->health.worked(*route->account, health_model(*route));
}

// What other gateways have met is looked for beside the request and known to the next one.
void Pipeline::look_for_notices() {
  if (!worker_.cache_is_shared || worker_.gateway.upstreams == nullptr) return;
  struct Look {
    static Task<void> run(Worker& worker, std::shared_ptr<const Account> account, std::string of_model) {
      const std::string key = AccountHealth::notice_key(*account, of_model);
      auto found = co_await worker.cache->get(key);
      if (found && *found) worker.gateway.upstreams->health.learn(*account, of_model, **found);
    }
  };
  const MonoMs now = worker_.reactor.now_ms();
  for (const Route& each : routes) {
    if (!each.account) continue;
    const std::size_t key = std::hash<std::string_view>()(model) ^ std::hash<std::string_view>()(each.location) * 31 ^
                            reinterpret_cast<std::uintptr_t>(each.account.get());
    if (worker_.health_polls.size() > kKeptPolls) worker_.health_polls.clear();
    MonoMs& due = worker_.health_polls[key];
    if (due > now) continue;
    due = now + kNoticePollMs;
    worker_.run_aside(Look::run(worker_, each.account, health_model(each)));
    worker_.run_aside(Look::run(worker_, each.account, {}));
  }
}

}  // namespace moongate
