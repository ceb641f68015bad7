#include "cache/redis_link.h"

#include <sys/un.h>

#include <cstring>

namespace moongate {
namespace {

Result<std::vector<Address>> unix_address(const RedisUrl& url) {
  Address address;
  auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, url.unix_path.data(), url.unix_path.size());  // fits: parse_redis_url has seen to it
  address.size = sizeof local;
  return std::vector<Address>{address};
}

Error refused(const RedisReply& reply, bool to_auth, const RedisUrl& url) {
  const std::string word(redis_error_word(reply.text));
  if (word == "NOAUTH") {
    return Error(ErrorKind::kUnauthenticated, "Redis wants a password (NOAUTH): write it into cache.url, redis://:password@…");
  }
  if (to_auth) {
    return Error(ErrorKind::kUnauthenticated,
                 "Redis refused the password in cache.url (" + word + "): compare it with requirepass, or with the ACL of "
                 "the user, on the Redis server");
  }
  if (reply.text.find("DB index") != std::string::npos) {
    return Error(ErrorKind::kInvalid, "Redis has no database " + std::to_string(url.database) +
                                          ": choose a lower one in cache.url, or raise \"databases\" on the server");
  }
  return Error(ErrorKind::kUnavailable, "Redis is not ready (" + word + ")");
}

// One reply, waiting as needed.
Task<Status> read_reply(Stream& stream, Signal& signal, RedisReplyReader& reader, RedisReply& reply, MonoMs deadline) {
  char bytes[4096];
  for (;;) {
    const auto next = reader.next(reply);
    if (next == RedisReplyReader::Next::kReply) co_return Status();
    if (next == RedisReplyReader::Next::kBroken) {
      co_return Error(ErrorKind::kProtocol, "what answers at cache.url does not speak Redis's protocol");
    }
    const IoResult got = stream.read(bytes, sizeof bytes);
    if (got.ok()) {
      if (!reader.feed(bytes, got.bytes)) co_return Error(ErrorKind::kInternal, "out of memory");
    } else if (got.would_block()) {
      if (!co_await signal.wait(deadline)) co_return Error(ErrorKind::kTimeout, "Redis does not answer");
    } else {
      co_return Error(ErrorKind::kClosed, "Redis closed the connection");
    }
  }
}

}  // namespace

std::string_view redis_error_word(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && n < 32 && ((text[n] >= 'A' && text[n] <= 'Z') || text[n] == '_')) ++n;
  return n == 0 ? std::string_view("ERR") : text.substr(0, n);
}

Task<Status> open_redis_link(Stream& stream, Signal& signal, Resolver& resolver, TlsClient* tls, const RedisUrl& url,
                             RedisReplyReader& reader, MonoMs deadline) {
  const bool over_unix = !url.unix_path.empty();
  auto addresses =
      over_unix ? unix_address(url) : co_await resolver.resolve(signal, url.host, url.port, deadline);
  if (!addresses) co_return addresses.error();
  if (Status connected = co_await connect_to(stream, signal, *addresses, deadline); !connected) {
    co_return connected.error();
  }
  if (url.tls) {
    ssl_st* session = tls->new_session(url.host, url.host + ":" + std::to_string(url.port));
    if (session == nullptr) co_return Error(ErrorKind::kInternal, "TLS: out of memory");
    stream.start_tls(session, false);
    if (Status shaken = co_await stream.handshake(signal, deadline); !shaken) co_return shaken.error();
  }

  const bool with_auth = !url.password.empty();
  std::string text;
  text.reserve(256 + url.user.size() + url.password.reveal().size());  // the password is copied once, and wiped
  if (with_auth && url.user.empty()) {
    append_redis_command(text, {"AUTH", url.password.reveal()});
  } else if (with_auth) {
    append_redis_command(text, {"AUTH", url.user, url.password.reveal()});
  }
  // Also for database 0: a server that wants a password says so here, and not with the first command.
  append_redis_command(text, {"SELECT", std::to_string(url.database)});
  const Secret greeting(std::move(text));
  if (Status sent = co_await write_all(stream, signal, greeting.reveal(), deadline); !sent) co_return sent.error();

  for (int left = with_auth ? 2 : 1; left > 0; --left) {
    RedisReply reply;
    if (Status got = co_await read_reply(stream, signal, reader, reply, deadline); !got) co_return got.error();
    if (reply.type == RedisReply::Type::kError) co_return refused(reply, left == 2, url);
    if (reply.type != RedisReply::Type::kStatus) {
      co_return Error(ErrorKind::kProtocol, "what answers at cache.url does not speak Redis's protocol");
    }
  }
  co_return Status();
}

}  // namespace moongate
