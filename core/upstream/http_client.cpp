#include "upstream/http_client.h"

#include "http/body_framer.h"
#include "http/head.h"
#include "net/buffer_pool.h"

namespace moongate {
namespace {

constexpr HeadLimits kAnswerLimits{65536, 200};

std::string serialize(const FetchRequest& request) {
  std::string text = request.method + " " + request.endpoint.base_path + request.target +
                     " HTTP/1.1\r\nHost: " + request.endpoint.authority() + "\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  text += "\r\n";
  text += request.body;
  return text;
}

Error upstream_error(ErrorKind kind, const FetchRequest& request, const std::string& what) {
  return Error(kind, request.endpoint.authority() + ": " + what, ErrorSource::kUpstream);
}

// Reads one answer. `untouched` tells whether the connection ended before its first byte.
Task<Result<FetchResponse>> read_answer(Stream& stream, Signal& signal, MonoMs deadline, const FetchRequest& request,
                                        bool& untouched, bool& reusable) {
  std::string text;
  Buffer scratch(Buffer::kSmall);
  ResponseHead head;
  std::size_t searched = 0;
  bool have_head = false;
  BodyFramer framer;
  FetchResponse response;
  std::size_t taken = 0;
  for (;;) {
    if (have_head) {
      while (taken < text.size()) {
        const auto piece = framer.next(std::string_view(text).substr(taken));
        if (framer.broken()) co_return upstream_error(ErrorKind::kProtocol, request, "malformed chunks");
        if (piece.consumed == 0) break;
        if (response.body.size() + piece.payload.size() > request.max_bytes) {
          co_return upstream_error(ErrorKind::kTooLarge, request,
                                   "the answer is larger than " + std::to_string(request.max_bytes) + " bytes");
        }
        response.body += piece.payload;
        taken += piece.consumed;
      }
      if (taken == text.size()) {
        text.clear();
        taken = 0;
      }
      if (framer.done()) {
        if (taken < text.size()) reusable = false;  // something unasked came behind it
        co_return response;
      }
    }
    const IoResult n = stream.read(scratch.data(), scratch.capacity());
    if (n.would_block()) {
      if (!co_await signal.wait(deadline)) co_return upstream_error(ErrorKind::kTimeout, request, "no answer in time");
      continue;
    }
    if (!n.ok()) {
      reusable = false;
      if (have_head && n.state == IoResult::State::kEof && framer.may_end_here()) co_return response;
      co_return upstream_error(ErrorKind::kClosed, request, "closed the connection early");
    }
    untouched = false;
    text.append(scratch.data(), n.bytes);
    while (!have_head) {
      auto state = parse_response_head(text, kAnswerLimits, searched, request.method, head);
      if (!state) co_return state.error();
      if (*state == HeadState::kMore) break;
      if (head.status < 200) {  // 100, 103: the real one follows
        text.erase(0, head.size);
        searched = 0;
        continue;
      }
      have_head = true;
      response.status = head.status;
      for (const HeaderField& field : head.fields) response.headers.emplace_back(field.name, field.value);
      framer = BodyFramer(head.framing, head.content_length);
      reusable = head.keep_alive;
      taken = head.size;
    }
  }
}

}  // namespace

Status parse_url(std::string_view url, Endpoint& endpoint, std::string& target) {
  for (char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) {
      return Error(ErrorKind::kInvalid, "a URL has no spaces or control characters");
    }
  }
  const std::size_t scheme_end = url.find("://");
  const std::size_t path = scheme_end == std::string_view::npos ? scheme_end : url.find_first_of("/?#", scheme_end + 3);
  const std::string_view origin = url.substr(0, path);
  if (scheme_end == std::string_view::npos || origin.find('@') != std::string_view::npos) {
    return Error(ErrorKind::kInvalid, "a URL must be http://host/… or https://host/…, without a user name");
  }
  auto parsed = parse_endpoint(origin);
  if (!parsed) return parsed.error();
  endpoint = *parsed;
  target = path == std::string_view::npos ? "/" : std::string(url.substr(path, url.find('#') - path));
  if (target.empty() || target[0] != '/') target.insert(0, "/");
  return {};
}

Task<Result<FetchResponse>> fetch(Reactor& reactor, ConnectionPool& pool, FetchRequest request) {
  Signal signal(reactor);
  const MonoMs deadline = reactor.now_ms() + request.timeout_ms;
  const std::string bytes = serialize(request);
  for (int attempt = 0;; ++attempt) {
    std::unique_ptr<UpstreamConnection> connection = pool.take_idle(request.endpoint);
    const bool reused = connection != nullptr;
    if (!reused) {
      auto fresh = co_await pool.connect(request.endpoint, signal, deadline);
      if (!fresh) co_return fresh.error();
      connection = std::move(*fresh);
    }
    connection->stream.set_signal(&signal);
    bool untouched = true;
    bool reusable = false;
    Status sent = co_await write_all(connection->stream, signal, bytes, deadline);
    if (sent) {
      auto answer = co_await read_answer(connection->stream, signal, deadline, request, untouched, reusable);
      if (answer) {
        if (reusable) pool.give_back(request.endpoint, std::move(connection));
        co_return answer;
      }
      if (answer.error().kind != ErrorKind::kClosed || !untouched) co_return answer.error();
      sent = answer.error();
    }
    if (!reused || attempt > 0 || sent.error().kind != ErrorKind::kClosed) co_return sent.error();
  }
}

}  // namespace moongate
