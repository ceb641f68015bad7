// The OpenAI-compatible face (docs/openai.md): the call is sent in the language of whoever answers, and the answer told back.
// Routes, limits, failover and metering are those of every other request, and see the provider's own language.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>

#include "meter/decoder.h"
#include "protocol/body_edit.h"
#include "protocol/sse.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr int kReadsPerTurn = 8;  // then others have their turn

OpenAiKind kind_of(std::string_view verb, bool has_messages) {
  if (verb == "responses") return OpenAiKind::kResponses;
  if (verb == "embeddings") return OpenAiKind::kEmbeddings;
  // /api/client/relay/completions takes both.
  return verb == "chat" || (verb == "any" && has_messages) ? OpenAiKind::kChat : OpenAiKind::kCompletions;
}

json::object model_view(const ServableModel& model) {
  return {{"id", model.id}, {"object", "model"}, {"created", model.created_s}, {"owned_by", model.owner}};
}

std::string decoded(std::string_view coding, std::string_view body, std::size_t most) {
  const auto decoder = Decoder::create(parse_content_coding(coding));
  std::string out;
  if (decoder) {
    decoder->feed(body, [&](std::string_view piece) {
      if (out.size() < most) out += piece;
    });
  }
  return out;
}

}  // namespace

// What the caller may ask for, of what the price table and the accounts know by name. Nobody is asked.
Task<void> Pipeline::answer_models() {
  const std::vector<ServableModel> models = worker_.servable_models ? worker_.servable_models(*identity) : std::vector<ServableModel>();
  std::string body;
  if (target.operation == Operation::kGetModel) {
    const std::string wanted = decode_segment(target.model);
    const auto found = std::find_if(models.begin(), models.end(), [&](const ServableModel& each) { return each.id == wanted; });
    if (found == models.end()) {
      co_await reply_error(404, "The model " + wanted.substr(0, 200) + " does not exist here, or this credential may not use it.");
      co_return;
    }
    body = json::serialize(model_view(*found));
  } else {
    json::array list;
    for (const ServableModel& each : models) list.push_back(model_view(each));
    body = json::serialize(json::object{{"object", "list"}, {"data", std::move(list)}});
  }
  outcome = Outcome::kDone;
  co_await reply(200, std::move(body), ReplyHead());
}

Task<bool> Pipeline::read_openai_call() {
  if (Status read = co_await body_.read_all(); !read) {
    co_await reply_failure(read.error());
    co_return false;
  }
  const std::string text = body_.text();
  auto call = OpenAiCall::read(kind_of(target.verb, body_.field("messages").has_value()), text);
  if (!call) {
    co_await reply_failure(call.error());
    co_return false;
  }
  openai_ = std::move(*call);
  stream = openai_->stream();
  co_return true;
}

Status Pipeline::translate_request() {
  auto native = openai_->request_for(route->provider, upstream_model_);
  if (!native) return native.error();
  native_text_ = std::move(native->target);
  native_ = parse_target("POST", native_text_);
  if (route->provider != Provider::kVertexClaude) {
    body_.replace(std::move(native->body));
    return {};
  }
  auto edits = claude_body_for_vertex(native->body, false, upstream_model_, vertex_version_of({}));
  if (!edits) return edits.error();
  body_.replace(edits->apply(native->body));
  return {};
}

void Pipeline::begin_translation() {
  const bool good = status >= 200 && status < 300;
  if (good) openai_->begin_answer(route->provider, model, id, worker_.gateway.clock.unix_seconds());
  filter_events_ = good && form_ == BodyForm::kSse && !encoded_;
  hold_whole_ = !filter_events_;
  whole_.clear();
  if (!hold_whole_) return;
  // The client's head is made last, and until then the upstream's has to stay where its fields point: the body goes elsewhere.
  kept_head_ = std::move(up_);
  const std::size_t begun = up_end_ - up_begin_;
  up_ = Buffer(std::max(begun, Buffer::kSmall));
  if (begun != 0) std::memcpy(up_.data(), kept_head_.data() + up_begin_, begun);
  up_begin_ = 0;
  up_end_ = begun;
}

// The counterpart of pump_body for an answer that is read whole before anything of it goes out.
void Pipeline::pump_whole() {
  if (answered_) {
    flush_client();
    if (!cut_ && !client_pending()) stage_ = Stage::kDone;
    return;
  }
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    while (up_begin_ < up_end_ && !framer_.done()) {
      const auto piece = framer_.next({up_.data() + up_begin_, up_end_ - up_begin_});
      if (framer_.broken()) return upstream_ended(false, "sent malformed chunks");
      see_answer(piece.payload);
      whole_ += piece.payload;
      if (whole_.size() > worker_.body_limits.held) return upstream_ended(false, "sent an answer too large to be translated");
      up_begin_ += piece.consumed;
      if (piece.consumed == 0) break;
    }
    if (framer_.done()) return give_translated(std::move(whole_));
    up_begin_ = up_end_ = 0;
    if (!upstream_) return upstream_ended(false, "sent less than it announced");
    Stream& up = upstream_->stream;
    if (!up.readable()) return up_.release();
    if (!up_) up_ = Buffer(Buffer::kSmall);
    const IoResult n = up.read(up_.data(), up_.capacity());
    if (n.would_block()) continue;
    if (!n.ok()) {
      if (n.state == IoResult::State::kEof && framer_.may_end_here()) return give_translated(std::move(whole_));
      return upstream_ended(false, "closed the connection early");
    }
    upstream_progress_ = worker_.reactor.now_ms();
    up_end_ = n.bytes;
  }
  client_.signal.notify();  // more is to come: after the others' turn
}

// The whole answer is there: its translation goes out under a head that fits it.
void Pipeline::give_translated(std::string body) {
  if (upstream_ && upstream_reusable_ && framer_.done() && up_begin_ == up_end_ && sent_at_ != 0) {
    worker_.pool.give_back(endpoint_, std::move(upstream_));
  }
  upstream_.reset();
  up_.release();
  up_begin_ = up_end_ = 0;
  ResponseHead& head = *response_head_;
  if (encoded_) {  // although nobody asked for it
    body = decoded(head.find(HeaderId::kContentEncoding).value, body, worker_.body_limits.held);
  }
  const bool good = status >= 200 && status < 300;
  Result<std::string> told = good ? openai_->answer(body) : Result<std::string>(openai_error(route->provider, status, body, id));
  if (!told) {
    error_ = told.error().describe();
    failure_ = Error(ErrorKind::kProtocol, "The upstream's answer could not be understood.", ErrorSource::kUpstream);
    stage_ = Stage::kDone;
    return;
  }
  for (const HeaderId gone : {HeaderId::kContentLength, HeaderId::kTransferEncoding, HeaderId::kContentEncoding, HeaderId::kContentType}) {
    head.remove(gone);
  }
  head.framing = Framing::kLength;
  head.added.emplace_back("content-type", "application/json");
  head.added.emplace_back("content-length", std::to_string(told->size()));
  upstream_done_ = true;
  compose_client_head();
  kept_head_.release();
  answered_ = true;
  body_.stop_holding();
  bytes_out += told->size();
  settle();
  out_ += *told;
  flush_client();
  if (!cut_ && !client_pending()) stage_ = Stage::kDone;
}

void Pipeline::translate_event(std::string_view raw) {
  std::string scratch, out;
  const SseEvent parsed = parse_sse_event(raw, scratch);
  if (!parsed.has_data) return;
  openai_->event(parsed.name, parsed.data, out);
  if (!out.empty()) append_chunk(out);
}

void Pipeline::end_translation() {
  if (stream_lacks_end()) return;
  std::string out;
  openai_->end(out);
  if (!out.empty()) append_chunk(out);
}

}  // namespace moongate
