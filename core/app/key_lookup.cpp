#include "app/key_lookup.h"

#include "identity/key_holder_text.h"

namespace moongate {
namespace {

constexpr MonoMs kPatienceMs = 3000;
constexpr std::int64_t kSharedTtlMs = 60'000;

std::string cache_key(const std::string& digest) { return "mg:key:" + digest; }

Error too_slow() {
  return Error(ErrorKind::kUnavailable, "The gateway could not look the credential up; try again shortly.");
}

}  // namespace

// Outlives the coroutine that waits: whoever ends the wait may come late. Touched on the reactor's thread alone.
struct KeyLookup::Wait {
  explicit Wait(Reactor& reactor) : signal(reactor) {}
  Signal signal;
  bool over = false;
  Status status;
  std::shared_ptr<const KeyHolder> holder;
  std::int64_t generation = 0;
};

// Its signal is tied to the reactor's timers: whoever lets go of it last, on whatever thread, it ends on the reactor's.
std::shared_ptr<KeyLookup::Wait> KeyLookup::new_wait() {
  return {new Wait(reactor_), [&reactor = reactor_](Wait* ended) { reactor.post([owned = std::shared_ptr<Wait>(ended)] {}); }};
}

Task<Status> KeyLookup::look_up(std::string digest) {
  auto wait = new_wait();
  const auto wake = [wait, &reactor = reactor_] {
    reactor.post([wait] {
      wait->over = true;
      wait->signal.notify();
    });
  };
  if (!keys_.begin(digest, wake)) co_return co_await wait_for_other(std::move(digest), std::move(wait));
  if (cache_ != nullptr) {
    const bool found = co_await ask_cache(digest);
    if (found) co_return Status();
  }
  co_return co_await ask_store(digest);
}

Task<Status> KeyLookup::wait_for_other(std::string digest, std::shared_ptr<Wait> wait) {
  const MonoMs deadline = reactor_.now_ms() + kPatienceMs;
  while (!wait->over) {
    const bool in_time = co_await wait->signal.wait(deadline);
    if (!in_time) co_return too_slow();
  }
  std::shared_ptr<const KeyHolder> holder;
  if (keys_.find(digest, holder) == KeyDirectory::Found::kNotYet) co_return too_slow();
  co_return Status();
}

Task<bool> KeyLookup::ask_cache(const std::string& digest) {
  const auto text = co_await cache_->get(cache_key(digest));
  if (!text || !*text) co_return false;
  auto known = parse_key_holder(**text, digest);
  if (!known || known->generation < keys_.generation()) co_return false;
  keys_.put(digest, std::move(known->holder), known->generation);
  co_return true;
}

Task<Status> KeyLookup::ask_store(const std::string& digest) {
  auto wait = new_wait();
  const auto answer = [wait, &reactor = reactor_](Status status, std::shared_ptr<const KeyHolder> holder,
                                                  std::int64_t generation) {
    reactor.post([wait, status = std::move(status), holder = std::move(holder), generation] {
      wait->over = true;
      wait->status = status;
      wait->holder = holder;
      wait->generation = generation;
      wait->signal.notify();
    });
  };
  const bool asked = ask_store_([digest, answer](Store& store) {
    const auto generation = store.directory_generation();  // before the row: the row may be newer, never older
    if (!generation) return answer(generation.error(), nullptr, 0);
    auto found = store.find_holder(digest);
    if (!found) return answer(found.error(), nullptr, 0);
    answer(Status(), *found ? std::make_shared<const KeyHolder>(std::move(**found)) : nullptr, *generation);
  });
  const MonoMs deadline = reactor_.now_ms() + kPatienceMs;
  while (asked && !wait->over) {
    const bool in_time = co_await wait->signal.wait(deadline);
    if (!in_time) break;
  }
  if (!wait->over || !wait->status) {
    keys_.give_up(digest);
    log_.warn("a key could not be looked up",
              {{"reason", wait->over ? wait->status.error().describe() : std::string("the store is slow, or has too much to do")}});
    co_return too_slow();
  }
  keys_.heard_of(wait->generation);
  keys_.put(digest, wait->holder, wait->generation);
  if (cache_ != nullptr) {
    const std::string text = render_key_holder(wait->holder.get(), wait->generation);
    static_cast<void>(co_await cache_->set(cache_key(digest), text, kSharedTtlMs));  // next time is soon enough
  }
  co_return Status();
}

}  // namespace moongate
