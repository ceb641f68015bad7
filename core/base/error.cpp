#include "base/error.h"

namespace moongate {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid: return "invalid";
    case ErrorKind::kUnauthenticated: return "unauthenticated";
    case ErrorKind::kForbidden: return "forbidden";
    case ErrorKind::kNotFound: return "not_found";
    case ErrorKind::kTooLarge: return "too_large";
    case ErrorKind::kRateLimited: return "rate_limited";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kConnect: return "connect";
    case ErrorKind::kClosed: return "closed";
    case ErrorKind::kProtocol: return "protocol";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kCanceled: return "canceled";
    case ErrorKind::kInternal: return "internal";
  }
  return "internal";
}

std::string_view to_string(ErrorSource source) {
  switch (source) {
    case ErrorSource::kClient: return "client";
    case ErrorSource::kUpstream: return "upstream";
    case ErrorSource::kInternal: return "internal";
  }
  return "internal";
}

}  // namespace moongate
