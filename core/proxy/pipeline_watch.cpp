// What is told to whoever looks on: decisions as they are taken, and all of it at the end. Beside the request, never before
// it: nothing here waits, and nothing is noted while nobody can look on.
#include "proxy/pipeline.h"

namespace moongate {

void Pipeline::note(RequestNote::Kind kind, int about_status, std::uint32_t value, std::uint8_t at) {
  if (watch_ == nullptr) return;
  RequestNote noted;
  noted.at_us = static_cast<std::uint32_t>((worker_.reactor.now_ns() - started_ns) / 1000);
  noted.kind = kind;
  noted.route = at;
  noted.status = static_cast<std::int16_t>(about_status);
  noted.value = value;
  notes_.add(noted);
}

// An attempt that has ended, one way or the other; what the caller did wrong is no failure of the account's.
void Pipeline::count_attempt(RequestNote::Kind kind, int code) const {
  using Kind = RequestNote::Kind;
  if (kind != Kind::kUnreachable && kind != Kind::kNoCredential && kind != Kind::kAnswered) return;
  if (worker_.gateway.upstreams == nullptr || route == nullptr || !route->account) return;
  const bool failed = kind != Kind::kAnswered || code >= 500 || (code >= 401 && code <= 403) || code == 408 || code == 429;
  worker_.gateway.upstreams->counters.count(*route->account, failed);
}

void Pipeline::note_attempt(RequestNote::Kind kind, int about_status, std::uint32_t value) {
  count_attempt(kind, about_status);
  if (watch_ == nullptr || route == nullptr) return;
  const std::ptrdiff_t at = route - routes.data();
  note(kind, about_status, value, at >= 0 && at < RequestNote::kNoRoute ? static_cast<std::uint8_t>(at) : RequestNote::kNoRoute);
}

void Pipeline::note_reserved() {
  if (watch_ == nullptr) return;
  std::uint32_t of = 0;
  if (quota_ && identity) {
    for (const TermsLevel& each : identity->levels) {
      of |= each.level == "key" ? RequestNote::kOfKey : each.level == "client" ? RequestNote::kOfClient : RequestNote::kOfUser;
    }
    if (routes.front().account && routes.front().account->limits.any()) of |= RequestNote::kOfAccount;
  }
  note(RequestNote::Kind::kReserved, 0, of);
}

// In the order in which they are going to be asked.
void Pipeline::note_routes() {
  if (watch_ == nullptr) return;
  note(RequestNote::Kind::kRouted, 0, static_cast<std::uint32_t>(routes.size()));
  const UpstreamState* state = worker_.gateway.upstreams;
  if (state == nullptr || state->health.untroubled()) return;
  constexpr std::size_t kTold = 4;
  std::size_t told = 0;
  for (std::size_t i = 0; i < routes.size() && i < RequestNote::kNoRoute && told < kTold; ++i) {
    const HealthView view = health_of(routes[i]);
    if (view.fitness == Fitness::kFit) continue;
    ++told;
    note(RequestNote::Kind::kPassedOver, static_cast<int>(view.fitness),
         static_cast<std::uint32_t>(std::max<MonoMs>(0, view.until - worker_.reactor.now_ms())), static_cast<std::uint8_t>(i));
  }
}

void Pipeline::begin_capture() {
  if (!identity) return;
  const std::size_t bytes = watch_->capture_bytes(identity->client);
  if (bytes == 0) return;
  capture_ = std::make_unique<CapturedBodies>();
  capture_->limit = bytes;
  body_.copy_to(*capture_);
  note(RequestNote::Kind::kCaptured);
}

void Pipeline::see_answer(std::string_view payload) {
  tap_->feed(payload);
  if (capture_) capture_->add_answer(payload);
}

WatchedRequest Pipeline::watched(const AccessRecord& record) const {
  WatchedRequest told{record, {}, {}, {}, location_, routes, notes_.all(), priced_, cost_nano_, billed_nano_};
  if (identity) {
    told.identity_kind = identity->kind;
    told.key_id = identity->key_id;
    told.user_id = identity->user_id;
  }
  return told;
}

void Pipeline::tell_begun() {
  ended_ns = worker_.reactor.now_ns();
  const AccessRecord record = describe_exchange();
  ended_ns = 0;
  watch_->begun(watched(record));
}

void Pipeline::tell_ended(const AccessRecord& record) {
  watch_->ended(watched(record));
  if (capture_) watch_->captured(id_, identity->client, std::move(*capture_));
}

}  // namespace moongate
