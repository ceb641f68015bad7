// bench_upstream: an AI service that costs as little as it can. One thread, plain epoll.
//
//   bench_upstream [--ports 3]
//
// prints one line, {"ports":[...],"control":N}, and serves until it is killed. Each POST is answered with ~1
// kB of JSON; a body whose metadata says "bench events=E interval_us=I" is answered with a stream:
// message_start, then E deltas (each with its number and its time of sending), one every I microseconds, then
// message_delta and message_stop. "hold=1" sends the deltas and then stays silent until the client leaves. A
// connection to the control port gets the counters as JSON, and is closed.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>
#include <queue>
#include <vector>

#include "canned_answers.h"
#include "measuring.h"
#include "options.h"

namespace moongate::bench {
namespace {

constexpr unsigned kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

struct Link {
  int fd = -1;
  int port = 0;               // index of the port it came in by; -1: the control port
  std::string pending;        // a head, and the body's first bytes, that are not complete yet
  std::size_t body_left = 0;  // of the request being read; its bytes are thrown away in the kernel
  std::string out;            // what the socket did not take
  bool streaming = false;     // a stream asked for by the request being read or answered
  bool hold = false;
  int events = 0;
  int sent = 0;
  std::int64_t interval_ns = 0;
  std::int64_t next_ns = 0;
};

struct PortCounters {
  long long requests = 0, streams = 0, replaced_credentials = 0, caller_credentials = 0;
};

struct Due {
  std::int64_t at_ns;
  std::weak_ptr<Link> link;
  bool operator<(const Due& other) const { return at_ns > other.at_ns; }
};

// A listening socket on a free port of 127.0.0.1.
int listen_somewhere(int& port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 16384) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("bench_upstream: listen");
    std::exit(1);
  }
  port = ntohs(address.sin_port);
  return fd;
}

class Upstream {
 public:
  explicit Upstream(int ports)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), counters_(static_cast<std::size_t>(ports)) {
    std::string line = "{\"ports\":[";
    for (int i = 0; i <= ports; ++i) {
      int port = 0;
      auto listener = std::make_shared<Link>();
      listener->fd = listen_somewhere(port);
      listener->port = i < ports ? i : -1;
      watch(*listener, EPOLLIN);
      keep(listener);
      listeners_.push_back(listener->fd);
      line += (i == ports ? "],\"control\":" : i ? "," : "") + std::to_string(port);
    }
    std::puts((line + "}").c_str());
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    for (;;) {
      timespec wait{};
      timespec* timeout = nullptr;
      if (!due_.empty()) {
        std::int64_t left = std::max<std::int64_t>(0, due_.top().at_ns - monotonic_ns());
        wait = {left / 1'000'000'000, left % 1'000'000'000};
        timeout = &wait;
      }
      int n = epoll_pwait2(epoll_, events, 256, timeout, nullptr);
      for (int i = 0; i < n; ++i) ready(events[i]);
      while (!due_.empty() && due_.top().at_ns <= monotonic_ns()) {
        std::shared_ptr<Link> link = due_.top().link.lock();
        due_.pop();
        if (link && link->fd >= 0) send_due(link);
      }
    }
  }

 private:
  void keep(const std::shared_ptr<Link>& link) {
    auto fd = static_cast<std::size_t>(link->fd);
    if (links_.size() <= fd) links_.resize(fd + 1);
    links_[fd] = link;
  }
  void watch(const Link& link, unsigned events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = link.fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, link.fd, &event);
  }
  void drop(const std::shared_ptr<Link>& link) {
    int fd = link->fd;
    link->fd = -1;
    close(fd);
    links_[static_cast<std::size_t>(fd)].reset();
  }

  void ready(const epoll_event& event) {
    std::shared_ptr<Link> link = links_[static_cast<std::size_t>(event.data.fd)];
    if (!link) return;
    for (int listener : listeners_) {
      if (listener == link->fd) return accept_all(*link);
    }
    if ((event.events & EPOLLOUT) != 0 && !link->out.empty() && !flush(link)) return;
    if ((event.events & (EPOLLIN | kEnd)) != 0) read_from(link, (event.events & kEnd) != 0);
  }

  void accept_all(const Link& listener) {
    for (;;) {
      int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      if (listener.port < 0) {
        std::string text = counters_text();
        (void)!write(fd, text.data(), text.size());
        close(fd);
        continue;
      }
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto link = std::make_shared<Link>();
      link->fd = fd;
      link->port = listener.port;
      keep(link);
      watch(*link, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  // Edge-triggered: reads until the socket is empty, which a short read shows without a further call, unless
  // epoll has told that the other side `ended`.
  void read_from(const std::shared_ptr<Link>& link, bool ended) {
    for (;;) {
      bool skipping = link->body_left > 0;
      std::size_t room = skipping ? link->body_left : sizeof buffer_;
      ssize_t n = recv(link->fd, buffer_, room, skipping ? MSG_TRUNC : 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return drop(link);
      if (skipping) {
        link->body_left -= static_cast<std::size_t>(n);
        if (link->body_left == 0 && !answer(link)) return;
        continue;
      }
      std::string_view bytes(buffer_, static_cast<std::size_t>(n));
      if (!link->pending.empty()) {
        link->pending.append(bytes);
        bytes = link->pending;
      }
      std::size_t used = begin_request(*link, bytes);
      if (used == kBad) return drop(link);
      if (used == 0) {
        if (link->pending.empty()) link->pending.assign(bytes);
      } else {
        link->pending.clear();
        if (link->body_left == 0 && !answer(link)) return;
      }
      if (!ended && static_cast<std::size_t>(n) < room) return;
    }
  }

  static constexpr std::size_t kBad = static_cast<std::size_t>(-1);

  // Reads a head and what lies of its body in `bytes`; 0 when too little is there to know what is asked for.
  // A client of ours never pipelines, so everything behind the head belongs to this body.
  std::size_t begin_request(Link& link, std::string_view bytes) {
    std::size_t head = bytes.find("\r\n\r\n");
    if (head == std::string_view::npos) return bytes.size() > 65536 ? kBad : 0;
    head += 4;
    std::string_view headers = bytes.substr(0, head);
    std::size_t length = 0;
    for (std::size_t at = headers.find("\r\n"); at + 4 < head; at = headers.find("\r\n", at + 2)) {
      constexpr std::string_view kName = "content-length:";
      if (strncasecmp(headers.data() + at + 2, kName.data(), kName.size()) != 0) continue;
      length = std::strtoull(headers.data() + at + 2 + kName.size(), nullptr, 10);
      break;
    }
    std::size_t here = bytes.size() - head;
    if (here > length) return kBad;
    if (here < std::min<std::size_t>(length, 512)) return 0;
    PortCounters& counters = counters_[static_cast<std::size_t>(link.port)];
    ++counters.requests;
    if (headers.find("bench-account-key-") != std::string_view::npos) ++counters.replaced_credentials;
    if (headers.find("bench-client-key-") != std::string_view::npos) ++counters.caller_credentials;
    link.body_left = length - here;
    std::string_view note = bytes.substr(head, 512);
    std::size_t at = note.find("\"bench events=");
    link.streaming = at != std::string_view::npos;
    if (link.streaming) {
      ++counters.streams;
      int interval_us = 0, hold = 0;
      std::string text(note.substr(at, 80));
      std::sscanf(text.c_str(), "\"bench events=%d interval_us=%d hold=%d", &link.events, &interval_us,
                  &hold);
      link.interval_ns = interval_us * 1000LL;
      link.hold = hold != 0;
    }
    return bytes.size();
  }

  // false: the connection is gone.
  bool answer(const std::shared_ptr<Link>& link) {
    if (!link->streaming) return send_now(link, plain_);
    if (!send_now(link, opening_)) return false;
    link->sent = 0;
    // Streams that start together must not beat together: the golden ratio spreads their phases evenly.
    phase_ += 0.6180339887498949;
    phase_ -= static_cast<double>(static_cast<int>(phase_));
    link->next_ns =
        monotonic_ns() + static_cast<std::int64_t>(phase_ * static_cast<double>(link->interval_ns));
    due_.push({link->next_ns, link});
    return true;
  }

  void send_due(const std::shared_ptr<Link>& link) {
    if (link->sent == link->events) {
      if (link->hold) return;
      link->streaming = false;
      send_now(link, stream_ending(link->events));
      return;
    }
    if (!send_now(link, delta_.with(link->sent, monotonic_ns()))) return;
    ++link->sent;
    link->next_ns += link->interval_ns;
    due_.push({link->next_ns, link});
  }

  bool send_now(const std::shared_ptr<Link>& link, std::string_view bytes) {
    if (!link->out.empty()) {
      link->out.append(bytes);
      return true;
    }
    ssize_t n = send(link->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) {
      drop(link);
      return false;
    }
    if (n < 0) n = 0;
    if (static_cast<std::size_t>(n) < bytes.size())
      link->out.assign(bytes.substr(static_cast<std::size_t>(n)));
    return true;
  }

  bool flush(const std::shared_ptr<Link>& link) {
    std::string waiting;
    waiting.swap(link->out);
    return send_now(link, waiting);
  }

  std::string counters_text() const {
    std::string text = "[";
    for (const PortCounters& c : counters_) {
      if (text.size() > 1) text += ",";
      text += "{\"requests\":" + std::to_string(c.requests) + ",\"streams\":" + std::to_string(c.streams) +
              ",\"replaced_credentials\":" + std::to_string(c.replaced_credentials) +
              ",\"caller_credentials\":" + std::to_string(c.caller_credentials) + "}";
    }
    return text + "]\n";
  }

  int epoll_;
  std::vector<PortCounters> counters_;
  std::vector<int> listeners_;
  std::vector<std::shared_ptr<Link>> links_;  // by file descriptor
  std::priority_queue<Due> due_;
  double phase_ = 0;
  std::string plain_ = plain_answer();
  std::string opening_ = stream_opening();
  DeltaEvent delta_;
  char buffer_[262144];
};

}  // namespace
}  // namespace moongate::bench

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1000UL);  // the default of 50 us would bunch events that are 100 us apart
  moongate::bench::Options options(argc, argv, 1);
  auto upstream = std::make_unique<moongate::bench::Upstream>(static_cast<int>(options.number("ports", 3)));
  upstream->run();
}
