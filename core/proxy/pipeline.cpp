#include "proxy/pipeline.h"

#include <algorithm>

#include "base/utf8.h"
#include "proxy/event_filter.h"
#include "proxy/telemetry.h"

namespace moongate {
namespace {

constexpr int kReplyMs = 10'000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string_view without_bearer(std::string_view value) {
  static constexpr std::string_view kBearer = "bearer ";
  if (value.size() <= kBearer.size()) return {};
  for (std::size_t i = 0; i < kBearer.size(); ++i) {
    if (lower(value[i]) != kBearer[i]) return {};
  }
  value.remove_prefix(kBearer.size());
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

std::string percent_decode(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Task<bool> run_exchange(ClientConnection& connection, std::unique_ptr<RequestHead> head) {
  Pipeline pipeline(connection, std::move(head));
  co_return co_await pipeline.run();
}

Pipeline::Pipeline(ClientConnection& connection, std::unique_ptr<RequestHead> head)
    : client_(connection),
      worker_(connection.worker),
      settings_(worker_.gateway.settings),
      phases_(worker_.phases()),
      request_head_(std::move(head)),
      body_(connection.stream, connection.signal, worker_.body_limits),
      id_(make_request_id(worker_)),
      watch_(worker_.watch.get()) {
  id = id_;
  client_address = client_.address;
  tls = client_.tls;
  request = request_head_.get();
  started_ns = worker_.reactor.now_ns();
  keep_alive_ = request->keep_alive;
  worker_.gateway.exchanges.fetch_add(1, std::memory_order_relaxed);
}

Pipeline::~Pipeline() {
  worker_.gateway.exchanges.fetch_sub(1, std::memory_order_relaxed);
  if (request_head_) worker_.give_back(std::move(request_head_));
  if (response_head_) worker_.give_back(std::move(response_head_));
}

Task<bool> Pipeline::run() {
  const std::size_t head_size = request->size;
  target = parse_target(request->method, request->target);
  refine_dialect(target, request->find(HeaderId::kAnthropicVersion).found, request->find(HeaderId::kXGoogApiKey).found,
                 request->find(HeaderId::kAuthorization).found && !request->find(HeaderId::kXApiKey).found);
  method_ = request->method;
  path_ = target.path;
  consumed_ = head_size;
  body_.begin(*request, client_.in.data() + client_.begin + head_size, client_.end - client_.begin - head_size,
              target.model_in_body);
  consumed_ += body_.consumed_behind_head();
  if (request->expect_continue) body_.owe_continue();

  co_await serve();

  if (!answered_ && outcome == Outcome::kPending) outcome = Outcome::kError;
  co_await finish();
  if (keep_alive_ && body_.awaits_client()) {  // what was not read would be taken for the next request
    keep_alive_ = false;
    linger_ = answered_ && !cut_;
  }
  if (body_.swallowed_more() || cut_) keep_alive_ = false;
  client_.stream.set_signal(&client_.signal);
  if (!head_released) release_head();
  if (!keep_alive_ && linger_ && !client_.aborted) co_await linger(client_.stream, client_.signal);
  co_return keep_alive_ && !worker_.draining() && !client_.aborted;
}

Task<void> Pipeline::serve() {
  if (body_.failure().kind != ErrorKind::kInternal) {  // chunks that were malformed in the very first bytes
    co_await reply_failure(body_.failure());
    co_return;
  }
  const bool answered = co_await answer_itself();
  if (answered) co_return;
  if (target.operation == Operation::kConversation) {
    if (is_inner_question()) co_await tell_caller();
    else co_await hand_over();
    co_return;
  }
  if (!co_await hook(Phase::kAuthenticate)) co_return;
  note(RequestNote::Kind::kAuthenticated);
  if (watch_ != nullptr) begin_capture();
  if (request->framing == Framing::kLength && request->content_length > worker_.body_limits.total) {
    co_await reply_error(413, "The request body is larger than " + std::to_string(worker_.body_limits.total) + " bytes.");
    co_return;
  }
  if (target.dialect == Dialect::kOpenAi && !target.model_in_body) {
    co_await answer_models();
    co_return;
  }
  Status learned = co_await learn_model();
  if (!learned) {
    co_await reply_failure(learned.error());
    co_return;
  }
  note(RequestNote::Kind::kModelKnown);
  if (!co_await hook(Phase::kSelect)) co_return;
  // Nobody who has a live provider gets a made-up answer because that one is down.
  const auto simulated = [](const Route& each) { return each.account && each.account->credential->simulated; };
  if (!std::all_of(routes.begin(), routes.end(), simulated)) std::erase_if(routes, simulated);
  if (routes.empty()) {
    co_await reply_error(500, "The policy chose no route for this request.");
    co_return;
  }
  co_await learn_video();
  if (!co_await reserve_quota()) co_return;
  note_reserved();
  co_await try_routes();
}

Task<bool> Pipeline::hook(Phase phase) {
  if (phases_->start(phase, *this) == Step::kSuspended) co_await phases_->finish(*this);
  if (client_.aborted) co_return false;
  if (rejection.status == 0) co_return true;
  co_await reply_rejection();
  co_return false;
}

// A report is small and tells its length; others are dropped, as one is whose body does not come.
Task<void> Pipeline::hand_on_report() {
  if (settings_.telemetry.mode != "forward" || request->method == "HEAD") co_return;
  if (request->framing == Framing::kChunked || (body_.exists() && request->content_length > kMaxReportBytes)) co_return;
  auto report = telemetry_request(settings_.telemetry,
                                  {request->method, target.path, target.query, request->find(HeaderId::kContentType).value,
                                   request->find(HeaderId::kContentEncoding).value, request->find(HeaderId::kUserAgent).value});
  if (!report) co_return;
  if (body_.exists()) {
    const Status read = co_await body_.read_all();
    if (!read) co_return;
    report->body = body_.text();
  }
  send_report(worker_, std::move(*report));
}

// Paths that need no upstream. Everything about the target that is wrong is told here, in the caller's dialect.
Task<bool> Pipeline::answer_itself() {
  ReplyHead head;
  head.head_only = request->method == "HEAD";
  if (request->upgrade && target.operation != Operation::kHealth) {
    head.extra = "Upgrade: HTTP/1.1\r\n";
    keep_alive_ = keep_alive_ && !body_.exists();
    outcome = Outcome::kRejected;
    co_await reply(426, error_body(target.dialect, {426, "WebSockets are not served here; send the request by POST.", id, {}, -1}),
                   std::move(head));
    co_return true;
  }
  if (target.operation == Operation::kHealth) {
    outcome = Outcome::kDone;
    co_await reply(200, "{\"status\":\"ok\"}", std::move(head));
    co_return true;
  }
  if (target.operation == Operation::kTelemetry) {
    outcome = Outcome::kDone;
    co_await hand_on_report();
    co_await reply(204, {}, std::move(head));
    co_return true;
  }
  if (!target.method_allowed) {
    head.extra = "Allow: " + std::string(target.allow) + "\r\n";
    outcome = Outcome::kRejected;
    co_await reply(405, error_body(target.dialect, {405, "This path takes " + std::string(target.allow) + ".", id, {}, -1}),
                   std::move(head));
    co_return true;
  }
  if (target.operation == Operation::kNone) {
    outcome = Outcome::kRejected;
    const std::string message =
        target.dialect == Dialect::kOpenAi
            ? "Of the OpenAI API this gateway serves /v1/chat/completions, /v1/completions, /v1/responses, /v1/embeddings and "
              "/v1/models; not " + std::string(target.path.substr(0, 200)) + "."
            : "There is no such path: " + std::string(target.path.substr(0, 200)) + ".";
    co_await reply(404, error_body(target.dialect, {404, message, id, {}, -1}), std::move(head));
    co_return true;
  }
  co_return false;
}

std::string_view Pipeline::caller_credential() {
  if (caller_credential_) return *caller_credential_;
  std::string_view found;
  if (const auto key = request->find(HeaderId::kXApiKey); key && !key.value.empty()) found = key.value;
  if (found.empty()) {
    if (const auto key = request->find(HeaderId::kAuthorization); key) found = without_bearer(key.value);
  }
  if (found.empty()) {
    if (const auto key = request->find(HeaderId::kXGoogApiKey); key) found = key.value;
  }
  if (found.empty() && !target.key.empty()) {
    if (target.key.find('%') == std::string_view::npos) {
      found = target.key;
    } else {
      credential_storage_ = percent_decode(target.key);
      found = credential_storage_;
    }
  }
  if (found.empty()) {
    if (const auto key = request->find(HeaderId::kXAuthToken); key) found = key.value;
  }
  caller_credential_ = found;
  return found;
}

// Reads as much of the body as it takes to know the model; nothing when the path says it.
Task<Status> Pipeline::learn_model() {
  if (!target.model_in_body) {
    model = target.model;
    if (model.find('%') != std::string::npos) model = percent_decode(model);
    stream = target.operation == Operation::kStreamGenerate;
    if (!is_valid_utf8(model)) {
      co_return Error(ErrorKind::kInvalid, "The model in the path is not valid UTF-8.", ErrorSource::kClient);
    }
    co_return Status();
  }
  Status read = co_await body_.read_model(false);
  if (!read) co_return read;
  const auto malformed = [](const char* what) { return Error(ErrorKind::kInvalid, what, ErrorSource::kClient); };
  const JsonScanner& scanner = body_.scanner();
  if (!scanner.seen(BodyReader::kModel)) {
    if (scanner.state() == JsonScanner::State::kBroken) co_return malformed("The request body is not valid JSON.");
    if (scanner.state() == JsonScanner::State::kMore) {
      co_return malformed(body_.received() == 0 ? "The request has no body; send a JSON object with a \"model\"."
                                                : "The request body ends in the middle of its JSON.");
    }
    co_return malformed("model: this field is required.");
  }
  if (body_.ambiguous_model()) co_return malformed("model: this field is given more than once.");
  const auto& captured = scanner.capture(BodyReader::kModel);
  if (captured.truncated || !decode_json_string(captured.raw, model) || model.empty() ||
      model.find('\0') != std::string::npos || !is_valid_utf8(model)) {
    co_return malformed("model: this field must be a string that names a model.");
  }
  if (target.operation == Operation::kCachedContents) model = std::string(model_of_resource(model));
  co_return Status();
}

Task<bool> Pipeline::filter_request() {
  Status read = co_await body_.read_all();
  if (!read) {
    co_await reply_failure(read.error());
    co_return false;
  }
  co_return co_await hook(Phase::kRequestFilter);
}

bool Pipeline::policy_keeps_head() const {
  return phases_->defines(Phase::kLog) || phases_->defines(Phase::kEvent) || phases_->defines(Phase::kResponseFilter);
}

// Gives the request's memory back; an answer that streams for minutes holds none of it.
void Pipeline::release_head() {
  if (head_released) return;
  client_.begin += consumed_;
  if (client_.begin == client_.end) {
    client_.in.release();
    client_.begin = client_.end = 0;
  }
  head_released = true;
  ApiTarget bare;
  bare.dialect = target.dialect;
  bare.operation = target.operation;
  bare.sse = target.sse;
  target = bare;
  caller_credential_ = std::string_view();
  if (request_head_) worker_.give_back(std::move(request_head_));
  request = nullptr;
}

Task<void> Pipeline::reply(int code, std::string text, ReplyHead head) {
  head.keep_alive = keep_alive_ && !worker_.draining() && !body_.awaits_client() && !body_.swallowed_more();
  if (!head.keep_alive) {
    keep_alive_ = false;
    linger_ = true;
  }
  if (tracing_) append_trace(head.extra);
  status = code;
  answered_ = true;
  first_byte_ns = worker_.reactor.now_ns();
  append_quota_headers(head.extra);
  if (target.dialect == Dialect::kOpenAi) head.extra += "x-request-id: " + id_ + "\r\n";  // where OpenAI's clients look
  const std::string message = render_reply(code, text, id, head);
  Status sent = co_await write_all(client_.stream, client_.signal, message, worker_.reactor.now_ms() + kReplyMs);
  if (!sent) {
    keep_alive_ = linger_ = false;
    if (outcome == Outcome::kPending || outcome == Outcome::kDone) outcome = Outcome::kClientGone;
  }
  bytes_out += text.size();
}

bool Pipeline::errors_in_array() const {
  return target.operation == Operation::kStreamGenerate && !target.sse &&
         (target.dialect == Dialect::kVertexGemini || target.dialect == Dialect::kGemini);
}

Task<void> Pipeline::reply_error(int code, std::string message, std::string reason, int retry_after) {
  ReplyHead head;
  head.head_only = method_ == "HEAD";
  if (retry_after >= 0) head.extra = "Retry-After: " + std::to_string(retry_after) + "\r\n";
  if (outcome == Outcome::kPending) outcome = Outcome::kRejected;
  if (error_.empty()) error_ = message;
  const ErrorText text{code, message, id, reason, retry_after};
  co_await reply(code, errors_in_array() ? error_array_body(text) : error_body(target.dialect, text), std::move(head));
}

Task<void> Pipeline::reply_rejection() {
  const Rejection why = rejection;
  co_await reply_error(why.status, why.message, why.reason, why.retry_after_seconds);
}

// The one place that turns an error into a status.
Task<void> Pipeline::reply_failure(const Error& error) {
  const Error failure = error;
  error_ = failure.describe();
  if (failure.source == ErrorSource::kClient && failure.kind == ErrorKind::kClosed) {
    outcome = Outcome::kClientGone;
    keep_alive_ = false;
    co_return;
  }
  int code = 500;
  switch (failure.kind) {
    case ErrorKind::kInvalid: code = 400; break;
    case ErrorKind::kUnauthenticated: code = 401; break;
    case ErrorKind::kForbidden: code = 403; break;
    case ErrorKind::kNotFound: code = 404; break;
    case ErrorKind::kTooLarge: code = 413; break;
    case ErrorKind::kRateLimited: code = 429; break;
    case ErrorKind::kTimeout: code = failure.source == ErrorSource::kClient ? 408 : 504; break;
    case ErrorKind::kConnect:
    case ErrorKind::kClosed:
    case ErrorKind::kProtocol: code = 502; break;
    case ErrorKind::kUnavailable:
    case ErrorKind::kCanceled: code = 503; break;
    case ErrorKind::kInternal: code = 500; break;
  }
  if (failure.kind == ErrorKind::kTimeout && outcome == Outcome::kPending) outcome = Outcome::kTimeout;
  if (failure.source == ErrorSource::kUpstream && outcome == Outcome::kPending) outcome = Outcome::kError;
  if (failure.source == ErrorSource::kClient && failure.kind != ErrorKind::kInvalid) keep_alive_ = false;
  co_await reply_error(code, failure.message);
}

Task<void> Pipeline::finish() {
  settle();
  if (is_inner_question()) {
    phases_->forget(*this);
    co_return;
  }
  ended_ns = worker_.reactor.clock().mono_ns();
  bytes_in = body_.received();
  if (phases_->defines(Phase::kLog)) {
    // The answer is out: a log hook that waits holds up only this connection's next request.
    if (phases_->start(Phase::kLog, *this) == Step::kSuspended) co_await phases_->finish(*this);
  }
  phases_->forget(*this);
  const AccessRecord record = describe_exchange();
  worker_.access_log.write(record);
  worker_.metrics.count(record);
  if (watch_ != nullptr) tell_ended(record);
}

}  // namespace moongate
