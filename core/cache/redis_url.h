// cache.url for a Redis, taken apart.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace moongate {

struct RedisUrl {
  std::string host;         // without brackets; empty with a unix socket
  int port = 6379;
  std::string unix_path;    // empty: TCP
  bool tls = false;
  std::string user;         // empty: Redis's default user
  Secret password;          // empty: no AUTH
  int database = 0;

  // For logs and errors: "redis://127.0.0.1:6379/0", without user and password.
  std::string describe() const;
};

// Whether it is one of redis://, rediss://, redis+unix://.
bool is_redis_url(std::string_view url);

// The grammar is in cache.h (open_cache). kInvalid: what is wrong, naming cache.url, never the password.
Result<RedisUrl> parse_redis_url(std::string_view url);

}  // namespace moongate
