#include "cache/redis_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <random>
#include <vector>

#include "cache/redis_link.h"

namespace moongate {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kReadsPerTurn = 8;
constexpr std::size_t kKeptUnsentBytes = 1 << 20;  // a larger buffer is given back once it is empty
constexpr MonoMs kSteadyMs = 1000;                 // a connection that held for so long was a good one

Error unavailable(std::string text) { return Error(ErrorKind::kUnavailable, std::move(text)); }

// A counter with one writer needs no locked instruction.
void count(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

// Kept alive by its coroutines (run(), watch(), and flush() at times) and by the client. Commands are numbered as they are queued:
// those in [oldest_, live_) have been given up by their callers but are still owed an answer, those in [live_, next_)
// are waited for.
class RedisClient::Core {
 public:
  Core(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls, const RedisClientOptions& options,
       std::shared_ptr<RedisCounters> counters, const Logger* log)
      : reactor_(reactor),
        resolver_(resolver),
        tls_(std::move(tls)),
        options_(options),
        counters_(std::move(counters)),
        log_(log),
        random_(options.seed),
        wake_(reactor),
        alarm_(reactor) {}

  static void start(const std::shared_ptr<Core>& self) {
    spawn(self->run(self));
    spawn(self->watch(self));
  }

  void stop() {
    stopping_ = true;
    if (stream_.is_open() && !up_) ::shutdown(stream_.fd(), SHUT_RDWR);  // ends connecting
    wake_.notify();
    alarm_.notify();
  }

  bool available() const { return accepting_ && !stopping_ && oldest_ == live_; }

  // Into `call`: its number, or why it is not queued.
  void queue(Call& call, std::span<const std::string_view> words) {
    count(counters_->commands);
    if (!accepting_ || stopping_) return refuse(call, "Redis is away: " + away_because_);
    if (oldest_ != live_) return refuse(call, "Redis is slower than cache.timeout_ms: it owes an answer");
    if (next_ - oldest_ >= options_.max_waiting || unsent_.size() - sent_ > options_.max_unsent_bytes) {
      return refuse(call, "too much waits for Redis");
    }
    if (next_ - oldest_ == ring_.size()) grow();
    const std::size_t before = unsent_.size();
    append_redis_command(unsent_, words);
    slot(next_) = {nullptr, reactor_.now_ms() + options_.timeout_ms, unsent_.size() - before};
    call.number_ = next_++;
    call.queued_ = true;
    if (up_ && !std::exchange(flushing_, true)) spawn(flush(self_.lock()));
    if (watch_idle_) alarm_.notify();
  }

  void wait_for(Call& call) { slot(call.number_).call = &call; }

 private:
  struct Slot {
    Call* call = nullptr;  // nullptr: nobody waits (any more)
    MonoMs deadline = 0;
    std::size_t bytes = 0;  // of the command
  };

  Slot& slot(std::uint64_t number) { return ring_[number & (ring_.size() - 1)]; }

  void grow() {
    std::vector<Slot> larger(ring_.size() * 2);
    for (std::uint64_t n = oldest_; n != next_; ++n) larger[n & (larger.size() - 1)] = slot(n);
    ring_.swap(larger);
  }

  void refuse(Call& call, std::string why) {
    count(counters_->failures);
    call.result_ = unavailable(std::move(why));
  }

  // Runs the caller until it waits for something else. It may queue commands, and it may end the client.
  void fail(Call* call, Error error) {
    if (call == nullptr) return;
    count(counters_->failures);
    call->result_ = std::move(error);
    call->waiter_.resume();
  }

  void fail_all(const std::string& why) {
    std::vector<Call*> calls;
    for (; oldest_ != next_; ++oldest_) calls.push_back(slot(oldest_).call);
    live_ = oldest_;
    unsent_.clear();
    sent_ = 0;
    reader_ = RedisReplyReader();
    for (Call* call : calls) fail(call, unavailable(why));
  }

  // Gives up what is due. Before the connection is up nothing has been sent, and nothing of these will be.
  void expire(MonoMs now) {
    while (live_ != next_ && slot(live_).deadline <= now) {
      Call* call = std::exchange(slot(live_).call, nullptr);
      if (!up_) {
        unsent_.erase(0, slot(live_).bytes);
        ++oldest_;
      }
      ++live_;
      if (call != nullptr) count(counters_->timeouts);
      fail(call, unavailable(up_ ? "Redis did not answer within cache.timeout_ms"
                                 : "no connection to Redis within cache.timeout_ms"));
    }
  }

  bool answer(RedisReply reply) {
    if (oldest_ == next_) return false;  // nobody asked
    Call* call = std::exchange(slot(oldest_).call, nullptr);
    ++oldest_;
    live_ = std::max(live_, oldest_);
    if (call != nullptr) {
      call->result_ = std::move(reply);
      call->waiter_.resume();
    }
    return true;
  }

  // What has come. False: the connection is lost, `lost_because_` says why.
  bool take_answers() {
    char bytes[kReadBytes];
    for (int reads = 0; stream_.readable(); ++reads) {
      if (reads == kReadsPerTurn) {  // let others run
        reactor_.post([self = self_.lock()] {
          if (self) self->wake_.notify();
        });
        return true;
      }
      const IoResult got = stream_.read(bytes, sizeof bytes);
      if (got.would_block()) return true;
      if (!got.ok()) return lose("Redis closed the connection");
      if (!reader_.feed(bytes, got.bytes)) return lose("out of memory");
      RedisReply reply;
      for (;;) {
        const auto next = reader_.next(reply);
        if (next == RedisReplyReader::Next::kMore) break;
        if (next == RedisReplyReader::Next::kBroken || !answer(std::move(reply))) {
          return lose("Redis broke its protocol");
        }
        if (stopping_) return true;
      }
    }
    return true;
  }

  bool send_commands() {
    while (sent_ < unsent_.size()) {
      const iovec piece{unsent_.data() + sent_, unsent_.size() - sent_};
      const IoResult put = stream_.write(&piece, 1);
      if (put.would_block()) return true;
      if (!put.ok()) return lose("Redis closed the connection");
      sent_ += put.bytes;
    }
    sent_ = 0;
    unsent_.clear();
    if (unsent_.capacity() > kKeptUnsentBytes) unsent_ = std::string();
    return true;
  }

  bool lose(std::string why) {
    lost_because_ = std::move(why);
    return false;
  }

  Task<void> serve() {
    lost_because_.clear();
    // What answered callers ask next waits for flush(), with what others ask in this turn.
    while (!stopping_ && take_answers() && !stopping_ && (flushing_ || send_commands())) {
      co_await wake_.wait();
      if (!lost_because_.empty()) break;  // watch() gave it up
    }
  }

  // At the turn's end: everything that was asked for in it, in one write.
  Task<void> flush(std::shared_ptr<Core> self) {
    co_await reactor_.after_reads();
    flushing_ = false;
    if (up_ && !stopping_ && lost_because_.empty() && !send_commands()) wake_.notify();
  }

  Task<void> run(std::shared_ptr<Core> self) {
    self_ = self;
    while (!stopping_) {
      const Status linked = co_await open_redis_link(stream_, wake_, resolver_, tls_.get(), options_.url, reader_,
                                                     reactor_.now_ms() + options_.connect_ms);
      if (stopping_) break;
      if (linked.ok()) {
        came_up();
        co_await serve();
        if (stopping_) break;
        went_away(reactor_.now_ms() - up_since_ >= kSteadyMs, lost_because_);
      } else {
        went_away(false, linked.error().describe());
      }
      const MonoMs until = reactor_.now_ms() + pause_ms();
      while (!stopping_ && failures_ > 0 && reactor_.now_ms() < until) co_await wake_.wait(until);
    }
    stream_.close();
    up_ = accepting_ = false;
    away_because_ = "the gateway is stopping";
    counters_->connected.store(false, std::memory_order_relaxed);
    fail_all("the gateway is stopping");
  }

  void came_up() {
    up_ = accepting_ = true;
    up_since_ = reactor_.now_ms();
    count(counters_->connects);
    counters_->connected.store(true, std::memory_order_relaxed);
    if (std::exchange(told_away_, false) && log_ != nullptr) {
      log_->info("cache: Redis is back", {{"cache", options_.url.describe()}});
    }
  }

  // After a steady connection the next is tried at once, and commands may wait for it.
  void went_away(bool was_steady, const std::string& why) {
    stream_.close();
    up_ = false;
    counters_->connected.store(false, std::memory_order_relaxed);
    failures_ = was_steady ? 0 : failures_ + 1;
    accepting_ = failures_ == 0;
    away_because_ = why;
    if (failures_ > 0 && !std::exchange(told_away_, true) && log_ != nullptr) {
      log_->warn("cache: Redis is away", {{"cache", options_.url.describe()}, {"reason", why}});
    }
    fail_all("the connection to Redis was lost: " + why);
  }

  MonoMs pause_ms() {
    if (failures_ == 0) return 0;
    const int doublings = std::min(failures_ - 1, 16);
    const MonoMs whole = std::min<MonoMs>(options_.longest_pause_ms, MonoMs{options_.first_pause_ms} << doublings);
    return whole - static_cast<MonoMs>(random_() % static_cast<std::uint64_t>(whole / 2 + 1));
  }

  // Deadlines of commands, whatever run() waits for.
  Task<void> watch(std::shared_ptr<Core> self) {
    while (!stopping_) {
      const MonoMs now = reactor_.now_ms();
      expire(now);
      MonoMs next = live_ != next_ ? slot(live_).deadline : 0;
      if (up_ && oldest_ != live_) {
        const MonoMs dead = slot(oldest_).deadline + options_.give_up_ms;
        if (dead <= now) {
          lost_because_ = "Redis does not answer";
          wake_.notify();
        } else {
          next = next == 0 ? dead : std::min(next, dead);
        }
      }
      if (stopping_) break;
      watch_idle_ = next == 0;
      co_await alarm_.wait(next);
      watch_idle_ = false;
    }
  }

  Reactor& reactor_;
  Resolver& resolver_;
  const std::unique_ptr<TlsClient> tls_;
  const RedisClientOptions options_;
  const std::shared_ptr<RedisCounters> counters_;
  const Logger* const log_;
  std::mt19937_64 random_;
  std::weak_ptr<Core> self_;

  Signal wake_;   // run()'s: the socket's events, commands to send, the end
  Signal alarm_;  // watch()'s
  Stream stream_;
  RedisReplyReader reader_;
  std::string unsent_;
  std::size_t sent_ = 0;  // of unsent_, this much is gone

  std::vector<Slot> ring_ = std::vector<Slot>(64);  // power of two
  std::uint64_t oldest_ = 0;
  std::uint64_t live_ = 0;
  std::uint64_t next_ = 0;

  int failures_ = 0;  // since the last steady connection
  MonoMs up_since_ = 0;
  std::string away_because_;
  std::string lost_because_;
  bool up_ = false;
  bool accepting_ = true;  // up, or the first attempt after a steady connection is being made
  bool told_away_ = false;
  bool watch_idle_ = false;
  bool flushing_ = false;  // flush() will run at this turn's end
  bool stopping_ = false;
};

RedisClient::Call::Call(Core& core, std::span<const std::string_view> words) : core_(core) {
  core.queue(*this, words);
}

void RedisClient::Call::await_suspend(std::coroutine_handle<> waiter) {
  waiter_ = waiter;
  core_.wait_for(*this);
}

RedisClient::RedisClient(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls,
                         const RedisClientOptions& options, std::shared_ptr<RedisCounters> counters, const Logger* log)
    : core_(std::make_shared<Core>(reactor, resolver, std::move(tls), options, std::move(counters), log)) {
  Core::start(core_);
}

RedisClient::~RedisClient() { core_->stop(); }

bool RedisClient::available() const { return core_->available(); }

}  // namespace moongate
