#include "limits/redis_limits.h"

#include <algorithm>
#include <charconv>

namespace moongate {
namespace {

constexpr std::array<LimitKind, 4> kMinuteKinds = {LimitKind::kRequestsPerMinute, LimitKind::kTokensPerMinute,
                                                   LimitKind::kInputTokensPerMinute, LimitKind::kOutputTokensPerMinute};
// Those that a lease holds, in the order in which it names them.
constexpr std::array<LimitKind, 4> kHeldKinds = {LimitKind::kTokensPerDay, LimitKind::kCostPerDay,
                                                 LimitKind::kCostPerMonth, LimitKind::kBalance};
constexpr std::int64_t kDayMs = 86'400'000;

std::string_view letter_of(LimitKind kind) {
  constexpr std::string_view kLetters = "rtioTDMcB";
  return kLetters.substr(static_cast<std::size_t>(kind), 1);
}

std::int64_t reserved(const LevelHold& level, LimitKind kind) { return level.reserved[static_cast<std::size_t>(kind)]; }

std::string held_amounts(const LevelHold& level) {
  std::string text;
  for (const LimitKind kind : kHeldKinds) {
    if (!text.empty()) text += '/';
    text += std::to_string(reserved(level, kind));
  }
  return text;
}

void add_keys(ScriptCall& call, const LevelHold& level) {
  call.keys.add("limit:" + level.key);
  call.keys.add("lease:" + level.key);
}

}  // namespace

void WordList::add(std::string_view word) {
  bytes_ += word;
  ends_.push_back(bytes_.size());
}

void WordList::add(std::int64_t number) {
  char text[24];
  add(std::string_view(text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)));
}

std::span<const std::string_view> WordList::words() {
  views_.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    views_.push_back(std::string_view(bytes_).substr(begin, end - begin));
    begin = end;
  }
  return views_;
}

void WordList::clear() {
  bytes_.clear();
  ends_.clear();
}

bool needs_lease(const LevelHold& level) {
  return level.has(LimitKind::kConcurrent) ||
         std::any_of(kHeldKinds.begin(), kHeldKinds.end(), [&](LimitKind kind) { return level.has(kind); });
}

std::string lease_member(const RedisHold& hold, const LevelHold& level) {
  return hold.id + "/" + std::to_string(hold.day) + "/" + std::to_string(hold.month) + "/" + held_amounts(level);
}

// What lies in a window outlives it a little; what was spent from a balance the longest time between two requests.
std::int64_t hash_life_ms(const LevelHold& level) {
  if (level.has(LimitKind::kBalance)) return 400 * kDayMs;
  if (level.has(LimitKind::kCostPerMonth)) return 33 * kDayMs;
  if (level.has(LimitKind::kTokensPerDay) || level.has(LimitKind::kCostPerDay)) return 2 * kDayMs;
  return 130'000;
}

void ask_reserve(ScriptCall& call, std::string_view now, std::int64_t lease_ms, std::string_view id,
                 const Demand& demand, const LimitChecks& checks, const LimitHolds& holds) {
  call.args.add(now);
  call.args.add(lease_ms);
  call.args.add(id);
  for (std::size_t i = 0; i < holds.count; ++i) {
    const LevelHold& level = holds.levels[i];
    add_keys(call, level);
    call.args.add(demand.levels[i].shadow ? "1" : "0");
    call.args.add(hash_life_ms(level));
    call.args.add(needs_lease(level) ? "1" : "0");
    call.args.add(held_amounts(level));
    call.args.add(static_cast<std::int64_t>(
        std::count_if(checks.begin(), checks.end(), [&](const LimitCheck& check) { return check.level == i; })));
    for (const LimitCheck& check : checks) {
      if (check.level != i) continue;
      call.args.add(letter_of(check.kind));
      call.args.add(check.capacity);
      call.args.add(check.amount);
      call.args.add(check.known);
      call.args.add(check.known_index);
    }
  }
}

bool read_reserved(std::span<const std::int64_t> answer, std::int64_t local_ms, LimitChecks& checks, RedisHold& hold,
                   bool& was_reserved) {
  if (answer.size() != 5 + 3 * checks.count) return false;
  was_reserved = answer[0] == 1;
  const std::int64_t offset = local_ms - answer[1];
  hold.second = answer[2];
  hold.day = answer[3];
  hold.month = answer[4];
  hold.counted = was_reserved;
  std::size_t at = 5;
  for (LimitCheck& check : checks) {
    check.fits = answer[at] == 1;
    check.used = answer[at + 1];
    std::int64_t free_at = answer[at + 2];
    if (check.kind == LimitKind::kCostPerMonth) free_at = utc_month_begin_ms(free_at + 1);
    check.resets_at_ms = free_at == 0 ? 0 : free_at + offset;
    at += 3;
  }
  return true;
}

bool anything_to_settle(const LimitHolds& holds, const RedisHold& hold, const UsedAmounts& actual) {
  for (std::size_t i = 0; i < holds.count; ++i) {
    const LevelHold& level = holds.levels[i];
    if (needs_lease(level)) return true;
    for (const LimitKind kind : kMinuteKinds) {
      if (level.has(kind) && hold.counted && amount_of(kind, actual) != reserved(level, kind)) return true;
    }
  }
  return false;
}

void ask_settle(ScriptCall& call, std::string_view now, const LimitHolds& holds, const RedisHold& hold,
                const UsedAmounts& actual) {
  call.args.add(now);
  call.args.add(hold.second);
  call.args.add(hold.day);
  call.args.add(hold.month);
  for (std::size_t i = 0; i < holds.count; ++i) {
    const LevelHold& level = holds.levels[i];
    add_keys(call, level);
    call.args.add(hash_life_ms(level));
    call.args.add(needs_lease(level) ? lease_member(hold, level) : std::string());
    for (const LimitKind kind : kMinuteKinds) {
      call.args.add(level.has(kind) && hold.counted ? amount_of(kind, actual) - reserved(level, kind) : 0);
    }
    for (const LimitKind kind : kHeldKinds) {
      const std::int64_t amount = level.has(kind) ? amount_of(kind, actual) : 0;
      call.args.add(amount - reserved(level, kind));
      call.args.add(amount);
    }
  }
}

void ask_renew(ScriptCall& call, std::string_view now, std::int64_t lease_ms, std::string_view gateway,
               std::int64_t gateway_ms) {
  call.keys.add("limit-gateways");
  call.args.add(now);
  call.args.add(lease_ms);
  call.args.add(gateway);
  call.args.add(gateway_ms);
}

void ask_renew_lease(ScriptCall& call, const RedisHold& hold, const LevelHold& level) {
  add_keys(call, level);
  call.args.add(lease_member(hold, level));
  call.args.add(hash_life_ms(level));
}

}  // namespace moongate
