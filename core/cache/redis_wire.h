// Redis's protocol (RESP2): requests into bytes, bytes into replies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate {

struct RedisReply {
  enum class Type : std::uint8_t { kNil, kText, kStatus, kError, kInteger, kArray };
  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;                  // kText, kStatus, kError
  std::vector<RedisReply> elements;  // kArray
};

// Appends one command to `out`. By hand rather than by redisFormatCommandArgv, which allocates, copies and calls
// sprintf for each word; docs/decisions/0010-redis.md has the figures.
void append_redis_command(std::string& out, std::span<const std::string_view> words);
inline void append_redis_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_redis_command(out, std::span(words.begin(), words.size()));
}

// Cuts what comes from Redis into replies, by hiredis's parser.
class RedisReplyReader {
 public:
  // No reply that we ask for is longer; whoever sends one does not speak to us.
  static constexpr std::size_t kMaxReplyBytes = 8 << 20;

  RedisReplyReader();
  ~RedisReplyReader();
  RedisReplyReader(RedisReplyReader&&) noexcept;
  RedisReplyReader& operator=(RedisReplyReader&&) noexcept;

  // Takes the next bytes. False: out of memory; the connection cannot be used further.
  bool feed(const char* data, std::size_t size);
  enum class Next : std::uint8_t { kReply, kMore, kBroken };
  // The next whole reply into `out`. kBroken (final): no RESP, or longer than kMaxReplyBytes.
  Next next(RedisReply& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moongate
