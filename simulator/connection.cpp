#include "simulator/connection.h"

#include "http/body_framer.h"
#include "http/message.h"
#include "simulator/control_face.h"

namespace moongate::sim {
namespace {

constexpr std::size_t kMostBody = 160u << 20;
// A generous server: what a gateway may send is the gateway's own business.
constexpr HeadLimits kHeadLimits{1u << 20, 1000};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Request request_of(const RequestHead& head, bool tls) {
  Request request;
  request.method = std::string(head.method);
  request.target = std::string(head.target);
  const std::size_t question = head.target.find('?');
  request.path = percent_decoded(head.target.substr(0, question));
  if (question != std::string_view::npos) request.parameters = parse_form(head.target.substr(question + 1));
  request.headers.reserve(head.fields.size());
  for (const HeaderField& field : head.fields) request.headers.emplace_back(field.name, field.value);
  request.tls = tls;
  return request;
}

}  // namespace

Task<void> Connection::serve(const TlsServer* tls) {
  if (!wire_.is_open()) co_return;
  if (tls != nullptr) {
    const bool shaken = co_await wire_.handshake(*tls);
    if (!shaken) co_return;
  }
  Next next = Next::kRequest;
  while (next == Next::kRequest) next = co_await serve_one();
}

Task<bool> Connection::read_head() {
  std::size_t searched = 0;
  head_.clear();
  for (;;) {
    const auto parsed = parse_request_head(inbox_, kHeadLimits, searched, head_);
    if (!parsed) {
      co_await refuse(parsed.error().message);
      co_return false;
    }
    if (*parsed == HeadState::kComplete) break;
    const bool more = co_await wire_.fill(inbox_);
    if (!more) co_return false;
  }
  request_ = request_of(head_, wire_.stream().tls());
  framing_ = head_.framing;
  content_length_ = head_.content_length;
  http_1_0_ = head_.http_1_0;
  client_keeps_ = head_.keep_alive;
  expects_continue_ = head_.expect_continue;
  inbox_.erase(0, head_.size);
  head_.clear();
  head_came_ms_ = wire_.now_ms();
  co_return true;
}

Task<void> Connection::refuse(std::string_view why) {
  Reply reply;
  reply.status = 400;
  reply.headers = {{"content-type", "text/plain; charset=utf-8"}};
  reply.body = std::string(why) + "\n";
  const Faults none;
  const ResponseWriter::Context context{"GET", {}, false, false, world_.clock.unix_seconds()};
  ResponseWriter writer(wire_, none, context);
  const Sent sent = co_await writer.write(reply);
  if (sent == Sent::kWhole) co_await wire_.linger();
}

Task<bool> Connection::read_body(MonoMs pause_ms) {
  BodyFramer framer(framing_, content_length_);
  for (;;) {
    std::size_t used = 0;
    while (!framer.done() && !framer.broken()) {
      const BodyFramer::Piece piece = framer.next(std::string_view(inbox_).substr(used));
      if (piece.consumed == 0) break;
      request_.body += piece.payload;
      used += piece.consumed;
    }
    inbox_.erase(0, used);
    if (framer.done()) co_return true;
    if (framer.broken() || request_.body.size() > kMostBody) {
      co_await refuse(framer.broken() ? "the body's chunks are broken"
                                      : "the simulator takes 160 MiB at most");
      co_return false;
    }
    bool more = true;
    if (pause_ms > 0) more = co_await wire_.pause(pause_ms);
    if (more) more = co_await wire_.fill(inbox_);
    if (!more) co_return false;
  }
}

Task<Connection::Next> Connection::serve_one() {
  const bool came = co_await read_head();
  if (!came || drop_next_) co_return Next::kEnd;

  if (request_.path.starts_with("/__simulator/")) {
    const bool whole = co_await read_body(0);
    if (!whole) co_return Next::kEnd;
    Faults none;
    Call call{world_, request_, route_of(request_), {}, none};
    Reply reply = control_face(call);
    RequestLog::Outcome unused;
    const Next next = co_await write(reply, none, unused);
    forget_request();
    co_return next;
  }

  const std::uint64_t logged = world_.log.begin(request_, number_);
  RequestLog::Outcome outcome;
  const Next next = co_await answer(outcome, logged);
  world_.log.finish(logged, outcome);
  forget_request();
  co_return next;
}

void Connection::forget_request() {
  request_ = Request();
  // A waiting connection keeps no more than what has come of the next request.
  if (inbox_.empty()) inbox_ = std::string();
}

void Connection::note_gone(RequestLog::Outcome& outcome) const {
  outcome.client_left_after_ms = wire_.now_ms() - head_came_ms_;
}

Task<bool> Connection::before_head(const Faults& faults, RequestLog::Outcome& outcome) {
  if (faults.latency_ms > 0) {
    const bool there = co_await wire_.pause(faults.latency_ms);
    if (!there) {
      note_gone(outcome);
      co_return false;
    }
  }
  if (faults.stall == FaultPoint::kBeforeHead) {
    co_await wire_.silence();
    note_gone(outcome);
    co_return false;
  }
  if (faults.reset == FaultPoint::kBeforeHead) {
    wire_.reset();
    outcome.completed = true;
    co_return false;
  }
  co_return true;
}

Task<Connection::Next> Connection::answer(RequestLog::Outcome& outcome, std::uint64_t logged) {
  Faults faults;
  Call call{world_, request_, route_of(request_), world_.standing.take(request_.path), faults};
  // What concerns the body's way here cannot stand in the body. A wrong key is told by the face later.
  Faults beforehand;
  if (call.gather_faults({})) beforehand = faults;
  if (beforehand.early != 0) co_return co_await answer_early(beforehand, call, outcome);

  if (expects_continue_) {
    const bool there = co_await wire_.send("HTTP/1.1 100 Continue\r\n\r\n", {});
    if (!there) {
      note_gone(outcome);
      co_return Next::kEnd;
    }
  }
  const bool whole = co_await read_body(beforehand.read_ms);
  world_.log.body(logged, request_.body, whole);
  if (!whole) {
    note_gone(outcome);
    co_return Next::kEnd;
  }
  faults = Faults();  // those of a call that is refused count for nothing
  Reply reply = answer_call(call);
  // The body has been read; a stream that waits for hours need not hold it.
  request_.body = std::string();
  const bool go_on = co_await before_head(faults, outcome);
  if (!go_on) co_return Next::kEnd;
  const Next next = co_await write(reply, faults, outcome);
  if (faults.expire_tokens) world_.tokens.revoke_all();
  co_return next;
}

Task<Connection::Next> Connection::answer_early(const Faults& asked, Call& call,
                                                RequestLog::Outcome& outcome) {
  Reply reply;
  Faults faults = asked;
  if (asked.early >= 300) {
    reply = status_reply(call, asked, asked.early);
  } else {
    request_.body = std::string(stand_in_body(call.route));
    reply = answer_call(call);
    reply.status = asked.early;
    request_.body.clear();
    faults = call.faults;
  }
  const bool go_on = co_await before_head(faults, outcome);
  if (!go_on) co_return Next::kEnd;
  client_keeps_ = false;  // what follows on this connection is the body that nobody read
  const Next next = co_await write(reply, faults, outcome);
  if (outcome.completed && wire_.is_open()) co_await wire_.linger();
  co_return next;
}

Task<Connection::Next> Connection::write(Reply& reply, const Faults& faults, RequestLog::Outcome& outcome) {
  const std::string accept_encoding(request_.header("accept-encoding"));
  const ResponseWriter::Context context{request_.method, accept_encoding, http_1_0_, client_keeps_,
                                        world_.clock.unix_seconds()};
  ResponseWriter writer(wire_, faults, context);
  outcome.status = reply.status;
  const Sent sent = co_await writer.write(reply);
  outcome.completed = sent != Sent::kGone;
  if (sent == Sent::kGone) note_gone(outcome);
  drop_next_ = faults.keepalive == KeepAlive::kDropNext;
  const bool ends = sent != Sent::kWhole || writer.closes() || faults.keepalive == KeepAlive::kDrop;
  co_return ends ? Next::kEnd : Next::kRequest;
}

}  // namespace moongate::sim
