// Conversations on the data ports: the service is on the control plane's side of the process, the client stays here.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "protocol/query_params.h"
#include "proxy/local_call.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr std::uint64_t kMaxBody = 1u << 20;  // as on the control port

// What the worker is waiting on, for wake-ups that come when it has long gone on. Touched on the worker's thread alone.
struct Sleeper {
  Signal* signal = nullptr;
};

std::string chunk_of(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

}  // namespace

// Reads the whole body, bounded. False: the client has been told.
Task<bool> Pipeline::read_small_body() {
  const auto too_large = [] { return "The request body is larger than " + std::to_string(kMaxBody) + " bytes."; };
  if (request->framing == Framing::kLength && request->content_length > kMaxBody) {
    co_await reply_error(413, too_large());
    co_return false;
  }
  MonoMs deadline = worker_.reactor.now_ms() + settings_.timeouts.body_ms;
  if (!body_.complete() && body_.take_owed_continue()) {
    Status asked = co_await write_all(client_.stream, client_.signal, "HTTP/1.1 100 Continue\r\n\r\n", deadline);
    if (!asked) co_return false;
  }
  while (!body_.complete()) {
    const BodyReader::ReadResult read = body_.try_read();
    if (read == BodyReader::ReadResult::kFailed) {
      co_await reply_failure(body_.failure());
      co_return false;
    }
    if (body_.received() > kMaxBody) {
      co_await reply_error(413, too_large());
      co_return false;
    }
    if (read == BodyReader::ReadResult::kProgress) {
      deadline = worker_.reactor.now_ms() + settings_.timeouts.body_ms;
      continue;
    }
    if (client_.aborted || !co_await client_.signal.wait(deadline)) {
      co_await reply_failure(Error(ErrorKind::kTimeout, "The request body did not come in time.", ErrorSource::kClient));
      co_return false;
    }
  }
  co_return true;
}

HttpRequest Pipeline::plain_request() const {
  HttpRequest made;
  made.method = request->method;
  made.path = target.path;
  made.query = target.query;
  for (const HeaderField& field : request->fields) made.headers.emplace_back(field.name, field.value);
  made.body = body_.exists() ? body_.text() : std::string();
  made.remote_address = client_address;
  made.tls = tls;
  return made;
}

Task<void> Pipeline::hand_over() {
  LocalService* service = worker_.gateway.local;
  if (service == nullptr) {
    co_await reply_error(404, "Conversations are not served by this gateway (chat.enabled).");
    co_return;
  }
  const bool read = co_await read_small_body();
  if (!read) co_return;
  HttpRequest made = plain_request();
  const bool head_only = made.method == "HEAD";
  client_http_1_0_ = request->http_1_0;
  if (!policy_keeps_head()) release_head();

  const auto sleeper = std::make_shared<Sleeper>(Sleeper{&client_.signal});
  const auto call = std::make_shared<LocalCall>([sleeper, &reactor = worker_.reactor] {
    reactor.post([sleeper] {
      if (sleeper->signal != nullptr) sleeper->signal->notify();
    });
  });
  if (!service->begin(std::move(made), call)) {
    co_await reply_error(503, "The gateway has too many conversations at once; try again shortly.", {}, 1);
    co_return;
  }
  co_await pass_answer(*call, head_only);
  call->leave();
  sleeper->signal = nullptr;
}

// Until the answer has ended or the client has left.
Task<void> Pipeline::pass_answer(LocalCall& call, bool head_only) {
  bool chunked = false;
  for (;;) {
    LocalCall::News news = call.take();
    std::string text;
    if (news.has_head) {
      status = news.head.status;
      answered_ = true;
      first_byte_ns = worker_.reactor.now_ns();
      chunked = news.streams && !client_http_1_0_;
      if (worker_.draining() || (news.streams && client_http_1_0_)) keep_alive_ = false;
      text = local_head(news.head, news.streams ? -1 : static_cast<std::int64_t>(news.bytes.size()), chunked);
    }
    if (head_only) news.bytes.clear();
    bytes_out += news.bytes.size();
    if (!news.bytes.empty()) text += chunked ? chunk_of(news.bytes) : news.bytes;
    if (news.ended && chunked && !head_only) text += "0\r\n\r\n";
    if (!text.empty()) {
      Status sent = co_await write_all(client_.stream, client_.signal, text, worker_.reactor.now_ms() + settings_.timeouts.write_ms);
      if (!sent) break;
    }
    if (news.ended) {
      outcome = Outcome::kDone;
      co_return;
    }
    if (!text.empty()) continue;
    if (client_.aborted || client_.stream.peer_closed()) break;
    static_cast<void>(co_await client_.signal.wait());
  }
  outcome = Outcome::kClientGone;
  keep_alive_ = false;
}

// `length` below zero: not known.
std::string Pipeline::local_head(const HttpResponse& head, std::int64_t length, bool chunked) const {
  std::string text = "HTTP/1.1 " + std::to_string(head.status) + " ";
  text += reason_phrase(head.status);
  text += "\r\n";
  for (const auto& [name, value] : head.headers) {
    if (value.find_first_of("\r\n") == std::string::npos) text += name + ": " + value + "\r\n";
  }
  if (length >= 0 && head.status != 204 && head.status != 304) text += "Content-Length: " + std::to_string(length) + "\r\n";
  if (chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "x-moongate-request-id: " + id_ + "\r\n";
  if (!keep_alive_) text += "Connection: close\r\n";
  return text + "\r\n";
}

bool Pipeline::is_inner_question() const { return client_.inner && target.operation == Operation::kConversation; }

// Over a connection that the process made to itself: whose credential is this? With ?model= also: may it have an answer of
// this worker now? That counts as a request.
Task<void> Pipeline::tell_caller() {
  for_each_param(target.query, [this](std::string_view, std::string_view name, std::string_view value) {
    if (param_name_is(name, "model")) model = decode_segment(value);
  });
  if (!co_await hook(Phase::kAuthenticate)) co_return;
  if (!identity) {
    co_await reply_error(401, "This credential is not valid here.");
    co_return;
  }
  if (!model.empty()) {
    if (!identity->allows_model(model)) {
      co_await reply_error(403, "This credential may not use the model " + model + ".");
      co_return;
    }
    if (worker_.billing.refuse_unpriced) {
      co_await reply_error(403, "There is no price for the model " + model + ", and this gateway serves only what it can bill; ask its operator for one.");
      co_return;
    }
    if (!co_await reserve_quota()) co_return;
  }
  boost::json::object told{{"client", identity->client}, {"kind", identity->kind}, {"key_id", identity->key_id},
                           {"user_id", identity->user_id}, {"user_name", identity->user_name}};
  outcome = Outcome::kDone;
  co_await reply(200, boost::json::serialize(told), {});
}

}  // namespace moongate
