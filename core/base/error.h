// The shape of a failure. An error is a value: it is returned or acted on, never both, and only the
// pipeline's local reply turns it into an HTTP status.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace moongate {

enum class ErrorKind : std::uint8_t {
  kInvalid,          // what was given cannot be understood or is not allowed by its grammar
  kUnauthenticated,  // no credential, or one that is not (or no longer) valid
  kForbidden,        // known, but not allowed
  kNotFound,
  kTooLarge,
  kRateLimited,
  kTimeout,
  kConnect,   // no connection could be made (refused, unreachable, DNS, TLS handshake)
  kClosed,    // the peer ended or reset the connection
  kProtocol,  // the peer broke the protocol
  kUnavailable,
  kCanceled,  // given up by our own side (shutdown, client gone)
  kInternal,
};

// Who has to mend it.
enum class ErrorSource : std::uint8_t { kClient, kUpstream, kInternal };

// Whether the failed step may be tried again elsewhere. kOnlyIfReused: only when it ran on a kept-alive
// connection, which the peer may have closed before it saw the request.
enum class Retry : std::uint8_t { kNo, kYes, kOnlyIfReused };

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  ErrorSource source = ErrorSource::kInternal;
  Retry retry = Retry::kNo;
  std::string message;  // names the actor and says what to do; never holds a secret
  std::shared_ptr<const Error> cause;

  Error() = default;
  Error(ErrorKind k, std::string text, ErrorSource s = ErrorSource::kInternal, Retry r = Retry::kNo)
      : kind(k), source(s), retry(r), message(std::move(text)) {}

  // This error as the cause of a new one that tells the story from the caller's side.
  Error wrap(std::string text) const {
    Error outer(kind, std::move(text), source, retry);
    outer.cause = std::make_shared<const Error>(*this);
    return outer;
  }

  // "outer: inner: innermost", for logs.
  std::string describe() const {
    std::string text = message;
    for (const Error* e = cause.get(); e != nullptr; e = e->cause.get()) text += ": " + e->message;
    return text;
  }
};

std::string_view to_string(ErrorKind kind);
std::string_view to_string(ErrorSource source);

}  // namespace moongate
