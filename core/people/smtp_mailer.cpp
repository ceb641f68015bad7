#include "people/smtp_mailer.h"

#include <charconv>

#include "crypto/base64.h"
#include "http/message.h"
#include "net/address.h"
#include "net/reactor.h"

namespace moongate {
namespace {

constexpr std::size_t kLongestReply = 16 * 1024;

struct SmtpReply {
  int code = 0;
  std::vector<std::string> lines;  // without the code
  bool offers(std::string_view word) const {
    for (const std::string& line : lines) {
      if (line.size() >= word.size() && std::equal(word.begin(), word.end(), line.begin(), [](char a, char b) {
            return a == (b >= 'a' && b <= 'z' ? static_cast<char>(b - 32) : b);
          })) {
        return true;
      }
    }
    return false;
  }
};

std::string decoded(std::string_view text) {
  std::string escaped;
  for (char c : text) escaped += c == '+' ? "%2B" : c == '&' ? "%26" : c == '=' ? "%3D" : std::string(1, c);
  auto pairs = parse_form("n=" + escaped);
  return pairs.empty() ? std::string() : std::move(pairs.front().second);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

// One conversation with a server.
class SmtpTalk {
 public:
  SmtpTalk(Stream& stream, Signal& signal, MonoMs deadline) : stream_(stream), signal_(signal), deadline_(deadline) {}

  Task<Result<SmtpReply>> read() {
    SmtpReply reply;
    for (;;) {
      const std::size_t end = buffer_.find("\r\n");
      if (end != std::string::npos) {
        const std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        int code = 0;
        if (line.size() < 3 || std::from_chars(line.data(), line.data() + 3, code).ptr != line.data() + 3 || code < 200) {
          co_return Error(ErrorKind::kProtocol, "what answers at mail.server does not speak SMTP");
        }
        reply.code = code;
        reply.lines.push_back(line.size() > 4 ? line.substr(4) : std::string());
        if (line.size() < 4 || line[3] != '-') co_return reply;
        continue;
      }
      if (buffer_.size() > kLongestReply) co_return Error(ErrorKind::kProtocol, "the mail server says too much");
      char bytes[2048];
      const IoResult got = stream_.read(bytes, sizeof bytes);
      if (got.ok()) {
        buffer_.append(bytes, got.bytes);
      } else if (got.would_block()) {
        if (!co_await signal_.wait(deadline_)) co_return Error(ErrorKind::kTimeout, "the mail server does not answer");
      } else {
        co_return Error(ErrorKind::kClosed, "the mail server closed the connection");
      }
    }
  }

  // Says it, and expects a reply whose code begins with `wanted`.
  Task<Result<SmtpReply>> say(std::string line, int wanted, std::string_view what) {
    const Secret sent(line + "\r\n");
    if (Status done = co_await write_all(stream_, signal_, sent.reveal(), deadline_); !done) co_return done.error();
    auto reply = co_await read();
    if (reply && reply->code / 100 != wanted) {
      co_return Error(ErrorKind::kUnavailable, "the mail server refused " + std::string(what) + " (" + std::to_string(reply->code) + ")");
    }
    co_return reply;
  }

  // What somebody in between sent before TLS began must not be taken for the server's word.
  bool nothing_waits() const { return buffer_.empty(); }

 private:
  Stream& stream_;
  Signal& signal_;
  const MonoMs deadline_;
  std::string buffer_;
};

}  // namespace

Result<SmtpServer> parse_mail_server(std::string_view url) {
  SmtpServer server;
  server.tls_at_once = url.starts_with("smtps://");
  if (!server.tls_at_once && !url.starts_with("smtp://")) return Error(ErrorKind::kInvalid, "mail.server must begin with smtp:// or smtps://");
  url.remove_prefix(server.tls_at_once ? 8 : 7);
  server.port = server.tls_at_once ? 465 : 587;
  if (const std::size_t at = url.rfind('@'); at != url.npos) {
    const std::string_view login = url.substr(0, at);
    const std::size_t colon = login.find(':');
    server.user = decoded(login.substr(0, colon));
    if (colon != login.npos) server.password = Secret(decoded(login.substr(colon + 1)));
    url.remove_prefix(at + 1);
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t colon = url.rfind(':');
  if (colon != url.npos && url.find(']', colon) == url.npos) {
    const std::string_view port = url.substr(colon + 1);
    if (std::from_chars(port.data(), port.data() + port.size(), server.port).ptr != port.data() + port.size() || server.port < 1 ||
        server.port > 65535) {
      return Error(ErrorKind::kInvalid, "mail.server has a port that is none");
    }
    url = url.substr(0, colon);
  }
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  server.host = url;
  if (server.host.empty()) return Error(ErrorKind::kInvalid, "mail.server names no host");
  return server;
}

SmtpMailer::SmtpMailer(SmtpServer server, std::string from, std::unique_ptr<TlsClient> tls, const Clock& clock, Random& random)
    : server_(std::move(server)), from_(std::move(from)), tls_(std::move(tls)), clock_(clock), random_(random), resolver_(clock) {}

Result<std::unique_ptr<SmtpMailer>> SmtpMailer::create(SmtpServer server, std::string from, const std::string& ca_file,
                                                       const Clock& clock, Random& random) {
  auto tls = TlsClient::create(ca_file);
  if (!tls) return tls.error().wrap("mail.ca_file");
  return std::unique_ptr<SmtpMailer>(new SmtpMailer(std::move(server), std::move(from), std::move(*tls), clock, random));
}

Status SmtpMailer::send(const MailMessage& message) {
  const Result<std::string> mail = render_mail(message, from_, clock_.unix_seconds(), random_);
  if (!mail) return mail.error();
  Reactor reactor(clock_);
  Status outcome = Error(ErrorKind::kInternal, "the message was not sent");
  const auto run = [&]() -> Task<void> {
    outcome = co_await deliver(reactor, message, *mail);
    reactor.stop();
  };
  reactor.post([&] { spawn(run()); });
  reactor.run();
  return outcome;
}

Task<Status> SmtpMailer::deliver(Reactor& reactor, const MailMessage& message, const std::string& mail) {
  const MonoMs deadline = clock_.mono_ms() + kTimeoutMs;
  Signal signal(reactor);
  Stream stream;
  auto addresses = co_await resolver_.resolve(signal, server_.host, server_.port, deadline);
  if (!addresses) co_return addresses.error().wrap("mail.server");
  if (Status connected = co_await connect_to(stream, signal, *addresses, deadline); !connected) {
    co_return connected.error().wrap("mail.server");
  }
  stream.set_signal(&signal);
  const auto begin_tls = [&]() -> Task<Status> {
    ssl_st* session = tls_->new_session(server_.host, server_.host + ":" + std::to_string(server_.port));
    if (session == nullptr) co_return Error(ErrorKind::kInternal, "TLS: out of memory");
    stream.start_tls(session, false);
    co_return co_await stream.handshake(signal, deadline);
  };
  SmtpTalk talk(stream, signal, deadline);
  if (server_.tls_at_once) {
    if (Status shaken = co_await begin_tls(); !shaken) co_return shaken.error().wrap("mail.server");
  }
  auto greeting = co_await talk.read();
  if (!greeting) co_return greeting.error();
  if (greeting->code != 220) co_return Error(ErrorKind::kUnavailable, "the mail server is not ready");
  auto hello = co_await talk.say("EHLO moongate", 2, "EHLO");
  if (!hello) co_return hello.error();
  if (!server_.tls_at_once) {
    if (hello->offers("STARTTLS")) {
      if (auto begun = co_await talk.say("STARTTLS", 2, "STARTTLS"); !begun) co_return begun.error();
      if (!talk.nothing_waits()) co_return Error(ErrorKind::kProtocol, "the mail server spoke before TLS had begun");
      if (Status shaken = co_await begin_tls(); !shaken) co_return shaken.error().wrap("mail.server");
      hello = co_await talk.say("EHLO moongate", 2, "EHLO");
      if (!hello) co_return hello.error();
    } else if (!is_loopback(server_.host)) {
      co_return Error(ErrorKind::kUnavailable, "the mail server offers no STARTTLS; messages go in clear to this machine only");
    }
  }
  if (!server_.user.empty()) {
    if (!hello->offers("AUTH")) co_return Error(ErrorKind::kUnavailable, "the mail server offers no AUTH, but mail.server has a user");
    bool plain = false;
    for (const std::string& line : hello->lines) plain = plain || line.find("PLAIN") != std::string::npos;
    if (plain) {
      const std::string proof = std::string(1, '\0') + server_.user + std::string(1, '\0') + server_.password.reveal();
      if (auto done = co_await talk.say("AUTH PLAIN " + base64_encode(proof), 2, "the login of mail.server"); !done) co_return done.error();
    } else {
      if (auto asked = co_await talk.say("AUTH LOGIN", 3, "AUTH LOGIN"); !asked) co_return asked.error();
      if (auto asked = co_await talk.say(base64_encode(server_.user), 3, "the user of mail.server"); !asked) co_return asked.error();
      if (auto done = co_await talk.say(base64_encode(server_.password.reveal()), 2, "the login of mail.server"); !done) co_return done.error();
    }
  }
  if (auto done = co_await talk.say("MAIL FROM:<" + from_ + ">", 2, "the sender mail.from"); !done) co_return done.error();
  if (auto done = co_await talk.say("RCPT TO:<" + message.to + ">", 2, "the recipient"); !done) co_return done.error();
  if (auto done = co_await talk.say("DATA", 3, "DATA"); !done) co_return done.error();
  // No line begins with a dot: heads are ours, the text is base64.
  if (auto done = co_await talk.say(mail + ".", 2, "the message"); !done) co_return done.error();
  static_cast<void>(co_await talk.say("QUIT", 2, "QUIT"));
  co_return Status();
}

}  // namespace moongate
