// What every cache refuses before it does anything.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cache/cache.h"

namespace moongate {

inline bool cache_key_allowed(std::string_view key) { return !key.empty() && key.size() <= Cache::kMaxKey; }
inline bool cache_value_allowed(std::string_view value) { return value.size() <= Cache::kMaxValue; }

inline Error cache_argument_error(std::string_view key, std::string_view value, std::int64_t ttl_ms) {
  if (key.empty()) return Error(ErrorKind::kInvalid, "cache: the key is empty");
  if (!cache_key_allowed(key)) return Error(ErrorKind::kInvalid, "cache: the key is longer than 1024 bytes");
  if (!cache_value_allowed(value)) return Error(ErrorKind::kInvalid, "cache: the value is longer than 1 MiB");
  if (ttl_ms < 0) return Error(ErrorKind::kInvalid, "cache: the time to live is negative");
  return Error(ErrorKind::kInvalid, "cache: the argument is not allowed");
}

inline Error cache_not_an_integer() {
  return Error(ErrorKind::kInvalid, "cache: incr on what is no 64-bit integer, or beyond its range");
}

}  // namespace moongate
