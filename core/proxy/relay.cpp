// The bytes of one attempt: the request up, the answer down, both at once, in one coroutine that looks at whatever is
// ready and waits for the next thing to happen.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "proxy/event_filter.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr std::size_t kUploadBatch = 256 * 1024;  // read before it is written; then others have their turn
constexpr std::size_t kMaxPieces = 16;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

bool Pipeline::client_left() const {
  // A client that is still sending its body and closes is noticed by the read that fails.
  return client_.stream.peer_closed() && !body_.awaits_client();
}

Task<Pipeline::Attempt> Pipeline::relay(bool held_back) {
  const MonoMs now = worker_.reactor.now_ms();
  stage_ = Stage::kAwaitHead;
  head_sent_ = 0;
  up_begin_ = up_end_ = up_searched_ = 0;
  upload_broken_ = upstream_done_ = final_chunk_queued_ = retry_stale_ = false;
  upload_untouched_ = true;
  sent_at_ = 0;
  upload_progress_ = upstream_progress_ = client_progress_ = last_written_ = now;
  if (held_back && !load_refusal()) co_return Attempt::kRetryNext;

  for (;;) {
    if (client_.aborted || client_lost_ || client_left()) {
      if (!client_.aborted && drains()) co_await drain_upstream();
      upstream_.reset();  // closing is how an upstream is told to stop
      outcome = client_.aborted ? Outcome::kTimeout : Outcome::kClientGone;
      keep_alive_ = false;
      if (client_.aborted) {
        error_ = "the gateway was shut down";
        client_.stream.reset();
      }
      co_return Attempt::kFinished;
    }
    if (read_upload()) {
      co_await worker_.reactor.after_reads();
      pump_upload();
    }
    if (stage_ == Stage::kAwaitHead) pump_head();
    if (stage_ == Stage::kHeadReady) {
      const std::optional<Attempt> ended = co_await accept_head();
      if (ended) co_return *ended;
    }
    if (stage_ == Stage::kBody) {
      if (hold_whole_) {
        pump_whole();
      } else if (filter_events_) {
        co_await pump_filtered();
      } else {
        pump_body();
        if (wants_write_) {
          wants_write_ = false;
          co_await worker_.reactor.after_reads();
          may_write_ = true;
          pump_body();
          may_write_ = false;
        }
      }
    }
    if (cut_) co_return Attempt::kFinished;
    if (stage_ == Stage::kDone) {
      if (!answered_) {  // the upstream gave no answer
        const bool executed = !upload_untouched_;
        if (retry_stale_ && may_replay()) co_return Attempt::kRetryHere;
        if (failure_.source == ErrorSource::kUpstream) note_unreachable(failure_.message);
        if (!executed || retries_executed()) co_return Attempt::kRetryNext;
        co_await reply_failure(failure_);
        co_return Attempt::kFinished;
      }
      if (!client_pending()) {
        complete_answer();
        co_return Attempt::kFinished;
      }
    }
    const bool in_time = co_await client_.signal.wait(next_deadline());
    if (!in_time) {
      on_deadline();
      if (cut_) co_return Attempt::kFinished;
      if (stage_ == Stage::kDone && !answered_) {
        if (failure_.source == ErrorSource::kUpstream) note_unreachable(failure_.message);
        if (retries_executed()) co_return Attempt::kRetryNext;
        co_await reply_failure(failure_);
        co_return Attempt::kFinished;
      }
    }
  }
}

bool Pipeline::read_upload() {
  if (!upstream_ || upload_broken_ || sent_at_ != 0 || stage_ == Stage::kDone) return false;
  if (body_.read_ahead(kUploadBatch) == BodyReader::ReadResult::kFailed) {
    failure_ = body_.failure();
    give_up_on_client();
    return false;
  }
  if (body_.ambiguous_model()) {
    failure_ = Error(ErrorKind::kInvalid, "model: this field is given more than once.", ErrorSource::kClient);
    give_up_on_client();
    return false;
  }
  if (body_.held_bytes() > replay_bytes()) body_.stop_holding();
  const bool waits = body_.awaits_client() && body_.unsent_bytes() == 0;
  if (waits && stage_ == Stage::kAwaitHead && body_.take_owed_continue()) {
    const iovec piece{const_cast<char*>(kContinue.data()), kContinue.size()};
    static_cast<void>(client_.stream.write(&piece, 1));  // a client that cannot take 25 bytes sends without
  }
  return true;
}

void Pipeline::pump_upload() {
  if (!upstream_ || upload_broken_ || sent_at_ != 0 || stage_ == Stage::kDone) return;
  Stream& up = upstream_->stream;
  for (;;) {
    // What is there goes out in one piece: the head with the body's first bytes.
    if (chunked_upload_) queue_chunks();
    iovec pieces[kMaxPieces + 1];
    int count = 0;
    if (head_sent_ < head_text_.size()) {
      pieces[count++] = {head_text_.data() + head_sent_, head_text_.size() - head_sent_};
    }
    if (!chunked_upload_) count += body_.unsent(pieces + count, static_cast<int>(kMaxPieces));
    if (count == 0) break;
    const IoResult n = up.write(pieces, count);
    if (n.would_block()) return;
    if (!n.ok()) {
      upload_broken_ = true;  // an answer may have been sent before the connection was closed
      return;
    }
    upload_untouched_ = false;
    upload_progress_ = worker_.reactor.now_ms();
    const std::size_t of_head = std::min(n.bytes, head_text_.size() - head_sent_);
    head_sent_ += of_head;
    if (!chunked_upload_) body_.mark_sent(n.bytes - of_head);
    if (!up.writable()) return;
  }
  if (body_.complete()) {
    sent_at_ = worker_.reactor.now_ms();
    std::string().swap(head_text_);  // a stream that idles holds no memory
    head_sent_ = 0;
  } else if (client_.stream.readable()) {
    client_.signal.notify();  // more has come: after the others' turn
  }
}

// Nothing that the client sent may pass for a complete request.
void Pipeline::give_up_on_client() {
  upload_untouched_ = false;
  if (stage_ == Stage::kBody) {
    cut(failure_.kind == ErrorKind::kClosed ? Outcome::kClientGone : Outcome::kRejected, failure_.message);
    return;
  }
  upstream_.reset();
  stage_ = Stage::kDone;
}

// A body whose length nobody knows travels in chunks of ours, copied behind the head's text.
void Pipeline::queue_chunks() {
  if (head_sent_ == head_text_.size()) {
    head_text_.clear();
    head_sent_ = 0;
  }
  iovec pieces[kMaxPieces];
  const int count = body_.unsent(pieces, static_cast<int>(kMaxPieces));
  std::size_t total = 0;
  for (int i = 0; i < count; ++i) total += pieces[i].iov_len;
  if (total > 0) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", total);
    head_text_ += size;
    for (int i = 0; i < count; ++i) head_text_.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    head_text_ += "\r\n";
    body_.mark_sent(total);
  }
  if (body_.complete() && body_.unsent_bytes() == 0 && !final_chunk_queued_) {
    head_text_ += "0\r\n\r\n";
    final_chunk_queued_ = true;
  }
}

}  // namespace moongate
