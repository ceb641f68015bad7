// An upstream's refusal: read as far as it must be understood, held back while there is another way, and given to the
// client byte for byte when there is none.
#include <cstring>

#include "meter/decoder.h"
#include "protocol/thinking_strip.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr int kReadMs = 2'000;                   // for the body of a refusal
constexpr std::size_t kReadBytes = 16 * 1024;

bool names_resource(Operation operation) {
  return operation == Operation::kFiles || operation == Operation::kCachedContents || operation == Operation::kBatches ||
         operation == Operation::kFetchOperation;
}

Task<void> publish(Worker& worker, AccountHealth::Notice notice) {
  [[maybe_unused]] Status told = co_await worker.cache->set(notice.key, notice.text, notice.ttl_ms);  // at best
}

}  // namespace

// More of the answer into up_, up to the end of its body, for at most kReadMs. What was read goes to the client from there
// if it comes to that. True: it is whole.
Task<bool> Pipeline::read_refusal(std::string& payload) {
  const MonoMs deadline = worker_.reactor.now_ms() + kReadMs;
  BodyFramer framer(response->framing, response->content_length);
  std::size_t at = up_begin_ + response->size;
  for (;;) {
    while (at < up_end_ && !framer.done() && !framer.broken()) {
      const auto piece = framer.next({up_.data() + at, up_end_ - at});
      payload += piece.payload.substr(0, kReadBytes - std::min(kReadBytes, payload.size()));
      at += piece.consumed;
      if (piece.consumed == 0) break;
    }
    if (framer.done() || framer.broken() || payload.size() >= kReadBytes) break;
    if (up_end_ == up_.capacity()) {
      const std::size_t size = up_end_ - up_begin_;
      if (size >= Buffer::kLarge) break;
      Buffer larger(Buffer::kLarge);
      std::memcpy(larger.data(), up_.data() + up_begin_, size);
      up_ = std::move(larger);
      at -= up_begin_;
      up_begin_ = 0;
      up_end_ = size;
      std::size_t searched = 0;  // the head's views must follow it
      if (!parse_response_head({up_.data(), size}, {65536, 200}, searched, method_, *response_head_)) break;
    }
    Stream& up = upstream_->stream;
    if (!up.readable()) {
      if (client_.aborted || client_left() || !co_await client_.signal.wait(deadline)) break;
      continue;
    }
    const IoResult n = up.read(up_.data() + up_end_, up_.capacity() - up_end_);
    if (n.would_block()) continue;
    if (!n.ok()) break;  // whoever relays the body meets the same end
    up_end_ += n.bytes;
    upstream_progress_ = worker_.reactor.now_ms();
  }
  retry_.end = at;
  co_return framer.done();
}

UpstreamError Pipeline::classify(std::string_view payload) const {
  std::string decoded;
  if (const auto coding = response->find(HeaderId::kContentEncoding)) {
    if (const auto decoder = Decoder::create(parse_content_coding(coding.value))) {
      decoder->feed(payload, [&](std::string_view piece) {
        if (decoded.size() < kReadBytes) decoded += piece;
      });
      payload = decoded;
    }
  }
  UpstreamErrorHeaders headers;
  headers.retry_after = response->find("retry-after").value;
  headers.retry_after_ms = response->find("retry-after-ms").value;
  headers.should_retry = response->find("x-should-retry").value;
  return read_upstream_error(response->status, headers, payload, names_resource(target.operation),
                             worker_.gateway.clock.unix_seconds());
}

// An answer that says no. nullopt: the client gets it.
Task<std::optional<Pipeline::Attempt>> Pipeline::judge_refusal() {
  UpstreamState* state = worker_.gateway.upstreams;
  const int code = response->status;
  if (state == nullptr || (!error_needs_reading(code) && !(settings_.upstream.retry_executed && code >= 500))) {
    note_attempt(RequestNote::Kind::kAnswered, code);
    co_return std::nullopt;
  }
  std::string payload;
  retry_.whole = co_await read_refusal(payload);
  if (client_.aborted || client_left()) co_return std::nullopt;
  const UpstreamError error = classify(payload);
  ++retry_.answers;
  note_attempt(RequestNote::Kind::kAnswered, code, static_cast<std::uint32_t>(error.fault));
  const std::string of_model = health_model(*route);
  if (auto notice = state->health.refused(*route->account, of_model, error); notice && worker_.cache_is_shared) {
    worker_.run_aside(publish(worker_, std::move(*notice)));
  }

  RetryFacts facts;
  facts.attempts = retry_.answers;
  facts.max_attempts = settings_.upstream.max_attempts;
  facts.here = retry_.here;
  facts.replayable = body_.replayable();
  const std::size_t next = next_fit_route();
  facts.another_route = next < routes.size();
  facts.may_strip = settings_.upstream.strip_bad_signatures && !retry_.stripped && !openai_;
  facts.may_drop_betas = !retry_.betas_dropped;
  facts.retry_executed = settings_.upstream.retry_executed;
  RetryPlan plan = plan_retry(error, facts);
  const bool refrained = plan.step != RetryPlan::Step::kDeliver && !worker_.retries.take();
  if (refrained) plan.step = RetryPlan::Step::kDeliver;
  note_attempt(RequestNote::Kind::kPlan, 0, refrained ? RequestNote::kBudgetSpent : static_cast<std::uint32_t>(plan.step));
  if (tracing_) {
    static constexpr std::string_view kSteps[] = {"delivered", "again here", "next", "again without thinking", "again without betas"};
    explain_attempt(std::to_string(code) + ' ' + std::string(to_string(error.fault)) + ", " +
                    std::string(refrained ? "retry budget spent" : kSteps[static_cast<std::size_t>(plan.step)]));
  }
  if (plan.step == RetryPlan::Step::kDeliver) co_return std::nullopt;

  if (plan.step == RetryPlan::Step::kStrip) {
    retry_.stripped = true;
    const bool stripped = co_await strip_signatures();
    if (!stripped) co_return std::nullopt;
  }
  if (plan.step == RetryPlan::Step::kDropBetas) {
    retry_.betas_dropped = true;
    state->betas.add(route->account->name, model, error.values);
  }
  worker_.gateway.logger.info("a refused request is sent again",
                              {{"request_id", id_},
                               {"account", route->account->name},
                               {"status", code},
                               {"reason", to_string(error.fault)},
                               {"next", plan.step == RetryPlan::Step::kNext ? routes[next].account->name : route->account->name}});
  let_go_of_refusal();
  body_.rewind();
  retry_.wait_ms = plan.wait_ms;
  if (plan.step != RetryPlan::Step::kNext) co_return Attempt::kRetryHere;
  retry_.next = next;
  co_return Attempt::kRetryNext;
}

Task<bool> Pipeline::strip_signatures() {
  const Status read = co_await body_.read_all();
  if (!read || !body_.replayable()) co_return false;
  auto stripped = strip_thinking(original_body_ ? *original_body_ : body_.text());
  if (!stripped) co_return false;
  original_body_ = std::move(stripped);
  body_.replace(*original_body_);
  co_return true;
}

// Keeps the answer for the case that nobody has a better one, and frees the connection.
void Pipeline::let_go_of_refusal() {
  const bool keeps = response->keep_alive && retry_.whole && retry_.end == up_end_ && sent_at_ != 0;
  retry_.refusal.clear();
  if (retry_.whole) {
    retry_.refusal.assign(up_.data() + up_begin_, retry_.end - up_begin_);
    retry_.refused = route;
  }
  if (keeps) worker_.pool.give_back(endpoint_, std::move(upstream_));
  upstream_.reset();
  up_.release();
  up_begin_ = up_end_ = 0;
  response = nullptr;
}

Task<bool> Pipeline::deliver_refusal() {
  if (retry_.refusal.empty() || answered_) co_return false;
  route = retry_.refused;
  co_return co_await relay(true) != Attempt::kRetryNext;
}

bool Pipeline::load_refusal() {
  if (!response_head_) response_head_ = worker_.take_response_head();
  up_ = Buffer(retry_.refusal.size());
  std::memcpy(up_.data(), retry_.refusal.data(), retry_.refusal.size());
  up_begin_ = 0;
  up_end_ = retry_.refusal.size();
  std::size_t searched = 0;
  const auto parsed = parse_response_head({up_.data(), up_end_}, {65536, 200}, searched, method_, *response_head_);
  if (!parsed || *parsed != HeadState::kComplete) return false;
  retry_.refusal.clear();
  if (body_.complete()) sent_at_ = worker_.reactor.now_ms();
  stage_ = Stage::kHeadReady;
  return true;
}

// The upstream has had the request and said nothing. It may have done all of it.
bool Pipeline::retries_executed() {
  if (!settings_.upstream.retry_executed || failure_.source != ErrorSource::kUpstream || client_.aborted) return false;
  if (++retry_.answers >= settings_.upstream.max_attempts || !body_.replayable() || !worker_.retries.take()) return false;
  if (!body_.rewind()) return false;
  outcome = Outcome::kPending;
  const std::size_t next = next_fit_route();
  retry_.next = next < routes.size() ? next : static_cast<std::size_t>(route - routes.data());
  return true;
}

}  // namespace moongate
