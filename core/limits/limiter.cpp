#include "limits/limiter.h"

#include <algorithm>
#include <deque>
#include <map>

#include "limits/limit_scripts.h"
#include "limits/redis_limits.h"

namespace moongate {
namespace {

constexpr std::size_t kLeasesPerRenewal = 100;
constexpr MonoMs kLookAgainMs = 250;  // while Redis is away
constexpr std::size_t kMaxCustomName = 512;
constexpr std::size_t kMaxLater = 10'000;

const LimitScripts& scripts() {
  static const LimitScripts all;
  return all;
}

void count(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

struct Reservation::Hold {
  std::shared_ptr<Limiter::Core> core;
  LimitHolds holds;
  LocalHold local;
  RedisHold redis;
  std::uint64_t number = 0;  // of the lease; 0: it has none
};

// Kept alive by its coroutines, by reservations and by the Limiter.
class Limiter::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Reactor& reactor, LimitBook& book, Cache& cache, const LimiterOptions& options, const Logger* log)
      : reactor_(reactor), book_(book), cache_(cache), options_(options), log_(log), shared_(cache.scripts()),
        id_prefix_(options.gateway + "." + std::to_string(options.worker) + "." + std::to_string(book.clock().unix_ms()) +
                   "."),
        wake_(reactor) {}

  void start() {
    if (!shared_) return;
    ++under_way_;
    spawn(renew_for_ever(shared_from_this()));
  }

  bool try_reserve(const Demand& demand, Decision& decision, Reservation& reservation) {
    if (demand.level_count != 0 && shared_ && cache_.available()) return false;
    reservation = Reservation();
    decision = decide_here(demand, reservation, {});
    return true;
  }

  Task<Decision> reserve(std::shared_ptr<Core> self, const Demand& demand, Reservation& reservation) {
    Decision decision;
    if (try_reserve(demand, decision, reservation)) co_return decision;
    reservation = Reservation();
    LimitChecks checks = limit_checks_of(demand, 1);
    auto hold = std::make_unique<Reservation::Hold>();
    hold->holds = holds_of(demand, checks);
    hold->redis.id = next_id();
    ScriptCall call;
    const std::string now = time_for_redis();
    ask_reserve(call, now, options_.lease_ms, hold->redis.id, demand, checks, hold->holds);
    ++under_way_;
    const Result<std::vector<std::int64_t>> answer =
        co_await cache_.eval(scripts().reserve, call.keys.words(), call.args.words());
    end_one();
    const std::int64_t local_ms = book_.clock().unix_ms();
    bool reserved = false;
    if (!answer || !read_reserved(*answer, local_ms, checks, hold->redis, reserved)) {
      // It may have been reserved in Redis all the same: under the same id, so that settling finds it.
      share_only(answer ? "it gave an unexpected answer" : answer.error().describe());
      co_return decide_here(demand, reservation, std::move(hold->redis.id));
    }
    decision = decide(demand, checks, local_ms);
    count_decision(decision);
    if (!reserved) co_return decision;
    LimitChecks mirrored = checks;
    for (LimitCheck& check : mirrored) check.known = 0;  // the book shall hold this gateway's own part
    std::int64_t ignored = 0;
    book_.reserve(demand, mirrored, hold->holds, false, hold->local, ignored);
    keep(std::move(hold), reservation);
    co_return decision;
  }

  // In process, or by the share. `id`: of an attempt in Redis whose outcome is not known.
  Decision decide_here(const Demand& demand, Reservation& reservation, std::string id) {
    if (demand.level_count == 0) {
      Decision free;
      free.decided_at_ms = book_.clock().unix_ms();
      return free;
    }
    const std::int64_t gateways = shared_ ? book_.gateways() : 1;
    LimitChecks checks = limit_checks_of(demand, gateways);
    auto hold = std::make_unique<Reservation::Hold>();
    hold->holds = holds_of(demand, checks);
    std::int64_t now_ms = 0;
    const bool reserved = book_.reserve(demand, checks, hold->holds, true, hold->local, now_ms);
    Decision decision = decide(demand, checks, now_ms);
    if (shared_) {
      share_only("no connection");
      count(counters_.by_share);
      decision.share_only = true;
    }
    count_decision(decision);
    if (!reserved) return decision;
    if (shared_) {
      hold->redis.id = id.empty() ? next_id() : std::move(id);
      hold->redis.second = hold->local.second;
      hold->redis.day = hold->local.day;
      hold->redis.month = hold->local.month;
    }
    keep(std::move(hold), reservation);
    return decision;
  }

  void settle(std::unique_ptr<Reservation::Hold> hold, const UsedAmounts& actual) {
    book_.settle(hold->holds, hold->local, actual);
    if (!shared_) return;
    if (hold->number != 0) leases_.erase(hold->number);
    hold->core.reset();
    if (!anything_to_settle(hold->holds, hold->redis, actual)) return;
    if (cache_.available()) {
      ++under_way_;
      spawn(settle_in_redis(shared_from_this(), std::move(hold), actual));
    } else if (later_.size() < kMaxLater && !closing_) {
      later_.emplace_back(std::move(hold), actual);
    } else {
      count(counters_.lost_settles);
    }
  }

  bool try_take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                Result<CustomAnswer>& answer) {
    if (Status allowed = check_custom(name, limit, cost); !allowed) {
      answer = allowed.error();
      return true;
    }
    if (shared_ && cache_.available()) return false;
    answer = take_here(name, limit, cost, charge);
    return true;
  }

  Task<Result<CustomAnswer>> take(std::shared_ptr<Core> self, std::string_view name, CustomLimit limit, std::int64_t cost,
                                  bool charge) {
    Result<CustomAnswer> answer = CustomAnswer();
    if (try_take(name, limit, cost, charge, answer)) co_return answer;
    const CustomBucket bucket(limit);
    ScriptCall call;
    call.keys.add("limit-custom:" + std::string(name));
    call.args.add(options_.own_clock ? std::to_string(book_.clock().unix_ns() / 1000) : std::string());
    call.args.add(bucket.interval_us);
    call.args.add(bucket.tolerance_us);
    call.args.add(cost);
    call.args.add(charge ? "1" : "0");
    ++under_way_;
    const Result<std::vector<std::int64_t>> said =
        co_await cache_.eval(scripts().take, call.keys.words(), call.args.words());
    end_one();
    if (!said || said->size() != 3) co_return take_here(name, limit, cost, charge);
    // The script has decided and charged by the same arithmetic; here it is told.
    std::int64_t used_until = (*said)[1] + (*said)[2];
    CustomAnswer told = bucket.take(used_until, (*said)[1], cost);
    if (told.resets_at_ms != 0) told.resets_at_ms += book_.clock().unix_ms() - (*said)[1] / 1000;
    co_return told;
  }

  void stop() {
    closing_ = true;
    wake_.notify();
  }

  Task<void> close(std::shared_ptr<Core> self) {
    stop();
    while (under_way_ > 0) co_await closed_.wait();
    if (counters_.share_only.exchange(false)) book_.end_share();
    for (std::size_t i = 0; i < later_.size(); ++i) count(counters_.lost_settles);
    later_.clear();
  }

  LimiterCounters counters_;

 private:
  friend class Limiter;

  static Status check_custom(std::string_view name, const CustomLimit& limit, std::int64_t cost) {
    if (name.empty() || name.size() > kMaxCustomName) {
      return Error(ErrorKind::kInvalid, "the name of a limit must be 1 to 512 bytes long");
    }
    if (cost < 0) return Error(ErrorKind::kInvalid, "the cost must not be negative");
    return check_custom_limit(limit);
  }

  CustomAnswer take_here(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge) {
    if (shared_) share_only("no connection");
    return book_.take(name, limit, cost, charge, shared_ ? book_.gateways() : 1);
  }

  std::string next_id() {
    return id_prefix_ + std::to_string(++last_id_);
  }
  std::string time_for_redis() const {
    return options_.own_clock ? std::to_string(book_.clock().unix_ms()) : std::string();
  }

  void keep(std::unique_ptr<Reservation::Hold> hold, Reservation& reservation) {
    hold->core = shared_from_this();
    if (shared_) {
      bool leased = false;
      for (std::size_t i = 0; i < hold->holds.count; ++i) leased = leased || needs_lease(hold->holds.levels[i]);
      if (leased) {
        hold->number = ++last_lease_;
        leases_.emplace(hold->number, hold.get());
      }
    }
    reservation.hold_ = std::move(hold);
  }

  void count_decision(const Decision& decision) {
    if (!decision.allowed) count(counters_.refused);
    if (decision.would_refuse) count(counters_.would_refuse);
  }

  void share_only(std::string_view reason) {
    if (counters_.share_only.exchange(true) || !book_.begin_share() || log_ == nullptr) return;
    log_->warn("limits: Redis is away or slow; this gateway enforces its share of each limit",
               {{"gateways", book_.gateways()}, {"reason", reason}});
  }
  // Told by renewals alone: with a Redis that is now slow and now not, the log does not change with each request.
  void share_ended() {
    if (!counters_.share_only.exchange(false) || !book_.end_share() || log_ == nullptr) return;
    log_->info("limits: Redis is back; limits hold for all gateways together");
  }

  // Once: when it is not known whether it was done, it is not done again. Then the lease runs out, and what was used the
  // ledger knows.
  Task<void> settle_in_redis(std::shared_ptr<Core> self, std::unique_ptr<Reservation::Hold> hold, UsedAmounts actual) {
    ScriptCall call;
    const std::string now = time_for_redis();
    ask_settle(call, now, hold->holds, hold->redis, actual);
    const Result<std::vector<std::int64_t>> answer =
        co_await cache_.eval(scripts().settle, call.keys.words(), call.args.words());
    if (!answer) count(counters_.lost_settles);
    end_one();
  }

  // What ended while Redis was away.
  void settle_what_waits() {
    while (!later_.empty() && cache_.available()) {
      ++under_way_;
      auto [hold, actual] = std::move(later_.front());
      later_.pop_front();
      spawn(settle_in_redis(shared_from_this(), std::move(hold), actual));
    }
  }

  // Says that this gateway lives, and that its reservations do.
  Task<void> renew_for_ever(std::shared_ptr<Core> self) {
    while (!closing_) {
      const bool done = cache_.available() && co_await renew();
      if (!done) settle_known_ = false;
      if (closing_) break;
      co_await wake_.wait(reactor_.now_ms() + (done ? options_.renew_ms : kLookAgainMs));
    }
    end_one();
  }

  Task<bool> renew() {
    if (!settle_known_) {
      // A script that Redis does not know yet is sent a second time, behind what was asked for meanwhile: no slot shall be
      // freed later than its request's end for that. Without keys it does nothing.
      const std::string_view nothing[] = {"0", "0", "0", "0"};
      const Result<std::vector<std::int64_t>> answer = co_await cache_.eval(scripts().settle, {}, nothing);
      if (!answer) co_return false;
      settle_known_ = true;
    }
    std::uint64_t last = 0;  // reservations may end, and new ones begin, while a part is on its way
    bool first = true;
    for (auto next = leases_.begin(); first || next != leases_.end(); next = leases_.upper_bound(last)) {
      ScriptCall call;
      const std::string now = time_for_redis();
      ask_renew(call, now, options_.lease_ms, options_.gateway, options_.gateway_ms);
      for (std::size_t n = 0; n < kLeasesPerRenewal && next != leases_.end(); ++next, ++n) {
        const Reservation::Hold& hold = *next->second;
        last = next->first;
        for (std::size_t i = 0; i < hold.holds.count; ++i) {
          if (needs_lease(hold.holds.levels[i])) ask_renew_lease(call, hold.redis, hold.holds.levels[i]);
        }
      }
      const Result<std::vector<std::int64_t>> answer =
          co_await cache_.eval(scripts().renew, call.keys.words(), call.args.words());
      if (!answer || answer->size() != 1) co_return false;
      book_.set_gateways(answer->front());
      share_ended();
      first = false;
    }
    settle_what_waits();
    co_return true;
  }

  void end_one() {
    if (--under_way_ == 0) closed_.notify();
  }

  Reactor& reactor_;
  LimitBook& book_;
  Cache& cache_;
  const LimiterOptions options_;
  const Logger* const log_;
  const bool shared_;             // limits are counted in Redis
  const std::string id_prefix_;   // another one after a restart: leases of the time before are not ours
  Signal wake_;
  Signal closed_{reactor_};
  std::map<std::uint64_t, Reservation::Hold*> leases_;  // by number, of reservations that are held
  std::deque<std::pair<std::unique_ptr<Reservation::Hold>, UsedAmounts>> later_;  // to settle when Redis is back
  std::uint64_t last_lease_ = 0;
  std::uint64_t last_id_ = 0;
  int under_way_ = 0;
  bool closing_ = false;
  bool settle_known_ = false;
};

Reservation::Reservation() = default;
Reservation::Reservation(Reservation&& other) noexcept = default;

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    settle({});
    hold_ = std::move(other.hold_);
  }
  return *this;
}

Reservation::~Reservation() { settle({}); }

void Reservation::settle(const UsedAmounts& actual) {
  if (!hold_) return;
  const std::shared_ptr<Limiter::Core> core = hold_->core;
  core->settle(std::move(hold_), {std::max<std::int64_t>(actual.input_tokens, 0),
                                  std::max<std::int64_t>(actual.output_tokens, 0), std::max<NanoDollars>(actual.cost, 0)});
}

Limiter::Limiter(Reactor& reactor, LimitBook& book, Cache& cache, const LimiterOptions& options, const Logger* log)
    : core_(std::make_shared<Core>(reactor, book, cache, options, log)) {
  core_->start();
}

Limiter::~Limiter() { core_->stop(); }

bool Limiter::try_reserve(const Demand& demand, Decision& decision, Reservation& reservation) {
  return core_->try_reserve(demand, decision, reservation);
}

Task<Decision> Limiter::reserve(const Demand& demand, Reservation& reservation) {
  return core_->reserve(core_, demand, reservation);
}

bool Limiter::try_take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                       Result<CustomAnswer>& answer) {
  return core_->try_take(name, limit, cost, charge, answer);
}

Task<Result<CustomAnswer>> Limiter::take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge) {
  return core_->take(core_, name, limit, cost, charge);
}

Task<void> Limiter::close() { return core_->close(core_); }

const LimiterCounters& Limiter::counters() const { return core_->counters_; }

}  // namespace moongate
