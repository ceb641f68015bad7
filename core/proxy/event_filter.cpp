#include "proxy/event_filter.h"

#include "proxy/pipeline.h"

namespace moongate {

std::string_view EventFilter::before_event() {
  if (form_ == BodyForm::kSse || !elements_.opened()) return {};
  if (in_parts_) {  // the rest of an element whose beginning has gone out
    in_parts_ = elements_.inside_element();
    return {};
  }
  in_parts_ = elements_.inside_element();
  const bool first = !opened_;
  opened_ = true;
  return first ? "[" : ",\n";
}

std::string_view EventFilter::at_end() {
  if (form_ == BodyForm::kSse || !elements_.opened()) return {};
  return opened_ ? "]" : "[]";
}

// The counterpart of pump_body for policies with an event hook: everything is reframed, event by event.
Task<void> Pipeline::pump_filtered() {
  if (!filter_) filter_ = std::make_unique<EventFilter>(form_);
  while (!upstream_done_) {
    flush_client();
    if (cut_ || client_pending()) co_return;
    if (up_begin_ == up_end_) {
      if (framer_.done()) {
        upstream_ended(true, {});
        break;
      }
      Stream& up = upstream_->stream;
      if (!up.readable()) {
        up_.release();
        co_return;
      }
      if (!up_) up_ = Buffer(Buffer::kSmall);
      const IoResult n = up.read(up_.data(), up_.capacity());
      if (n.would_block()) continue;
      if (!n.ok()) {
        if (openai_ && n.state == IoResult::State::kEof && framer_.may_end_here()) end_translation();
        upstream_ended(n.state == IoResult::State::kEof && framer_.may_end_here(), "closed the connection early");
        break;
      }
      upstream_progress_ = worker_.reactor.now_ms();
      up_begin_ = 0;
      up_end_ = n.bytes;
    }
    const auto piece = framer_.next({up_.data() + up_begin_, up_end_ - up_begin_});
    if (framer_.broken()) {
      upstream_ended(false, "sent malformed chunks");
      break;
    }
    if (!piece.payload.empty()) {
      see_answer(piece.payload);
      bytes_out += piece.payload.size();
      filter_->feed(piece.payload);
      std::string_view found;
      for (Piece kind = filter_->next(found); kind == Piece::kWhole || kind == Piece::kPart;
           kind = filter_->next(found)) {
        if (openai_ && kind == Piece::kPart) {
          upstream_ended(false, "sent an event that is too large to be translated");
          flush_client();
          stage_ = Stage::kDone;
          co_return;
        }
        if (kind == Piece::kPart) {
          append_chunk(std::string(filter_->before_event()) + std::string(found));
          continue;
        }
        event.assign(found);
        event_dropped = false;
        if (phases_->defines(Phase::kEvent) && phases_->start(Phase::kEvent, *this) == Step::kSuspended) {
          co_await phases_->finish(*this);
        }
        if (rejection.status != 0) {  // fail closed: what the policy could not look at does not go out
          upstream_ended(false, "answer was stopped: the policy's event hook failed");
          flush_client();
          stage_ = Stage::kDone;
          co_return;
        }
        if (openai_ && !event_dropped) {
          translate_event(event);
          continue;
        }
        if (!event_dropped && !event.empty()) append_chunk(std::string(filter_->before_event()) + event);
      }
    }
    up_begin_ += piece.consumed;
    if (piece.last_chunk && stream_lacks_end()) {
      upstream_ended(false, "ended the stream without its final event");
      break;
    }
    if (framer_.done()) {
      if (up_begin_ < up_end_) upstream_reusable_ = false;
      if (openai_) end_translation();
      else if (const std::string_view rest = filter_->held(); !rest.empty()) append_chunk(rest);
      if (const std::string_view end = filter_->at_end(); !end.empty()) append_chunk(end);
      upstream_ended(true, {});
    }
  }
  up_.release();
  flush_client();
  if (!cut_ && !client_pending()) stage_ = Stage::kDone;
}

}  // namespace moongate
