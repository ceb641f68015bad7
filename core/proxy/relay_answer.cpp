// The answer of one attempt: its head through the policy, its bytes to the client, its end, and what a broken one gets.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "proxy/event_filter.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr int kReadsPerTurn = 8;  // then others have their turn

}  // namespace

void Pipeline::pump_head() {
  if (!upstream_) return;
  Stream& up = upstream_->stream;
  for (;;) {
    if (!up.readable()) {
      if (up_begin_ == up_end_) up_.release();
      return;
    }
    if (!up_) up_ = Buffer(Buffer::kSmall);
    if (up_end_ == up_.capacity()) {
      Buffer larger(Buffer::kLarge);
      if (up_.capacity() >= Buffer::kLarge) {
        upstream_ended(false, "sent a head that is too large");
        return;
      }
      std::memcpy(larger.data(), up_.data(), up_end_);
      up_ = std::move(larger);
    }
    const IoResult n = up.read(up_.data() + up_end_, up_.capacity() - up_end_);
    if (n.would_block()) continue;  // readable() is false now
    if (!n.ok()) {
      upstream_ended(false, "closed the connection before answering");
      return;
    }
    up_end_ += n.bytes;
    upstream_progress_ = worker_.reactor.now_ms();
    if (!response_head_) response_head_ = worker_.take_response_head();
    for (;;) {
      auto state = parse_response_head({up_.data() + up_begin_, up_end_ - up_begin_}, {65536, 200}, up_searched_,
                                       method_, *response_head_);
      if (!state) {
        upstream_ended(false, state.error().message);
        return;
      }
      if (*state == HeadState::kMore) break;
      if (response_head_->status == 101) {
        upstream_ended(false, "switched protocols unasked");
        return;
      }
      if (response_head_->status >= 200) {
        stage_ = Stage::kHeadReady;
        return;
      }
      up_begin_ += response_head_->size;  // 100, 103: the real one follows
      up_searched_ = 0;
    }
  }
}

// The upstream's head is there. Ends the attempt, or goes on to the body.
Task<std::optional<Pipeline::Attempt>> Pipeline::accept_head() {
  response = response_head_.get();
  upstream_status_ = response->status;
  const Credential* minted_for = route->account ? route->account->credential.get() : nullptr;
  if (response->status == 401 && !reminted_ && minted_for != nullptr &&
      minted_for->kind == CredentialKind::kGoogleServiceAccount &&
      worker_.gateway.tokens.drop(*minted_for, credential.value) && may_replay()) {
    reminted_ = true;
    note_attempt(RequestNote::Kind::kAnswered, 401, static_cast<std::uint32_t>(UpstreamFault::kUnauthenticated));
    upstream_.reset();
    up_.release();
    response = nullptr;
    co_return Attempt::kRetryHere;
  }
  note_answer(response->status);
  if (response->status >= 400 && upstream_) {
    const std::optional<Attempt> again = co_await judge_refusal();
    if (again) co_return again;
  }
  begin_answer();
  const bool proceed = co_await hook(Phase::kResponsePrivacy);
  if (!proceed) {
    upstream_.reset();
    co_return Attempt::kFinished;
  }
  if (phases_->defines(Phase::kResponseFilter)) {
    const bool filtered = co_await hook(Phase::kResponseFilter);
    if (!filtered) {
      upstream_.reset();
      co_return Attempt::kFinished;
    }
  }
  if (status < 300) note_owner();
  filter_events_ = phases_->defines(Phase::kEvent) && !encoded_ && response->status == 200 &&
                   (form_ == BodyForm::kSse || form_ == BodyForm::kJsonArray);
  upstream_reusable_ = response->keep_alive;
  if (openai_) begin_translation();
  stage_ = Stage::kBody;
  if (hold_whole_) co_return std::nullopt;  // its head can be made once the body is known
  compose_client_head();
  answered_ = true;
  // From here on nothing can be tried again: what was kept for that is given back.
  body_.stop_holding();
  co_return std::nullopt;
}

// A resumable upload goes on at the address that its first answer names: ours, or the client would go round us.
void Pipeline::keep_uploads_here(ResponseHead& head) const {
  const auto url = head.find("x-goog-upload-url");
  if (!url || !request_head_) return;
  const std::size_t scheme = url.value.find("://");
  const std::size_t path = scheme == std::string_view::npos ? scheme : url.value.find('/', scheme + 3);
  std::string_view own_host;
  for (const HeaderField& field : request_head_->fields) {  // find() passes over it: it is not forwarded
    if (field.id == HeaderId::kHost) own_host = field.value;
  }
  if (path == std::string_view::npos || own_host.empty()) {
    head.remove("x-goog-upload-url");
    return;
  }
  const std::string here = std::string(tls ? "https://" : "http://") + std::string(own_host) + std::string(url.value.substr(path));
  if (!head.set("x-goog-upload-url", here)) head.remove("x-goog-upload-url");
}

void Pipeline::compose_client_head() {
  const bool http_1_0 = request_head_ ? request_head_->http_1_0 : client_http_1_0_;
  client_http_1_0_ = http_1_0;
  ResponseHead& head = *response_head_;
  // What the upstream says about its connection is not the client's business; framing is relayed as it came.
  for (HeaderField& field : head.fields) {
    switch (field.id) {
      case HeaderId::kConnection:
      case HeaderId::kKeepAlive:
      case HeaderId::kProxyConnection:
      case HeaderId::kProxyAuthenticate:
      case HeaderId::kTrailer:
      case HeaderId::kUpgrade:
      // An upstream (or something before it) that echoes what it was sent must not hand out our credential.
      case HeaderId::kAuthorization:
      case HeaderId::kProxyAuthorization:
      case HeaderId::kXApiKey:
      case HeaderId::kXGoogApiKey:
      case HeaderId::kXAuthToken: field.removed = true; break;
      default: break;
    }
  }
  keep_uploads_here(head);
  const bool no_body = head.framing == Framing::kNone;
  reframe_ = filter_events_ || head.framing == Framing::kUntilClose || (http_1_0 && head.framing == Framing::kChunked);
  client_chunked_ = !no_body && (head.framing == Framing::kChunked || reframe_);
  if (reframe_) {
    head.remove(HeaderId::kContentLength);
    head.remove(HeaderId::kTransferEncoding);
    if (http_1_0) {
      client_chunked_ = false;
      keep_alive_ = false;
    }
  }
  if (worker_.draining()) keep_alive_ = false;
  out_.clear();
  out_sent_ = 0;
  out_.reserve(response_head_->size + 160);
  out_ += "HTTP/1.1 ";
  out_ += std::to_string(head.status);
  out_ += ' ';
  out_ += head.reason.empty() ? reason_phrase(head.status) : head.reason;
  out_ += "\r\n";
  if (quota_) drop_quota_headers(head);
  append_fields(head, out_);
  append_quota_headers(out_);
  if (reframe_ && client_chunked_) out_ += "Transfer-Encoding: chunked\r\n";
  out_ += "x-moongate-request-id: ";
  out_ += id_;
  out_ += "\r\n";
  if (openai_) out_ += "x-request-id: " + id_ + "\r\n";  // where OpenAI's clients look
  if (tracing_) append_trace(out_);
  if (!keep_alive_) out_ += "Connection: close\r\n";
  else if (http_1_0) out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
  if (policy_keeps_head()) return;
  response = nullptr;
  worker_.give_back(std::move(response_head_));
  if (sent_at_ != 0) release_head();
}

bool Pipeline::client_pending() const {
  return out_sent_ < out_.size() || raw_begin_ < raw_end_ || tail_sent_ < tail_.size();
}

void Pipeline::flush_client() {
  while (client_pending()) {
    iovec pieces[3];
    int count = 0;
    if (out_sent_ < out_.size()) pieces[count++] = {out_.data() + out_sent_, out_.size() - out_sent_};
    if (raw_begin_ < raw_end_) pieces[count++] = {raw_.data() + raw_begin_, raw_end_ - raw_begin_};
    if (tail_sent_ < tail_.size()) pieces[count++] = {tail_.data() + tail_sent_, tail_.size() - tail_sent_};
    const IoResult n = client_.stream.write(pieces, count);
    if (n.would_block()) return;
    if (!n.ok()) {
      if (drains()) {
        client_lost_ = true;  // the loop sees to what the upstream still says
        return;
      }
      upstream_.reset();
      cut(Outcome::kClientGone, "the client closed the connection");
      return;
    }
    if (first_byte_ns == 0) first_byte_ns = worker_.reactor.clock().mono_ns();
    client_progress_ = last_written_ = worker_.reactor.now_ms();
    std::size_t left = n.bytes;
    const auto take = [&left](std::size_t& sent, std::size_t size) {
      const std::size_t k = std::min(left, size - sent);
      sent += k;
      left -= k;
    };
    take(out_sent_, out_.size());
    take(raw_begin_, raw_end_);
    take(tail_sent_, tail_.size());
  }
  // A stream that idles holds no memory.
  if (out_sent_ > 0) {
    if (out_.capacity() > 256) std::string().swap(out_);
    else out_.clear();
    out_sent_ = 0;
  }
  if (tail_sent_ > 0) {
    std::string().swap(tail_);
    tail_sent_ = 0;
  }
  raw_.release();
  raw_begin_ = raw_end_ = 0;
}

void Pipeline::pump_body() {
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    if (up_begin_ < up_end_) {  // came with the head, or was just read
      raw_ = std::move(up_);
      raw_begin_ = up_begin_;
      raw_end_ = up_end_;
      up_begin_ = up_end_ = 0;
      take_body({raw_.data() + raw_begin_, raw_end_ - raw_begin_});
      if (cut_) return;
    } else if (framer_.done() && !upstream_done_) {
      upstream_ended(true, {});
    }
    if (!may_write_ && client_pending()) {
      wants_write_ = true;
      return;
    }
    flush_client();
    if (cut_ || client_pending()) return;  // a slow reader stops us here, and by that the upstream
    if (upstream_done_) {
      stage_ = Stage::kDone;
      return;
    }
    Stream& up = upstream_->stream;
    if (!up.readable()) {
      up_.release();
      return;
    }
    if (!up_) up_ = Buffer(large_reads_ ? Buffer::kLarge : Buffer::kSmall);
    const IoResult n = up.read(up_.data(), up_.capacity());
    if (n.would_block()) {
      up_.release();
      return;
    }
    if (!n.ok()) {
      up_.release();
      upstream_ended(n.state == IoResult::State::kEof && framer_.may_end_here(), "closed the connection early");
      if (cut_) return;
      continue;
    }
    upstream_progress_ = worker_.reactor.now_ms();
    large_reads_ = n.bytes == up_.capacity();
    up_begin_ = 0;
    up_end_ = n.bytes;
  }
  client_.signal.notify();  // more is to come: after the others' turn
}

// Walks bytes that lie in raw_ and decides what of them goes on as it is.
void Pipeline::take_body(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !framer_.done()) {
    const bool inside_size = framer_.inside_size();
    const auto piece = framer_.next(bytes.substr(used));
    if (framer_.broken()) {
      raw_end_ = raw_begin_ + (reframe_ ? 0 : used);
      upstream_ended(false, "sent malformed chunks");
      return;
    }
    if (!piece.payload.empty()) {
      see_answer(piece.payload);
      if (names_) look_for_name(piece.payload);
      bytes_out += piece.payload.size();
      if (reframe_) append_chunk(piece.payload);
    }
    if (piece.last_chunk && stream_lacks_end()) {
      // The transport ends cleanly, the stream inside does not: most clients would take that for success.
      const std::string_view at = bytes.substr(used);
      raw_end_ = raw_begin_ + used;
      if (reframe_) raw_end_ = raw_begin_;
      // The CRLF of the chunk before may be part of this piece.
      const std::size_t line_end = inside_size ? 0 : at.find_first_not_of("\r\n");
      if (!reframe_ && !inside_size) raw_end_ += line_end;
      boundary_ok_ = !inside_size;
      upstream_ended(false, "ended the stream without its final event");
      return;
    }
    used += piece.consumed;
    if (piece.consumed == 0) break;
  }
  raw_end_ = reframe_ ? raw_begin_ : raw_begin_ + used;
  if (framer_.done()) {
    if (used < bytes.size()) upstream_reusable_ = false;  // it said more than was asked
    upstream_ended(true, {});
  }
}

void Pipeline::append_chunk(std::string_view payload) {
  if (!client_chunked_) {
    out_ += payload;
    return;
  }
  char size[20];
  const int n = std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  out_.append(size, static_cast<std::size_t>(n));
  out_ += payload;
  out_ += "\r\n";
}

bool Pipeline::stream_lacks_end() const {
  return settings_.stream.require_final_event && status == 200 && tap_ && tap_->readable() &&
         (form_ == BodyForm::kSse || form_ == BodyForm::kJsonArray) &&
         (target.operation == Operation::kStreamGenerate || target.operation == Operation::kGenerate) &&
         !tap_->final_event_seen() && !tap_->error_event_seen();
}

// The upstream has no more to say. `clean`: its message is complete.
void Pipeline::upstream_ended(bool clean, std::string why) {
  if (stage_ == Stage::kAwaitHead) {
    const bool untouched = up_end_ == 0;
    retry_stale_ = untouched && upstream_ && upstream_->served > 0;
    upload_untouched_ = upload_untouched_ || (untouched && head_sent_ == 0 && sent_at_ == 0);
    failure_ = Error(ErrorKind::kClosed, "The upstream " + why + ".", ErrorSource::kUpstream);
    error_ = why;
    upstream_.reset();
    up_.release();
    stage_ = Stage::kDone;
    return;
  }
  if (hold_whole_ && !answered_) {  // nothing of it has gone out: the client can still be told in a status
    error_ = "the upstream " + why;
    failure_ = Error(ErrorKind::kProtocol, "The upstream broke off the answer.", ErrorSource::kUpstream);
    if (outcome == Outcome::kPending) outcome = Outcome::kUpstreamCut;
    upstream_.reset();
    stage_ = Stage::kDone;
    return;
  }
  upstream_done_ = true;
  if (clean && framer_.may_end_here() && !framer_.done() && stream_lacks_end()) {
    clean = false;
    why = "ended the stream without its final event";
  }
  if (clean) {
    if (answered_) settle();
    if (reframe_ && client_chunked_) out_ += "0\r\n\r\n";
    if (upstream_ && upstream_reusable_ && framer_.done() && sent_at_ != 0) {
      worker_.pool.give_back(endpoint_, std::move(upstream_));
    }
    upstream_.reset();
    return;
  }
  const bool boundary = boundary_ok_ && (reframe_ || framer_.at_chunk_boundary() || framer_.inside_last());
  upstream_.reset();
  error_ = "the upstream " + why;
  outcome = Outcome::kUpstreamCut;
  if (answered_) settle();
  // The message's missing end tells any client that it is not whole; an error event, where one can stand, tells why.
  // Only a body that ends with the connection needs a reset for that.
  if (reframe_ && !client_chunked_) {
    flush_client();
    cut(Outcome::kUpstreamCut, error_);
    return;
  }
  if (boundary && client_chunked_ && !encoded_ && tap_->at_event_boundary()) append_error_event();
  end_with_cut_ = true;
}

void Pipeline::append_error_event() {
  const ErrorText text{502, "The upstream broke off the answer.", id, {}, -1};
  const std::string event = form_ == BodyForm::kSse         ? error_event(target.dialect, text)
                            : form_ == BodyForm::kJsonArray ? error_array_tail(text, tap_->array_position())
                                                            : std::string();
  if (event.empty()) return;
  char size[20];
  const int n = std::snprintf(size, sizeof size, "%zx\r\n", event.size());
  tail_.append(size, static_cast<std::size_t>(n));
  tail_ += event;
  tail_ += "\r\n";
}

Dialect Pipeline::answer_dialect() const {
  switch (route->provider) {
    case Provider::kAnthropic: return Dialect::kAnthropic;
    case Provider::kVertexClaude: return Dialect::kVertexClaude;
    case Provider::kVertex: return Dialect::kVertexGemini;
    case Provider::kGemini: return Dialect::kGemini;
  }
  return Dialect::kPlain;
}

// Ends the client's connection so that nobody can take what it has for the whole.
void Pipeline::cut(Outcome how, std::string why) {
  if (outcome == Outcome::kPending || how == Outcome::kClientGone) outcome = how;
  if (error_.empty()) error_ = std::move(why);
  upstream_.reset();
  client_.stream.reset();
  keep_alive_ = linger_ = false;
  cut_ = true;
}

void Pipeline::complete_answer() {
  if (end_with_cut_) {
    // The error event is out; FIN without the message's end lets the client read it and still see a broken message.
    keep_alive_ = false;
    linger_ = true;
    return;
  }
  if (outcome == Outcome::kPending) outcome = Outcome::kDone;
  if (body_.awaits_client() || (sent_at_ == 0 && body_.exists())) {
    keep_alive_ = false;  // answered before the request was complete
    linger_ = true;
  }
  if (!client_chunked_ && reframe_) keep_alive_ = false;
}

}  // namespace moongate
