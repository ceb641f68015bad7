#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace moongate {
namespace {

constexpr std::size_t kKeptNames = 4096;
constexpr std::size_t kQueuedNames = 1024;

void set_port(Address& address, int port) {
  if (address.storage.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(static_cast<std::uint16_t>(port));
  } else {
    reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(static_cast<std::uint16_t>(port));
  }
}

bool parse_numeric(const std::string& host, int port, std::vector<Address>& out) {
  Address address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    address.size = sizeof v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    address.size = sizeof v6;
  } else {
    return false;
  }
  set_port(address, port);
  out.push_back(address);
  return true;
}

}  // namespace

struct Resolver::State {
  struct Waiting {  // lives in the asking coroutine; touched on its own thread only, but for the posting
    Reactor* reactor = nullptr;
    Signal* signal = nullptr;
    std::shared_ptr<bool> alive;
    std::shared_ptr<bool> answered;
  };
  struct Entry {
    std::vector<Address> addresses;
    MonoMs fresh_until = 0;
    bool asking = false;
    std::string failure;
    std::vector<Waiting> waiting;
  };

  State(const Clock& c, int ttl) : clock(c), ttl_ms(ttl) {}

  const Clock& clock;
  const int ttl_ms;
  std::mutex mutex;
  std::condition_variable wake;
  std::unordered_map<std::string, Entry> names;
  std::deque<std::string> queue;
  bool stop = false;
  std::vector<std::thread> threads;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stop || !queue.empty(); });
      if (stop) return;
      const std::string host = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      addrinfo hints{};
      hints.ai_family = AF_UNSPEC;
      hints.ai_socktype = SOCK_STREAM;
      hints.ai_flags = AI_ADDRCONFIG;
      addrinfo* found = nullptr;
      const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
      std::vector<Address> addresses;
      for (addrinfo* each = failed == 0 ? found : nullptr; each != nullptr; each = each->ai_next) {
        Address address;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
        addresses.push_back(address);
      }
      if (failed == 0 && found != nullptr) freeaddrinfo(found);
      lock.lock();
      Entry& entry = names[host];
      entry.asking = false;
      if (!addresses.empty()) {
        entry.addresses = std::move(addresses);
        entry.failure.clear();
        entry.fresh_until = clock.mono_ms() + ttl_ms;
      } else {
        entry.failure = failed != 0 ? gai_strerror(failed) : "no address";
        entry.fresh_until = clock.mono_ms() + 1000;  // a name that fails is asked for again soon, not at once
      }
      for (Waiting& each : entry.waiting) {
        each.reactor->post([waiting = std::move(each)] {
          *waiting.answered = true;
          if (*waiting.alive) waiting.signal->notify();
        });
      }
      entry.waiting.clear();
    }
  }
};

Resolver::Resolver(const Clock& clock, int ttl_ms, int threads) : state_(std::make_shared<State>(clock, ttl_ms)) {
  for (int i = 0; i < threads; ++i) state_->threads.emplace_back([this] { state_->run(); });
}

Resolver::~Resolver() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads) thread.join();
}

Task<Result<std::vector<Address>>> Resolver::resolve(Signal& signal, std::string host, int port, MonoMs deadline) {
  std::vector<Address> addresses;
  if (parse_numeric(host, port, addresses)) co_return addresses;

  const auto alive = std::make_shared<bool>(true);
  const auto answered = std::make_shared<bool>(false);
  bool asked = false;
  for (;;) {
    {
      std::lock_guard lock(state_->mutex);
      if (state_->names.size() >= kKeptNames && !state_->names.contains(host)) {
        std::erase_if(state_->names, [](const auto& each) { return !each.second.asking; });
      }
      State::Entry& entry = state_->names[host];
      const bool fresh = state_->clock.mono_ms() < entry.fresh_until;
      if (!fresh && !entry.asking && !asked) {
        if (state_->queue.size() >= kQueuedNames) {
          co_return Error(ErrorKind::kUnavailable, "too many names to look up at once", ErrorSource::kInternal,
                          Retry::kYes);
        }
        entry.asking = true;
        state_->queue.push_back(host);
        state_->wake.notify_one();
      }
      if (!entry.addresses.empty()) {  // fresh, or stale while its renewal runs
        addresses = entry.addresses;
        break;
      }
      if (!entry.asking || *answered) {  // our answer has come, even if somebody asks again already
        co_return Error(ErrorKind::kConnect, "cannot resolve " + host + ": " + entry.failure,
                        ErrorSource::kUpstream, Retry::kYes);
      }
      if (!asked) {
        entry.waiting.push_back({&signal.reactor(), &signal, alive, answered});
        asked = true;
      }
    }
    while (!*answered) {
      if (!co_await signal.wait(deadline)) {
        *alive = false;
        co_return Error(ErrorKind::kTimeout, "resolving " + host + " timed out", ErrorSource::kUpstream, Retry::kYes);
      }
    }
  }
  *alive = false;
  for (Address& address : addresses) set_port(address, port);
  co_return addresses;
}

}  // namespace moongate
