// Closed loop: each connection sends a request, reads the answer, sends the next.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
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

struct Lane {
  Peer peer;
  ResponseReader reader;
  RequestText* text = nullptr;
  std::string_view unsent;
  int caller = 0;
  bool busy = false;
  std::int64_t started_ns = 0;
};

class RequestLoad {
 public:
  explicit RequestLoad(const Options& options)
      : target_(options.text("target", "")),
        address_(address_of(target_)),
        tls_(options.given("tls") ? make_tls_client() : nullptr),
        pid_(static_cast<pid_t>(options.number("pid", 0))),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        lanes_(static_cast<std::size_t>(options.number("connections", 64))),
        buffer_(262144) {
    auto body = static_cast<std::size_t>(options.number("body", 2000));
    // One text for each lane: a large one may still be half sent while others start theirs.
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      texts_.push_back(std::make_unique<RequestText>(target_, kModels[i % 3], body, "", false));
      lanes_[i].text = texts_.back().get();
    }
  }

  int run_for(std::int64_t warmup_ns, std::int64_t duration_ns) {
    for (Lane& lane : lanes_) ask(lane);
    std::int64_t begin = monotonic_ns() + warmup_ns;
    if (!turn_until(begin)) return 1;
    answered_ = 0;
    latency_ = {};
    CpuTimes before = cpu_times_of(pid_);
    begin = monotonic_ns();
    if (!turn_until(begin + duration_ns)) return 1;
    CpuTimes cpu = cpu_times_of(pid_).since(before);
    report("done", monotonic_ns() - begin, cpu);
    return failures_ == 0 && answered_ > 0 ? 0 : 1;
  }

  int run_gated(long long requests) {
    allowance_ = static_cast<long long>(lanes_.size());
    for (Lane& lane : lanes_) ask(lane);
    if (!turn_until_idle()) return 1;
    std::puts("{\"event\":\"ready\"}");
    wait_for_line();
    answered_ = 0;
    latency_ = {};
    allowance_ = requests;
    CpuTimes before = cpu_times_of(pid_);
    std::int64_t begin = monotonic_ns();
    for (Lane& lane : lanes_) ask(lane);
    if (!turn_until_idle()) return 1;
    report("done", monotonic_ns() - begin, cpu_times_of(pid_).since(before));
    wait_for_line();
    return failures_ == 0 ? 0 : 1;
  }

 private:
  static void wait_for_line() {
    for (char c = 0; read(0, &c, 1) == 1 && c != '\n';) continue;
  }

  void ask(Lane& lane) {
    if (allowance_ == 0) return;
    if (allowance_ > 0) --allowance_;
    if (!lane.peer.is_open() &&
        !lane.peer.open(address_, tls_, epoll_, static_cast<std::size_t>(&lane - lanes_.data()))) {
      return fail(lane, "no connection");
    }
    lane.unsent = lane.text->as_caller(next_caller_++);
    lane.busy = true;
    ++busy_;
    lane.started_ns = monotonic_ns();
    push(lane);
  }

  void push(Lane& lane) {
    while (!lane.unsent.empty()) {
      long n = lane.peer.send(lane.unsent);
      if (n == Peer::kLater) return;
      if (n <= 0) return fail(lane, "connection lost while sending");
      lane.unsent.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // `ended`: epoll has told of the other side's end, which a short read must not hide.
  void pull(Lane& lane, bool ended) {
    for (;;) {
      long n = lane.peer.receive(buffer_.data(), buffer_.size());
      if (n == Peer::kLater) return;
      if (n <= 0) {
        if (lane.busy) return fail(lane, "connection closed before the answer");
        ++reconnects_;
        return lane.peer.close();
      }
      std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n)), payload;
      for (ResponseReader::Found found;
           (found = lane.reader.next(bytes, payload)) != ResponseReader::Found::kNeedMore;) {
        if (found == ResponseReader::Found::kBroken) return fail(lane, "not HTTP");
        if (found == ResponseReader::Found::kPayload) continue;
        if (lane.reader.status() != 200) return fail(lane, "status " + std::to_string(lane.reader.status()));
        if (!lane.busy || !lane.unsent.empty()) return fail(lane, "answered before the request was sent");
        lane.busy = false;
        --busy_;
        ++answered_;
        latency_.add(monotonic_ns() - lane.started_ns);
        ask(lane);
      }
      if (tls_ == nullptr && !ended && static_cast<std::size_t>(n) < buffer_.size()) return;
      if (!lane.peer.is_open()) return;
    }
  }

  void fail(Lane& lane, const std::string& why) {
    if (++failures_ <= 5) std::fprintf(stderr, "bench_load: %s\n", why.c_str());
    if (lane.busy) --busy_;
    lane.busy = false;
    lane.reader = {};
    lane.peer.close();
  }

  bool turn(std::int64_t wait_ns) {
    epoll_event events[256];
    int n = epoll_wait(epoll_, events, 256,
                       static_cast<int>(std::clamp<std::int64_t>(wait_ns / 1'000'000 + 1, 0, 100)));
    for (int i = 0; i < n; ++i) {
      Lane& lane = lanes_[events[i].data.u64];
      if (lane.peer.is_open() && !lane.unsent.empty()) push(lane);
      if (lane.peer.is_open() && (events[i].events & ~EPOLLOUT) != 0)
        pull(lane, (events[i].events & kEnd) != 0);
    }
    return failures_ <= 100;
  }

  bool turn_until(std::int64_t end) {
    std::int64_t now = monotonic_ns();
    long long seen = answered_;
    std::int64_t alive = now;
    while (now < end) {
      if (!turn(end - now)) return false;
      if (busy_ == 0) {
        for (Lane& lane : lanes_) ask(lane);
      }
      now = monotonic_ns();
      if (answered_ != seen) alive = now;
      seen = answered_;
      if (now - alive > kPatienceNs) return give_up();
    }
    return true;
  }

  bool turn_until_idle() {
    std::int64_t alive = monotonic_ns();
    long long seen = answered_;
    while (busy_ > 0) {
      if (!turn(100'000'000)) return false;
      if (answered_ != seen) alive = monotonic_ns();
      seen = answered_;
      if (monotonic_ns() - alive > kPatienceNs) return give_up();
    }
    return true;
  }

  static bool give_up() {
    std::fprintf(stderr, "bench_load: no answer for 10 seconds\n");
    return false;
  }

  void report(const char* event, std::int64_t elapsed_ns, const CpuTimes& cpu) const {
    std::printf(
        "{\"event\":\"%s\",\"requests\":%lld,\"failures\":%lld,\"reconnects\":%lld,\"elapsed_ns\":%lld,\"cpu_"
        "ns\":%lld,"
        "\"user_ns\":%lld,\"system_ns\":%lld,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
        event, answered_, failures_, reconnects_, static_cast<long long>(elapsed_ns),
        static_cast<long long>(cpu.total_ns), static_cast<long long>(cpu.user_ns),
        static_cast<long long>(cpu.system_ns), latency_.percentile(0.5) / 1000,
        latency_.percentile(0.99) / 1000);
  }

  static constexpr std::int64_t kPatienceNs = 10'000'000'000;
  std::string target_;
  sockaddr_in address_;
  SSL_CTX* tls_;
  pid_t pid_;
  int epoll_;
  std::vector<Lane> lanes_;
  std::vector<std::unique_ptr<RequestText>> texts_;
  std::vector<char> buffer_;
  int next_caller_ = 0;
  long long allowance_ = -1;  // requests that may still be started; -1: any number
  long long answered_ = 0, failures_ = 0, reconnects_ = 0;
  int busy_ = 0;
  Histogram latency_;
};

}  // namespace

int load_requests(const Options& options) {
  RequestLoad load(options);
  if (options.given("gate")) return load.run_gated(options.number("requests", 5000));
  return load.run_for(options.number("warmup-ms", 300) * 1'000'000,
                      options.number("duration-ms", 2000) * 1'000'000);
}

}  // namespace moongate::bench
