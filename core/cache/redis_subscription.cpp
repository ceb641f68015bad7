#include "cache/redis_subscription.h"

#include <sys/socket.h>

#include <algorithm>
#include <random>

#include "cache/redis_link.h"

namespace moongate {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kReadsPerTurn = 8;
constexpr MonoMs kPingEveryMs = 2000;    // a silent channel looks like a dead connection
constexpr MonoMs kSilenceEndsMs = 5000;  // without any answer for so long it is one

}  // namespace

class RedisSubscription::Core {
 public:
  Core(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls, const RedisClientOptions& options,
       std::string channel, SubscriptionHandler handler, const Logger* log)
      : reactor_(reactor),
        resolver_(resolver),
        tls_(std::move(tls)),
        options_(options),
        channel_(std::move(channel)),
        handler_(std::move(handler)),
        log_(log),
        random_(options.seed),
        wake_(reactor) {}

  void stop() {
    stopping_ = true;
    if (stream_.is_open() && !begun_) ::shutdown(stream_.fd(), SHUT_RDWR);  // ends connecting
    wake_.notify();
  }

  Task<void> run(std::shared_ptr<Core> self) {
    self_ = self;
    while (!stopping_) {
      reader_ = RedisReplyReader();
      begun_ = false;
      const Status ended = co_await listen();
      stream_.close();
      if (stopping_) break;
      failures_ = begun_ ? 1 : std::min(failures_ + 1, 16);
      if (!std::exchange(told_away_, true) && log_ != nullptr) {
        log_->warn("cache: the subscription is interrupted",
                   {{"cache", options_.url.describe()}, {"channel", channel_}, {"reason", ended.error().describe()}});
      }
      const MonoMs until = reactor_.now_ms() + pause_ms();
      while (!stopping_ && reactor_.now_ms() < until) co_await wake_.wait(until);
    }
    stream_.close();
  }

 private:
  // Until the connection is lost, or never came about.
  Task<Status> listen() {
    const MonoMs deadline = reactor_.now_ms() + options_.connect_ms;
    Status linked = co_await open_redis_link(stream_, wake_, resolver_, tls_.get(), options_.url, reader_, deadline);
    if (!linked || stopping_) co_return closed_or(std::move(linked));
    std::string subscribe;
    append_redis_command(subscribe, {"SUBSCRIBE", channel_});
    if (Status sent = co_await write_all(stream_, wake_, subscribe, deadline); !sent) co_return sent;
    std::string ping;
    append_redis_command(ping, {"PING"});
    MonoMs heard = reactor_.now_ms();
    MonoMs next_ping = heard + kPingEveryMs;
    while (!stopping_) {
      switch (take()) {
        case Took::kSomething: heard = reactor_.now_ms(); break;
        case Took::kNothing: break;
        case Took::kEnd: co_return Error(ErrorKind::kClosed, "Redis closed the connection");
      }
      if (stopping_) break;
      const MonoMs now = reactor_.now_ms();
      if (now - heard >= kSilenceEndsMs) co_return Error(ErrorKind::kTimeout, "Redis does not answer");
      if (now >= next_ping) {
        next_ping = now + kPingEveryMs;
        if (Status sent = co_await write_all(stream_, wake_, ping, now + kPingEveryMs); !sent) co_return sent;
      }
      co_await wake_.wait(next_ping);
    }
    co_return closed_or(Status());
  }

  static Status closed_or(Status status) {
    return status.ok() ? Status(Error(ErrorKind::kCanceled, "the subscription has ended")) : status;
  }

  enum class Took : std::uint8_t { kNothing, kSomething, kEnd };
  Took take() {
    char bytes[kReadBytes];
    Took took = Took::kNothing;
    for (int reads = 0;; ++reads) {
      RedisReply reply;
      for (;;) {  // also what came behind the greeting
        const auto next = reader_.next(reply);
        if (next == RedisReplyReader::Next::kMore) break;
        if (next == RedisReplyReader::Next::kBroken || reply.type == RedisReply::Type::kError) return Took::kEnd;
        took = Took::kSomething;
        hand_over(reply);
        if (stopping_) return took;
      }
      if (!stream_.readable()) return took;
      if (reads == kReadsPerTurn) {  // let others run
        reactor_.post([weak = self_] {
          if (const auto self = weak.lock()) self->wake_.notify();
        });
        return took;
      }
      const IoResult got = stream_.read(bytes, sizeof bytes);
      if (got.would_block()) return took;
      if (!got.ok() || !reader_.feed(bytes, got.bytes)) return Took::kEnd;
    }
  }

  void hand_over(const RedisReply& reply) {
    if (reply.type != RedisReply::Type::kArray || reply.elements.empty()) return;
    const std::string& what = reply.elements[0].text;
    if (what == "message" && reply.elements.size() == 3) {
      if (handler_.on_message) handler_.on_message(reply.elements[2].text);
    } else if (what == "subscribe") {
      begun_ = true;
      if (std::exchange(told_away_, false) && log_ != nullptr) {
        log_->info("cache: the subscription goes on", {{"cache", options_.url.describe()}, {"channel", channel_}});
      }
      if (handler_.on_begin) handler_.on_begin();
    }
  }

  MonoMs pause_ms() {
    const MonoMs whole = std::min<MonoMs>(options_.longest_pause_ms, MonoMs{options_.first_pause_ms} << (failures_ - 1));
    return whole - static_cast<MonoMs>(random_() % static_cast<std::uint64_t>(whole / 2 + 1));
  }

  Reactor& reactor_;
  Resolver& resolver_;
  const std::unique_ptr<TlsClient> tls_;
  const RedisClientOptions options_;
  const std::string channel_;
  const SubscriptionHandler handler_;
  const Logger* const log_;
  std::mt19937_64 random_;
  std::weak_ptr<Core> self_;
  Signal wake_;
  Stream stream_;
  RedisReplyReader reader_;
  int failures_ = 0;
  bool begun_ = false;
  bool told_away_ = false;
  bool stopping_ = false;
};

RedisSubscription::RedisSubscription(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls,
                                     const RedisClientOptions& options, std::string channel,
                                     SubscriptionHandler handler, const Logger* log)
    : core_(std::make_shared<Core>(reactor, resolver, std::move(tls), options, std::move(channel), std::move(handler),
                                   log)) {
  spawn(core_->run(core_));
}

RedisSubscription::~RedisSubscription() { core_->stop(); }

}  // namespace moongate
