// Heads, parsed by Beast's basic_parser; what it lets pass and we do not is checked here.
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <cstring>

#include "http/head.h"

namespace moongate {

HeaderId header_id(std::uint32_t hash, std::string_view name) {
  struct Known {
    std::string_view name;
    HeaderId id;
  };
#define MOONGATE_HEADER(text, which) \
  case header_hash(text):            \
    return header_name_equal(name, text) ? HeaderId::which : HeaderId::kOther
  switch (hash) {
    MOONGATE_HEADER("host", kHost);
    MOONGATE_HEADER("connection", kConnection);
    MOONGATE_HEADER("keep-alive", kKeepAlive);
    MOONGATE_HEADER("proxy-connection", kProxyConnection);
    MOONGATE_HEADER("transfer-encoding", kTransferEncoding);
    MOONGATE_HEADER("content-length", kContentLength);
    MOONGATE_HEADER("te", kTe);
    MOONGATE_HEADER("trailer", kTrailer);
    MOONGATE_HEADER("upgrade", kUpgrade);
    MOONGATE_HEADER("expect", kExpect);
    MOONGATE_HEADER("content-type", kContentType);
    MOONGATE_HEADER("content-encoding", kContentEncoding);
    MOONGATE_HEADER("accept-encoding", kAcceptEncoding);
    MOONGATE_HEADER("authorization", kAuthorization);
    MOONGATE_HEADER("proxy-authorization", kProxyAuthorization);
    MOONGATE_HEADER("proxy-authenticate", kProxyAuthenticate);
    MOONGATE_HEADER("x-api-key", kXApiKey);
    MOONGATE_HEADER("x-goog-api-key", kXGoogApiKey);
    MOONGATE_HEADER("x-auth-token", kXAuthToken);
    MOONGATE_HEADER("cookie", kCookie);
    MOONGATE_HEADER("anthropic-version", kAnthropicVersion);
    MOONGATE_HEADER("anthropic-beta", kAnthropicBeta);
    MOONGATE_HEADER("date", kDate);
    MOONGATE_HEADER("http2-settings", kHttp2Settings);
    MOONGATE_HEADER("user-agent", kUserAgent);
    MOONGATE_HEADER("x-simulator", kXSimulator);
    MOONGATE_HEADER("x-goog-user-project", kXGoogUserProject);
    default: return HeaderId::kOther;
  }
#undef MOONGATE_HEADER
}

namespace {

namespace beast = boost::beast;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// Fills our Head; the body is never shown to it.
template <bool IsRequest>
class Parser final : public beast::http::basic_parser<IsRequest> {
 public:
  using HeadType = std::conditional_t<IsRequest, RequestHead, ResponseHead>;
  Parser(HeadType& head, std::size_t max_fields) : head_(head), max_fields_(max_fields) {
    this->eager(false);
    this->skip(true);  // it stops at the end of the head, whatever the framing says
    this->header_limit(UINT32_MAX);
    this->body_limit(boost::none);
  }
  bool too_many() const { return too_many_; }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       beast::error_code&) override {
    if constexpr (IsRequest) {
      head_.method = view(method);
      head_.target = view(target);
    }
    head_.http_1_0 = version < 11;
  }
  void on_response_impl(int status, beast::string_view reason, int version, beast::error_code&) override {
    if constexpr (!IsRequest) {
      head_.status = status;
      head_.reason = view(reason);
    }
    head_.http_1_0 = version < 11;
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     beast::error_code& ec) override {
    if (head_.fields.size() >= max_fields_) {
      too_many_ = true;
      ec = beast::http::error::header_limit;
      return;
    }
    HeaderField& field = head_.fields.emplace_back();
    field.name = view(name);
    field.value = view(value);
    field.hash = header_hash(field.name);
    field.id = header_id(field.hash, field.name);
    const char* end = value.data() + value.size();
    while (*end != '\n') ++end;  // white space and CR; the caller has made sure of the line's end
    field.line = {name.data(), static_cast<std::size_t>(end + 1 - name.data())};
  }
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
  void on_finish_impl(beast::error_code&) override {}

  HeadType& head_;
  const std::size_t max_fields_;
  bool too_many_ = false;
};

Error refuse(bool request, std::string message) {
  return request ? Error(ErrorKind::kInvalid, std::move(message), ErrorSource::kClient)
                 : Error(ErrorKind::kProtocol, "the upstream sent a malformed head: " + message, ErrorSource::kUpstream);
}

// Walks the lines from `searched` on. On success `searched` is past the empty line that ends the head.
Result<HeadState> find_end(std::string_view bytes, const HeadLimits& limits, std::size_t& searched, bool request) {
  for (;;) {
    if (searched >= bytes.size()) return HeadState::kMore;
    const char* from = bytes.data() + searched;
    const auto* lf = static_cast<const char*>(std::memchr(from, '\n', bytes.size() - searched));
    if (lf == nullptr) {
      if (bytes.size() > limits.max_bytes) {
        return Error(ErrorKind::kTooLarge, "the request head is larger than " + std::to_string(limits.max_bytes) +
                                               " bytes", request ? ErrorSource::kClient : ErrorSource::kUpstream);
      }
      return HeadState::kMore;  // `searched` stays at the line's beginning
    }
    if (lf == bytes.data() || lf[-1] != '\r') return refuse(request, "a line does not end in CRLF");
    if ((*from == ' ' || *from == '\t') && searched != 0) return refuse(request, "a header line is folded");
    const auto line_end = static_cast<std::size_t>(lf + 1 - bytes.data());
    if (line_end > limits.max_bytes) {
      return Error(ErrorKind::kTooLarge, "the request head is larger than " + std::to_string(limits.max_bytes) +
                                             " bytes", request ? ErrorSource::kClient : ErrorSource::kUpstream);
    }
    const bool empty_line = lf - 1 == from;
    const bool first = searched == 0;
    searched = line_end;
    if (empty_line && !first) return HeadState::kComplete;
    if (empty_line && first) return refuse(request, "the request line is empty");
  }
}

bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && text[0] != '+' && text[0] != '-';
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (header_name_equal(item, token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// RFC 3986 3.2: what a host and port are made of. Not what they mean: we route by path.
bool valid_host(std::string_view text) {
  static constexpr std::string_view kExtra = "-._~%!$&'()*+,;=:[]";
  for (const char c : text) {
    const bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (!alnum && kExtra.find(c) == std::string_view::npos) return false;
  }
  return true;
}

// Framing and connection rules of RFC 9112 sections 6 and 9, strictly.
Status interpret(Head& head, bool request) {
  bool has_length = false;
  bool has_coding = false;
  head.keep_alive = !head.http_1_0;
  for (const HeaderField& field : head.fields) {
    switch (field.id) {
      case HeaderId::kContentLength:
        if (has_length) return refuse(request, "there is more than one Content-Length");
        has_length = true;
        if (!parse_length(field.value, head.content_length)) return refuse(request, "Content-Length is no number");
        break;
      case HeaderId::kTransferEncoding:
        if (has_coding) return refuse(request, "there is more than one Transfer-Encoding");
        has_coding = true;
        if (!header_name_equal(field.value, "chunked")) {
          return refuse(request, "the only Transfer-Encoding understood is chunked");
        }
        break;
      case HeaderId::kConnection:
        if (has_token(field.value, "close")) head.keep_alive = false;
        else if (head.http_1_0 && has_token(field.value, "keep-alive")) head.keep_alive = true;
        break;
      default: break;
    }
  }
  if (has_coding && has_length) return refuse(request, "both Content-Length and Transfer-Encoding are given");
  if (has_coding && head.http_1_0) return refuse(request, "HTTP/1.0 has no Transfer-Encoding");
  head.framing = has_coding ? Framing::kChunked : has_length ? Framing::kLength : Framing::kNone;
  return {};
}

template <bool IsRequest, class HeadType>
Result<HeadState> parse(std::string_view bytes, const HeadLimits& limits, std::size_t& searched, HeadType& head) {
  auto found = find_end(bytes, limits, searched, IsRequest);
  if (!found || *found == HeadState::kMore) return found;
  head.clear();
  head.size = searched;
  Parser<IsRequest> parser(head, limits.max_fields);
  beast::error_code ec;
  parser.put(boost::asio::const_buffer(bytes.data(), head.size), ec);
  if (parser.too_many()) {
    return Error(ErrorKind::kTooLarge, "the head has more than " + std::to_string(limits.max_fields) + " headers",
                 IsRequest ? ErrorSource::kClient : ErrorSource::kUpstream);
  }
  if (ec || !parser.is_header_done()) return refuse(IsRequest, ec ? ec.message() : "it is incomplete");
  if (auto status = interpret(head, IsRequest); !status) return status.error();
  return HeadState::kComplete;
}

}  // namespace

Result<HeadState> parse_request_head(std::string_view bytes, const HeadLimits& limits, std::size_t& searched,
                                     RequestHead& head) {
  auto state = parse<true>(bytes, limits, searched, head);
  if (!state || *state == HeadState::kMore) return state;
  if (head.target.empty() || head.target[0] != '/') {
    return refuse(true, "the request target must be a path beginning with /");
  }
  int hosts = 0;
  for (const HeaderField& field : head.fields) {
    if (field.id == HeaderId::kHost) {
      ++hosts;
      if (!valid_host(field.value)) return refuse(true, "Host is no host name");
    }
    if (field.id == HeaderId::kExpect) {
      if (!header_name_equal(field.value, "100-continue")) return refuse(true, "the only Expect is 100-continue");
      head.expect_continue = !head.http_1_0;
    }
    // Other protocols (h2c) are offers that may be ignored: RFC 9110 7.8.
    if (field.id == HeaderId::kUpgrade && has_token(field.value, "websocket")) head.upgrade = true;
  }
  if (hosts > 1) return refuse(true, "there is more than one Host");
  if (hosts == 0 && !head.http_1_0) return refuse(true, "there is no Host");
  return state;
}

Result<HeadState> parse_response_head(std::string_view bytes, const HeadLimits& limits, std::size_t& searched,
                                      std::string_view request_method, ResponseHead& head) {
  auto state = parse<false>(bytes, limits, searched, head);
  if (!state || *state == HeadState::kMore) return state;
  if (request_method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304) {
    head.framing = Framing::kNone;
  } else if (head.framing == Framing::kNone) {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return state;
}

}  // namespace moongate
