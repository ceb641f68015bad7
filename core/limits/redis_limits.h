// What the scripts of the limits are asked, and what they answer. Inside core/limits only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limits/limit_book.h"

namespace moongate {

// Words in one buffer. Their views hold until the next word.
class WordList {
 public:
  void add(std::string_view word);
  void add(std::int64_t number);
  std::span<const std::string_view> words();
  void clear();

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> views_;
};

struct ScriptCall {
  WordList keys, args;
};

// In Redis's windows.
struct RedisHold {
  std::string id;  // of the reservation, without '/'
  std::int64_t second = 0, day = 0, month = 0;
  bool counted = false;  // Redis said that it is reserved there; else it may be, or will be by renewing
};

// Whether something of it must be given back when the gateway dies.
bool needs_lease(const LevelHold& level);
std::string lease_member(const RedisHold& hold, const LevelHold& level);
std::int64_t hash_life_ms(const LevelHold& level);

// `now`: as the scripts take it, empty for Redis's own clock.
void ask_reserve(ScriptCall& call, std::string_view now, std::int64_t lease_ms, std::string_view id,
                 const Demand& demand, const LimitChecks& checks, const LimitHolds& holds);
// Fills the checks, with times in the scale of the local wall clock (`local_ms` is its now). False: this is no answer.
bool read_reserved(std::span<const std::int64_t> answer, std::int64_t local_ms, LimitChecks& checks, RedisHold& hold,
                   bool& reserved);
// False: what was reserved is what was used, and nothing waits to be freed.
bool anything_to_settle(const LimitHolds& holds, const RedisHold& hold, const UsedAmounts& actual);
void ask_settle(ScriptCall& call, std::string_view now, const LimitHolds& holds, const RedisHold& hold,
                const UsedAmounts& actual);
// The head of a renewal, and one lease of it.
void ask_renew(ScriptCall& call, std::string_view now, std::int64_t lease_ms, std::string_view gateway,
               std::int64_t gateway_ms);
void ask_renew_lease(ScriptCall& call, const RedisHold& hold, const LevelHold& level);

}  // namespace moongate
