// How long a relay may wait for whom, and what happens when it has waited so long.
#include <algorithm>

#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr std::string_view kKeepaliveEvent = ": keep-alive\n\n";

MonoMs earlier(MonoMs a, MonoMs b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

}  // namespace

MonoMs Pipeline::next_deadline() const {
  const Settings::Timeouts& t = settings_.timeouts;
  MonoMs at = t.total_ms > 0 ? started_ns / 1'000'000 + t.total_ms : 0;
  if (stage_ == Stage::kAwaitHead) {
    if (sent_at_ != 0) return earlier(at, sent_at_ + t.first_byte_ms);
    const bool waits_for_client = body_.awaits_client() && body_.unsent_bytes() == 0;
    return earlier(at, upload_progress_ + (waits_for_client ? t.body_ms : t.silence_ms));
  }
  if (client_pending()) return earlier(at, client_progress_ + t.write_ms);
  at = earlier(at, upstream_progress_ + t.silence_ms);
  if (settings_.stream.keepalive_ms > 0 && form_ == BodyForm::kSse) {
    at = earlier(at, last_written_ + settings_.stream.keepalive_ms);
  }
  return at;
}

void Pipeline::on_deadline() {
  const Settings::Timeouts& t = settings_.timeouts;
  const MonoMs now = worker_.reactor.now_ms();
  const bool total = t.total_ms > 0 && now >= started_ns / 1'000'000 + t.total_ms;
  if (stage_ == Stage::kAwaitHead) {
    const bool client_slow = !total && sent_at_ == 0 && body_.awaits_client() && body_.unsent_bytes() == 0;
    if (!total && now < next_deadline()) return;
    failure_ = client_slow ? Error(ErrorKind::kTimeout, "The request body did not come in time.", ErrorSource::kClient)
                           : Error(ErrorKind::kTimeout, "The upstream did not answer in time.", ErrorSource::kUpstream);
    outcome = Outcome::kTimeout;
    upload_untouched_ = false;
    upstream_.reset();
    stage_ = Stage::kDone;
    return;
  }
  if (!total && client_pending()) {
    if (now >= client_progress_ + t.write_ms) cut(Outcome::kTimeout, "the client reads nothing");
    return;
  }
  if (total || now >= upstream_progress_ + t.silence_ms) {
    outcome = Outcome::kTimeout;
    upstream_ended(false, total ? "took longer than timeouts.total_ms" : "said nothing for timeouts.silence_ms");
    if (!cut_) {
      outcome = Outcome::kTimeout;
      flush_client();
      stage_ = Stage::kDone;
      client_.signal.notify();
    }
    return;
  }
  send_keepalive();
}

// A comment between two events keeps clients and middle boxes from giving up on a model that thinks.
void Pipeline::send_keepalive() {
  last_written_ = worker_.reactor.now_ms();
  const bool boundary = reframe_ || framer_.at_chunk_boundary();
  if (form_ != BodyForm::kSse || encoded_ || !client_chunked_ || !boundary || !tap_->at_event_boundary()) return;
  append_chunk(kKeepaliveEvent);
  flush_client();
}

}  // namespace moongate
