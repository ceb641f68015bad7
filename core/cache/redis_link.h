// From an address to a connection that Redis takes commands on.
#pragma once

#include "cache/redis_url.h"
#include "cache/redis_wire.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace moongate {

// Connects `stream`, with TLS if the url says so (`tls` is needed then), says AUTH (with a password) and SELECT.
// Everything else that Redis sends afterwards is `reader`'s next. Errors, all saying what to do in terms of cache.url and
// never holding the password: kConnect, kTimeout, kClosed, kProtocol, kUnauthenticated (password missing or refused),
// kInvalid (no such database), kUnavailable (Redis says that it is not ready). `stream` may be left open.
Task<Status> open_redis_link(Stream& stream, Signal& signal, Resolver& resolver, TlsClient* tls, const RedisUrl& url,
                             RedisReplyReader& reader, MonoMs deadline);

// The upper-case word that an error reply begins with ("WRONGTYPE"). The rest may quote our own arguments.
std::string_view redis_error_word(std::string_view text);

}  // namespace moongate
