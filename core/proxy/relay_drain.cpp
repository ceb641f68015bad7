// How an answer's body is laid out; and the rest of an answer whose client has left, read for what it says was used.
#include <algorithm>

#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr int kReadsPerTurn = 8;  // then others have their turn

bool contains_folded(std::string_view text, std::string_view lowered) {
  const auto it = std::search(text.begin(), text.end(), lowered.begin(), lowered.end(),
                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
  return it != text.end();
}

}  // namespace

void Pipeline::begin_answer() {
  status = response->status;
  framer_ = BodyFramer(response->framing, response->content_length);
  up_begin_ += response->size;

  const auto content_type = response->find(HeaderId::kContentType);
  const auto encoding = response->find(HeaderId::kContentEncoding);
  encoded_ = encoding && !header_name_equal(encoding.value, "identity");
  form_ = !content_type                                               ? BodyForm::kOpaque
          : contains_folded(content_type.value, "text/event-stream")  ? BodyForm::kSse
          : contains_folded(content_type.value, "json")               ? (target.operation == Operation::kStreamGenerate && !target.sse &&
                                                                         target.dialect != Dialect::kVertexClaude
                                                                             ? BodyForm::kJsonArray
                                                                             : BodyForm::kJson)
                                                                      : BodyForm::kOpaque;
  if (form_ == BodyForm::kSse) stream = true;
  if (capture_ && encoding) capture_->answer_coding = encoding.value;
  tap_.emplace(answer_dialect(), form_, encoding ? encoding.value : std::string_view());
}

// Only a request that was sent whole can come to an answer that tells its use.
bool Pipeline::drains() const {
  return settings_.stream.on_disconnect == "drain" && upstream_ && sent_at_ != 0 &&
         (stage_ == Stage::kAwaitHead || stage_ == Stage::kBody);
}

Task<void> Pipeline::drain_upstream() {
  outcome = Outcome::kClientGone;
  const MonoMs deadline = worker_.reactor.now_ms() + settings_.stream.drain_ms;
  raw_.release();
  raw_begin_ = raw_end_ = 0;
  for (int reads = 0;;) {
    if (stage_ == Stage::kAwaitHead) {
      pump_head();
      if (stage_ == Stage::kHeadReady) {
        response = response_head_.get();
        upstream_status_ = response->status;
        begin_answer();
        response = nullptr;
        stage_ = Stage::kBody;
      } else if (stage_ == Stage::kDone) {
        co_return;  // it closed
      }
    }
    while (stage_ == Stage::kBody && up_begin_ < up_end_ && !framer_.done() && !framer_.broken()) {
      const auto piece = framer_.next({up_.data() + up_begin_, up_end_ - up_begin_});
      if (!piece.payload.empty()) see_answer(piece.payload);
      up_begin_ += piece.consumed;
      if (piece.consumed == 0) break;
    }
    if (stage_ == Stage::kBody && (framer_.done() || framer_.broken())) co_return;
    Stream& up = upstream_->stream;
    if (stage_ == Stage::kAwaitHead || !up.readable() || ++reads % kReadsPerTurn == 0) {
      if (stage_ == Stage::kBody && up.readable()) client_.signal.notify();  // more is there: after the others' turn
      const bool in_time = co_await client_.signal.wait(deadline);
      if (!in_time || client_.aborted) co_return;
      continue;
    }
    if (!up_) up_ = Buffer(Buffer::kSmall);
    const IoResult n = up.read(up_.data(), up_.capacity());
    if (n.would_block()) continue;
    if (!n.ok()) co_return;
    up_begin_ = 0;
    up_end_ = n.bytes;
  }
}

}  // namespace moongate
