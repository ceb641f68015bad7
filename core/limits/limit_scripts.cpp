// In Redis, for each level and id: a hash with all counters, and a sorted set of leases.
//
// Hash, k being a kind's letter: of a minute's kinds (r, t, i, o) "ks" the sum, "kp" the last second seen and "k<second>" the
// seconds, as in SlidingMinute; of a calendar's kinds (T, D, M) "ki" the window and "kv" its count, as in CalendarWindow; "Bv"
// what was ever spent. Counts are added by HINCRBY, exact in 64 bits; only comparisons go through Lua's 53.
//
// A lease is "<reservation>/<day>/<month>/<tokens of the day>/<cost of the day>/<cost of the month>/<spent>", scored with
// its end. Gateways renew theirs; those of a gateway that died run out, and what they hold is given back.
#include "limits/limit_scripts.h"

namespace moongate {
namespace {

constexpr std::string_view kPrelude = R"lua(
local call, floor = redis.call, math.floor
local function text(n) return string.format('%.0f', n) end
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local t = call('TIME')
  return t[1] * 1000 + floor(t[2] / 1000)
end
local function month_of(day)
  local z = day + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local m = mp < 10 and mp + 3 or mp - 9
  local y = yoe + era * 400 + (m <= 2 and 1 or 0)
  return (y - 1970) * 12 + m - 1
end
local function add_window(hash, k, index, amount)
  if amount == '0' or amount == '-0' then return end
  if k == 'B' then
    call('HINCRBY', hash, 'Bv', amount)
  elseif tonumber(call('HGET', hash, k .. 'i') or -1) == tonumber(index) then
    call('HINCRBY', hash, k .. 'v', amount)
  end
end
local function add_held(hash, member, sign)
  local day, month, tokens, cost_day, cost_month, spent =
    member:match('^[^/]*/([^/]*)/([^/]*)/([^/]*)/([^/]*)/([^/]*)/([^/]*)$')
  if not day then return end
  add_window(hash, 'T', day, sign .. tokens)
  add_window(hash, 'D', day, sign .. cost_day)
  add_window(hash, 'M', month, sign .. cost_month)
  add_window(hash, 'B', 0, sign .. spent)
end
local function end_leases(hash, leases, now)
  for _, member in ipairs(call('ZRANGEBYSCORE', leases, '-inf', text(now), 'LIMIT', 0, 1000)) do
    add_held(hash, member, '-')
    call('ZREM', leases, member)
  end
end
)lua";

constexpr std::string_view kReserve = R"lua(
local function minute(hash, k, second)
  local v = call('HMGET', hash, k .. 's', k .. 'p')
  local sum, last = tonumber(v[1]) or 0, tonumber(v[2])
  if not last then return 0, second end
  if last > second then
    if last - second <= 60 then return sum, last end
    local fields = {}
    for s = last - 59, last do fields[#fields + 1] = k .. text(s) end
    call('HDEL', hash, unpack(fields))
    call('HSET', hash, k .. text(second), text(sum), k .. 's', text(sum), k .. 'p', text(second))
    return sum, second
  end
  if last < second then
    local upto = math.min(last, second - 60)
    local fields = {}
    for s = last - 59, upto do fields[#fields + 1] = k .. text(s) end
    if #fields > 0 then
      if upto == last then
        sum = 0
      else
        for _, old in ipairs(call('HMGET', hash, unpack(fields))) do sum = sum - (tonumber(old or 0) or 0) end
      end
      call('HDEL', hash, unpack(fields))
    end
    call('HSET', hash, k .. 's', text(sum), k .. 'p', text(second))
  end
  return sum, second
end
local function falls_to(hash, k, last, sum, most)
  local fields = {}
  for s = last - 59, last do fields[#fields + 1] = k .. text(s) end
  local counts = call('HMGET', hash, unpack(fields))
  for n = 1, 60 do
    sum = sum - (tonumber(counts[n] or 0) or 0)
    if sum <= most then return (last + n) * 1000 end
  end
  return (last + 60) * 1000
end
local function window(hash, k, index, known, known_index)
  local v = call('HMGET', hash, k .. 'i', k .. 'v')
  local at, used = tonumber(v[1]), tonumber(v[2]) or 0
  if at and at == index + 1 then
    index = at
  elseif not at or at < index then
    used = 0
    call('HSET', hash, k .. 'i', text(index), k .. 'v', '0')
  elseif at > index then
    call('HSET', hash, k .. 'i', text(index))
  end
  if tonumber(known_index) == index and tonumber(known) > used then
    used = tonumber(known)
    call('HSET', hash, k .. 'v', known)
  end
  return used, index
end

local now = clock(ARGV[1])
local second, day = floor(now / 1000), floor(now / 86400000)
local month = month_of(day)
local held_day, held_month = day, month
local reserved, a = 1, 4
local out, plan, leases, lives = {1, now, second, day, month}, {}, {}, {}
for level = 1, #KEYS / 2 do
  local hash, set = KEYS[2 * level - 1], KEYS[2 * level]
  local shadow, life, leased, holds, checks = ARGV[a] == '1', ARGV[a + 1], ARGV[a + 2] == '1', ARGV[a + 3], tonumber(ARGV[a + 4])
  a = a + 5
  lives[hash] = life
  if leased then
    end_leases(hash, set, now)
    leases[#leases + 1] = {set, holds}
  end
  for _ = 1, checks do
    local k, capacity, amount = ARGV[a], tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
    local used, at, free = 0, 0, 0
    if k == 'c' then
      used = call('ZCARD', set)
    elseif k == 'B' then
      used = tonumber(call('HGET', hash, 'Bv') or 0)
      if tonumber(ARGV[a + 3]) > used then
        used = tonumber(ARGV[a + 3])
        call('HSET', hash, 'Bv', ARGV[a + 3])
      end
    elseif k == 'T' or k == 'D' then
      used, at = window(hash, k, day, ARGV[a + 3], ARGV[a + 4])
      held_day = math.max(held_day, at)
      free = (at + 1) * 86400000
    elseif k == 'M' then
      used, at = window(hash, k, month, ARGV[a + 3], ARGV[a + 4])
      held_month = math.max(held_month, at)
    else
      used, at = minute(hash, k, second)
    end
    local fits = used <= capacity - amount and not (k == 'B' and used >= capacity)
    if not fits then
      if k == 'r' or k == 't' or k == 'i' or k == 'o' then free = falls_to(hash, k, at, used, capacity - amount) end
      if not shadow or k == 'B' then reserved = 0 end
    end
    out[#out + 1] = fits and 1 or 0
    out[#out + 1] = text(used)
    out[#out + 1] = text(k == 'M' and at or free)
    plan[#plan + 1] = {hash, k, ARGV[a + 2], at}
    a = a + 5
  end
end
out[1], out[4], out[5] = reserved, held_day, held_month
if reserved == 1 then
  for _, p in ipairs(plan) do
    local hash, k, amount, at = p[1], p[2], p[3], p[4]
    if k == 'T' or k == 'D' or k == 'M' or k == 'B' then
      add_window(hash, k, at, amount)
    elseif k ~= 'c' then
      call('HINCRBY', hash, k .. text(at), amount)
      call('HINCRBY', hash, k .. 's', amount)
      call('HSET', hash, k .. 'p', text(at))
    end
  end
  for _, l in ipairs(leases) do
    call('ZADD', l[1], text(now + tonumber(ARGV[2])), ARGV[3] .. '/' .. text(held_day) .. '/' .. text(held_month) .. '/' .. l[2])
    call('PEXPIRE', l[1], text(tonumber(ARGV[2]) * 4))
  end
end
for hash, life in pairs(lives) do call('PEXPIRE', hash, life) end
return out
)lua";

constexpr std::string_view kSettle = R"lua(
local second, day, month = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local a = 5
for level = 1, #KEYS / 2 do
  local hash, set = KEYS[2 * level - 1], KEYS[2 * level]
  local life, member = ARGV[a], ARGV[a + 1]
  local there = member ~= '' and call('ZREM', set, member) == 1
  for n, k in ipairs({'r', 't', 'i', 'o'}) do
    local amount = ARGV[a + 1 + n]
    if amount ~= '0' then
      local last = tonumber(call('HGET', hash, k .. 'p') or -100)
      if last - second < 60 and last >= second then
        call('HINCRBY', hash, k .. text(second), amount)
        call('HINCRBY', hash, k .. 's', amount)
      end
    end
  end
  a = a + 6
  if member ~= '' then
    for n, k in ipairs({'T', 'D', 'M', 'B'}) do
      add_window(hash, k, k == 'M' and month or day, ARGV[a + 2 * n - (there and 2 or 1)])
    end
    call('PEXPIRE', hash, life)
  end
  a = a + 8
end
return {1}
)lua";

constexpr std::string_view kRenew = R"lua(
local now = clock(ARGV[1])
local ends = text(now + tonumber(ARGV[2]))
local a = 5
for n = 2, #KEYS, 2 do
  local hash, set, member = KEYS[n], KEYS[n + 1], ARGV[a]
  if not call('ZSCORE', set, member) then
    add_held(hash, member, '')
    call('PEXPIRE', hash, ARGV[a + 1])
  end
  call('ZADD', set, ends, member)
  call('PEXPIRE', set, text(tonumber(ARGV[2]) * 4))
  a = a + 2
end
call('ZADD', KEYS[1], text(now + tonumber(ARGV[4])), ARGV[3])
call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
call('PEXPIRE', KEYS[1], text(tonumber(ARGV[4]) * 4))
return {call('ZCARD', KEYS[1])}
)lua";

constexpr std::string_view kTake = R"lua(
local call, floor = redis.call, math.floor
local now = tonumber(ARGV[1])
if not now then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
end
local interval, tolerance, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local filled = math.max(math.min(tonumber(call('GET', KEYS[1]) or 0) - now, tolerance), 0)
local allowed = filled + cost * interval <= tolerance
if allowed and ARGV[5] == '1' and cost > 0 then
  call('SET', KEYS[1], string.format('%.0f', now + filled + cost * interval), 'PX', string.format('%.0f', floor((filled + cost * interval) / 1000) + 1000))
end
return {allowed and 1 or 0, string.format('%.0f', now), string.format('%.0f', filled)}
)lua";

std::string with_prelude(std::string_view script) { return std::string(kPrelude).append(script); }

}  // namespace

LimitScripts::LimitScripts()
    : reserve(with_prelude(kReserve)),
      settle(with_prelude(kSettle)),
      renew(with_prelude(kRenew)),
      take(std::string(kTake)) {}

}  // namespace moongate
