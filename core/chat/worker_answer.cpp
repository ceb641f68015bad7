#include "chat/worker_answer.h"

namespace moongate {
namespace {

constexpr int kLookMs = 200;
constexpr int kGoodbyeMs = 2000;      // from its result to its end
constexpr int kMostStrangeLines = 100;
constexpr std::size_t kMaxRefusal = 64 * 1024;

class WorkerAnswer final : public AnswerSource {
 public:
  WorkerAnswer(const WorkerParts& parts, const ChatCaller& caller, const Prompt& prompt)
      : parts_(parts), caller_(caller), model_(prompt.model), input_(render_worker_input(prompt)) {}

  ~WorkerAnswer() override {
    if (!place_) return;
    if (outcome_.empty()) outcome_ = "client-gone";
    if (outcome_ == "done") static_cast<void>(place_->process().end(kGoodbyeMs));  // it may have something to put in order
    write_down();
  }

  std::optional<HttpResponse> begin(const Gone& gone) override {
    if (auto refused = ask_leave(gone)) return refused;
    id_ = "mg-cli-" + random_token(parts_.random, 22);
    auto place = parts_.pool.take(caller_.owner, model_, gone);
    if (!place) return refusal_of(place.error());
    started_ms_ = parts_.clock.mono_ms();
    place_ = std::move(*place);
    place_->process().give(std::move(input_));
    // Until it says something: what ends before that never began.
    while (!said_something_) {
      if (gone()) return chat_error(499, "The client has left.");
      const Result<bool> more = next();
      if (!more) return chat_error(more.error().kind == ErrorKind::kTimeout ? 504 : 502, more.error().message);
      if (!*more) break;
    }
    return std::nullopt;
  }

  Result<bool> next() override {
    if (lines_.ended() && lines_.error().empty()) return finish();
    if (parts_.port.ending()) return broke("error", "The gateway is ending.");
    std::string line;
    switch (place_->process().next_line(line, kLookMs)) {
      case WorkerProcess::Line::kWhole: return take(line);
      case WorkerProcess::Line::kTooLong: return failed("it wrote a line of more than 4 MiB");
      case WorkerProcess::Line::kEnded: return failed("it " + place_->process().end(kGoodbyeMs) + " before it had answered");
      case WorkerProcess::Line::kNone: break;
    }
    if (parts_.clock.mono_ms() - started_ms_ < parts_.pool.settings().timeout_ms) return true;
    place_->failed("it took longer than worker.timeout_ms", said_something_);
    broke("timeout", "");
    return Error(ErrorKind::kTimeout, "The worker took too long (worker.timeout_ms).", ErrorSource::kUpstream);
  }

  std::string request_id() const override { return id_; }
  void listen(AnswerEvents events) override { lines_.reader().listen(std::move(events)); }
  const std::string& text() const override { return lines_.reader().text(); }
  const ChatUsage& usage() const override { return lines_.reader().usage(); }
  const std::string& stop_reason() const override { return lines_.reader().stop_reason(); }

 private:
  // The data port knows what this caller may do, and counts the request.
  std::optional<HttpResponse> ask_leave(const Gone& gone) {
    const DataRequest question{"GET", "/api/chat/caller?model=" + url_encode(model_), {{"x-api-key", caller_.credential}}, {},
                               caller_.address, caller_.tls};
    const auto call = call_data_port(parts_.port, question, gone);
    if (!call) return chat_failure(call.error());
    const Result<std::string> body = (*call)->read_all(kMaxRefusal, gone);
    if (!body) return chat_failure(body.error());
    if ((*call)->status() == 200) return std::nullopt;
    return passed_refusal((*call)->status(), (*call)->headers(), *body);
  }

  static HttpResponse refusal_of(const Error& error) {
    if (error.kind != ErrorKind::kRateLimited) return chat_failure(error);
    HttpResponse refused = chat_error(503, error.message);
    set_header(refused, "Retry-After", "2");
    return refused;
  }

  Result<bool> take(const std::string& line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return true;
    if (!lines_.take(line)) {
      if (++strange_lines_ > kMostStrangeLines || !said_something_) return failed("it wrote something that is no line of streaming JSON");
      return true;
    }
    said_something_ = true;
    if (!lines_.ended() || lines_.error().empty()) return true;
    return failed("its result is an error", lines_.error());
  }

  Result<bool> finish() {
    outcome_ = "done";
    place_->done();
    return false;
  }

  Result<bool> failed(const std::string& why, const std::string& told = "The worker broke off.") {
    place_->failed(why, said_something_);
    return broke("error", told);
  }

  Error broke(std::string_view outcome, const std::string& message) {
    outcome_ = outcome;
    return Error(ErrorKind::kClosed, message, ErrorSource::kUpstream);
  }

  void write_down() {
    LedgerRecord record;
    record.request_id = id_;
    record.ended_at_ms = parts_.clock.unix_ms();
    record.gateway = "worker";
    record.client = caller_.client;
    record.user_id = caller_.user_id;
    record.provider = record.account = "worker";
    record.model = record.upstream_model = model_;
    record.operation = "generate";
    record.outcome = outcome_;
    record.status = outcome_ == "done" || said_something_ ? 200 : 502;
    record.stream = true;
    const ChatUsage& used = usage();
    record.cache_read_tokens = used.cache_read_tokens;
    record.cache_write_5m_tokens = used.cache_write_tokens;
    record.input_tokens = used.input_tokens - used.cache_read_tokens - used.cache_write_tokens;
    record.output_tokens = used.output_tokens;
    record.duration_ms = parts_.clock.mono_ms() - started_ms_;
    record.bytes_out = static_cast<std::int64_t>(text().size());
    if (lines_.cost_nano() >= 0) {
      record.priced = true;
      record.cost_nano = record.billed_nano = lines_.cost_nano();
      record.price_id = "worker";
    }
    const auto written = parts_.store.append_ledger({record});
    if (!written) parts_.log.error("a worker's request is missing in the ledger", {{"request_id", id_}, {"reason", written.error().describe()}});
  }

  const WorkerParts parts_;
  const ChatCaller& caller_;
  const std::string model_;
  std::string input_;
  std::string id_;
  std::string outcome_;  // empty: it has not ended
  WorkerLines lines_;
  int strange_lines_ = 0;
  bool said_something_ = false;
  MonoMs started_ms_ = 0;
  std::unique_ptr<WorkerPool::Place> place_;
};

}  // namespace

std::unique_ptr<AnswerSource> ask_worker(const WorkerParts& parts, const ChatCaller& caller, const Prompt& prompt) {
  return std::make_unique<WorkerAnswer>(parts, caller, prompt);
}

}  // namespace moongate
