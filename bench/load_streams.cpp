// Many event streams at once: counts, checks their order, and measures how late each event comes.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "load.h"
#include "measuring.h"
#include "peer.h"
#include "request_text.h"
#include "response_reader.h"

namespace moongate::bench {
namespace {

constexpr unsigned kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::size_t kStdinTag = static_cast<std::size_t>(-1);

struct Stream {
  Peer peer;
  ResponseReader reader;
  std::string unsent;
  std::string partial;  // an event that has not come in full
  int deltas = 0;
  bool started = false, stopped = false, over = false;
};

class StreamLoad {
 public:
  explicit StreamLoad(const Options& options)
      : address_(address_of(options.text("target", ""))),
        tls_(options.given("tls") ? make_tls_client() : nullptr),
        pid_(static_cast<pid_t>(options.number("pid", 0))),
        events_(static_cast<int>(options.number("events", 100))),
        hold_(options.given("hold")),
        ramp_(options.number("ramp", 64)),
        warmup_ns_(options.number("warmup-ms", 300) * 1'000'000),
        duration_ns_(hold_ ? 0 : options.number("duration-ms", 3000) * 1'000'000),
        limit_ns_(options.number("limit-s", 120) * 1'000'000'000),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        streams_(static_cast<std::size_t>(options.number("streams", 500))),
        buffer_(65536) {
    std::string note = "bench events=" + std::to_string(events_) +
                       " interval_us=" + std::to_string(options.number("interval-us", 50000)) +
                       (hold_ ? " hold=1" : "");
    for (std::string_view model : kModels) {
      texts_.emplace_back(options.text("target", ""), model,
                          static_cast<std::size_t>(options.number("body", 2000)), note, true);
    }
  }

  int run() {
    std::int64_t begin = monotonic_ns();
    bool announced = false;
    while (over_ < streams() && !told_to_leave_) {
      while (opened_ < streams() && opened_ - started_ - refused_ < ramp_) open_next();
      turn();
      std::int64_t now = monotonic_ns();
      if (opened_at_ns_ == 0 && started_ + refused_ == streams()) opened_at_ns_ = now;
      if (hold_ && !announced && deltas_ == (streams() - refused_) * events_) {
        announced = true;
        announce_open();
      }
      if (duration_ns_ > 0 && opened_at_ns_ != 0) keep_window(now);
      if (now - begin > limit_ns_) {
        std::fprintf(stderr, "bench_load: gave up after %lld s\n",
                     static_cast<long long>(limit_ns_ / 1'000'000'000));
        break;
      }
    }
    bool whole =
        cut_ == 0 && refused_ == 0 && disorder_ == 0 && (hold_ ? told_to_leave_ : complete_ == streams());
    bool measured = duration_ns_ == 0 || window_ == Window::kOver;
    if (!measured)
      std::fprintf(stderr, "bench_load: the streams ended before the measuring did; ask for more events\n");
    report();
    return whole && measured ? 0 : 1;
  }

 private:
  enum class Window { kNotYet, kOpen, kOver };
  long long streams() const { return static_cast<long long>(streams_.size()); }

  void open_next() {
    Stream& stream = streams_[static_cast<std::size_t>(opened_)];
    stream.unsent = texts_[static_cast<std::size_t>(opened_ % 3)].as_caller(static_cast<int>(opened_));
    if (!stream.peer.open(address_, tls_, epoll_, static_cast<std::size_t>(opened_)))
      refuse(stream, "no connection");
    ++opened_;
    if (stream.peer.is_open()) push(stream);
  }

  void push(Stream& stream) {
    while (!stream.unsent.empty()) {
      long n = stream.peer.send(stream.unsent);
      if (n == Peer::kLater) return;
      if (n <= 0) return lose(stream, "connection lost while sending");
      stream.unsent.erase(0, static_cast<std::size_t>(n));
    }
    stream.unsent.shrink_to_fit();
  }

  // `ended`: epoll has told of the other side's end, which a short read must not hide.
  void pull(Stream& stream, bool ended) {
    for (;;) {
      long n = stream.peer.receive(buffer_.data(), buffer_.size());
      if (n == Peer::kLater) return;
      if (n <= 0) return lose(stream, "stream ended early");
      received_at_ns_ = monotonic_ns();
      std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n)), payload;
      for (ResponseReader::Found found;
           (found = stream.reader.next(bytes, payload)) != ResponseReader::Found::kNeedMore;) {
        if (found == ResponseReader::Found::kBroken) return lose(stream, "not HTTP");
        if (stream.reader.status() != 200)
          return refuse(stream, "status " + std::to_string(stream.reader.status()));
        if (found == ResponseReader::Found::kPayload) {
          take(stream, payload);
        } else {
          return finish(stream);
        }
      }
      if (tls_ == nullptr && !ended && static_cast<std::size_t>(n) < buffer_.size()) return;
    }
  }

  void take(Stream& stream, std::string_view payload) {
    std::string joined;
    if (!stream.partial.empty()) {
      joined.swap(stream.partial);
      joined.append(payload);
      payload = joined;
    }
    for (std::size_t end; (end = payload.find("\n\n")) != std::string_view::npos;
         payload.remove_prefix(end + 2)) {
      take_event(stream, payload.substr(0, end));
    }
    stream.partial.assign(payload);
  }

  void take_event(Stream& stream, std::string_view event) {
    constexpr std::string_view kDelta = "event: content_block_delta\n";
    if (event.substr(0, kDelta.size()) == kDelta) {
      std::size_t at = event.find("bench ");
      if (at == std::string_view::npos || event.size() < at + 34) {
        ++disorder_;
        return;
      }
      if (std::strtoll(event.data() + at + 6, nullptr, 10) != stream.deltas) ++disorder_;
      ++stream.deltas;
      ++deltas_;
      if (window_ == Window::kOpen) {
        latency_.add(received_at_ns_ - std::strtoll(event.data() + at + 15, nullptr, 10));
      }
    } else if (event.substr(0, 21) == "event: message_start\n" && !stream.started) {
      stream.started = true;
      ++started_;
      peak_ = std::max(peak_, started_ - over_);
    } else if (event.substr(0, 20) == "event: message_stop\n") {
      stream.stopped = true;
    }
  }

  void finish(Stream& stream) {
    if (!stream.stopped || stream.deltas != events_)
      return lose(stream, "stream ended without its final event");
    ++complete_;
    leave(stream);
  }
  void lose(Stream& stream, const char* why) {
    if (!stream.started) return refuse(stream, why);
    if (++cut_ <= 5) std::fprintf(stderr, "bench_load: %s\n", why);
    leave(stream);
  }
  void refuse(Stream& stream, const std::string& why) {
    if (++refused_ <= 5) std::fprintf(stderr, "bench_load: refused: %s\n", why.c_str());
    leave(stream);
  }
  void leave(Stream& stream) {
    if (!stream.over) ++over_;
    stream.over = true;
    stream.peer.close();
  }

  void turn() {
    epoll_event events[256];
    int n = epoll_wait(epoll_, events, 256, 20);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.u64 == kStdinTag) {
        told_to_leave_ = true;
        continue;
      }
      Stream& stream = streams_[events[i].data.u64];
      if (stream.peer.is_open() && !stream.unsent.empty()) push(stream);
      if (stream.peer.is_open() && (events[i].events & ~EPOLLOUT) != 0)
        pull(stream, (events[i].events & kEnd) != 0);
    }
  }

  void announce_open() {
    std::printf("{\"event\":\"open\",\"streams\":%lld,\"refused\":%lld}\n", started_, refused_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kStdinTag;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, 0, &event);
  }

  void keep_window(std::int64_t now) {
    if (window_ == Window::kNotYet && now >= opened_at_ns_ + warmup_ns_ && over_ == 0) {
      window_ = Window::kOpen;
      window_began_ns_ = now;
      window_cpu_ = cpu_times_of(pid_);
    } else if (window_ == Window::kOpen && now >= window_began_ns_ + duration_ns_ && over_ == 0) {
      window_ = Window::kOver;
      window_cpu_ = cpu_times_of(pid_).since(window_cpu_);
      window_ns_ = now - window_began_ns_;
    }
  }

  void report() const {
    std::printf(
        "{\"event\":\"done\",\"streams\":%lld,\"peak_open\":%lld,\"complete\":%lld,\"cut\":%lld,\"refused\":%"
        "lld,"
        "\"disorder\":%lld,\"deltas\":%lld,\"window_events\":%lld,\"window_ns\":%lld,\"cpu_ns\":%lld,\"user_"
        "ns\":%lld,"
        "\"system_ns\":%lld,\"p50_us\":%.1f,\"p99_us\":%.1f,\"mean_us\":%.1f,\"max_us\":%.1f}\n",
        streams(), peak_, complete_, cut_, refused_, disorder_, deltas_,
        static_cast<long long>(latency_.count()), static_cast<long long>(window_ns_),
        static_cast<long long>(window_cpu_.total_ns), static_cast<long long>(window_cpu_.user_ns),
        static_cast<long long>(window_cpu_.system_ns), latency_.percentile(0.5) / 1000,
        latency_.percentile(0.99) / 1000, latency_.mean() / 1000, static_cast<double>(latency_.max()) / 1000);
  }

  sockaddr_in address_;
  SSL_CTX* tls_;
  pid_t pid_;
  int events_;
  bool hold_;
  long long ramp_;
  std::int64_t warmup_ns_, duration_ns_, limit_ns_;
  int epoll_;
  std::vector<Stream> streams_;
  std::vector<RequestText> texts_;
  std::vector<char> buffer_;
  long long opened_ = 0, started_ = 0, refused_ = 0, over_ = 0, complete_ = 0, cut_ = 0, disorder_ = 0,
            deltas_ = 0, peak_ = 0;
  bool told_to_leave_ = false;
  std::int64_t opened_at_ns_ = 0, received_at_ns_ = 0;
  Window window_ = Window::kNotYet;
  std::int64_t window_began_ns_ = 0, window_ns_ = 0;
  CpuTimes window_cpu_;
  Histogram latency_;
};

}  // namespace

int load_streams(const Options& options) { return StreamLoad(options).run(); }

}  // namespace moongate::bench
