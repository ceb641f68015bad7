// In Redis, for each level and id: a hash with all counters, and a sorted set of leases.
//
// Hash, k being a kind's letter: of a minute's kinds (r, t, i, o) "ks" the sum, "kp" the last second seen and "k<second>" the
// seconds, as in SlidingMinute; of a calendar's kinds (T, D, M) "ki" the window and "kv" its count, as in CalendarWindow; "Bv"
// what was ever spent. Counts are exact in 64 bits; only comparisons go through Lua's 53. Each level's hash is read at once and
// written at once: most of a script's time goes into its calls.
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
-- Collects what becomes of a field, to be written with others. Sums that a Lua number does not hold are added by Redis.
local function plus(writes, hash, field, old, amount)
  local o, n = tonumber(old or 0), tonumber(amount)
  if math.abs(o) < 4e15 and math.abs(n) < 4e15 then
    writes[#writes + 1], writes[#writes + 2] = field, text(o + n)
  else
    call('HSET', hash, field, old or '0')
    call('HINCRBY', hash, field, amount)
  end
end
local function write(hash, writes)
  if #writes > 0 then call('HSET', hash, unpack(writes)) end
end
local per_minute = {r = true, t = true, i = true, o = true}
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
-- The sum of the minute up to `second`, the second to add in, that second's count, and whether sum and second have changed.
local function minute(hash, k, second, sum, last, here)
  sum, last = tonumber(sum or 0), tonumber(last)
  if not last then return 0, second, nil, false end
  if last == second then return sum, second, here, false end
  if last > second then
    if last - second <= 60 then return sum, last, call('HGET', hash, k .. text(last)), false end
    local fields = {}
    for s = last - 59, last do fields[#fields + 1] = k .. text(s) end
    call('HDEL', hash, unpack(fields))
    call('HSET', hash, k .. text(second), text(sum))
    return sum, second, text(sum), true
  end
  local upto = math.min(last, second - 60)
  local fields = {}
  for s = last - 59, upto do fields[#fields + 1] = k .. text(s) end
  if #fields > 0 then
    if upto == last then
      sum = 0
    elseif sum > 0 then
      for _, old in ipairs(call('HMGET', hash, unpack(fields))) do sum = sum - (tonumber(old or 0) or 0) end
    end
    call('HDEL', hash, unpack(fields))
  end
  return sum, second, nil, true
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
-- The window to add in, its count, and whether they have changed.
local function window(index, at, used, known, known_index)
  at, used = tonumber(at), used or '0'
  local changed = true
  if at == index then
    changed = false
  elseif at and at == index + 1 then
    index, changed = at, false
  elseif not at or at < index then
    used = '0'
  end
  if tonumber(known_index) == index and tonumber(known) > tonumber(used) then return index, known, true end
  return index, used, changed
end

local now = clock(ARGV[1])
local second, day = floor(now / 1000), floor(now / 86400000)
local month = month_of(day)
local held_day, held_month = day, month
local second_text = text(second)
local reserved, a = 1, 4
local out, levels = {1, now, second, day, month}, {}
for level = 1, #KEYS / 2 do
  local hash, set = KEYS[2 * level - 1], KEYS[2 * level]
  local shadow, leased, checks = ARGV[a] == '1', ARGV[a + 2] == '1', tonumber(ARGV[a + 4])
  local state = {hash = hash, set = set, life = ARGV[a + 1], leased = leased, holds = ARGV[a + 3], items = {}}
  levels[level] = state
  a = a + 5
  if leased then end_leases(hash, set, now) end
  local fields = {}
  for c = 0, checks - 1 do
    local k = ARGV[a + 5 * c]
    if per_minute[k] then
      fields[#fields + 1], fields[#fields + 2], fields[#fields + 3] = k .. 's', k .. 'p', k .. second_text
    elseif k == 'B' then
      fields[#fields + 1] = 'Bv'
    elseif k ~= 'c' then
      fields[#fields + 1], fields[#fields + 2] = k .. 'i', k .. 'v'
    end
  end
  local v, f = #fields > 0 and call('HMGET', hash, unpack(fields)) or {}, 1
  for c = 1, checks do
    local k, capacity, amount = ARGV[a], tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
    local item = {k = k, amount = ARGV[a + 2]}
    local used, free = 0, 0
    if k == 'c' then
      used = call('ZCARD', set)
    elseif k == 'B' then
      item.used = v[f] or '0'
      f = f + 1
      if tonumber(ARGV[a + 3]) > tonumber(item.used) then item.used, item.changed = ARGV[a + 3], true end
      used = tonumber(item.used)
    elseif per_minute[k] then
      used, item.at, item.here, item.changed = minute(hash, k, second, v[f], v[f + 1], v[f + 2])
      item.used = text(used)
      f = f + 3
    else
      item.at, item.used, item.changed = window(k == 'M' and month or day, v[f], v[f + 1], ARGV[a + 3], ARGV[a + 4])
      f = f + 2
      used = tonumber(item.used)
      if k == 'M' then
        held_month = math.max(held_month, item.at)
        free = item.at
      else
        held_day = math.max(held_day, item.at)
        free = (item.at + 1) * 86400000
      end
    end
    local fits = used <= capacity - amount and not (k == 'B' and used >= capacity)
    if not fits then
      if per_minute[k] then free = falls_to(hash, k, item.at, used, capacity - amount) end
      if not shadow or k == 'B' then reserved = 0 end
    end
    out[#out + 1] = fits and 1 or 0
    out[#out + 1] = item.used or used
    out[#out + 1] = text(free)
    state.items[c] = item
    a = a + 5
  end
end
out[1], out[4], out[5] = reserved, held_day, held_month
for _, state in ipairs(levels) do
  local hash, writes = state.hash, {}
  for _, item in ipairs(state.items) do
    local k = item.k
    if k ~= 'c' and (reserved == 1 or item.changed) then
      local count = per_minute[k] and k .. 's' or k .. 'v'
      if item.at then writes[#writes + 1], writes[#writes + 2] = k .. (per_minute[k] and 'p' or 'i'), text(item.at) end
      if reserved == 1 then
        if per_minute[k] then plus(writes, hash, k .. text(item.at), item.here, item.amount) end
        plus(writes, hash, count, item.used, item.amount)
      else
        writes[#writes + 1], writes[#writes + 2] = count, item.used
      end
    end
  end
  if #writes > 0 then
    write(hash, writes)
    call('PEXPIRE', hash, state.life)
  end
  if reserved == 1 and state.leased then
    call('ZADD', state.set, text(now + tonumber(ARGV[2])),
         ARGV[3] .. '/' .. text(held_day) .. '/' .. text(held_month) .. '/' .. state.holds)
    call('PEXPIRE', state.set, text(tonumber(ARGV[2]) * 4))
  end
end
return out
)lua";

constexpr std::string_view kSettle = R"lua(
local second, day, month = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local a = 5
for level = 1, #KEYS / 2 do
  local hash, set = KEYS[2 * level - 1], KEYS[2 * level]
  local life, member = ARGV[a], ARGV[a + 1]
  local there = member ~= '' and call('ZREM', set, member) == 1
  local amounts, fields = {}, {}
  for n, k in ipairs({'r', 't', 'i', 'o'}) do
    if ARGV[a + 1 + n] ~= '0' then
      amounts[#amounts + 1] = {k, ARGV[a + 1 + n]}
      fields[#fields + 1], fields[#fields + 2], fields[#fields + 3] = k .. 's', k .. 'p', k .. text(second)
    end
  end
  a = a + 6
  for n, k in ipairs({'T', 'D', 'M', 'B'}) do
    local amount = member ~= '' and ARGV[a + 2 * n - (there and 2 or 1)] or '0'
    if amount ~= '0' then
      amounts[#amounts + 1] = {k, amount}
      fields[#fields + 1], fields[#fields + 2] = k .. 'v', k .. 'i'
    end
  end
  a = a + 8
  if #fields > 0 then
    local v, f, writes = call('HMGET', hash, unpack(fields)), 1, {}
    for _, each in ipairs(amounts) do
      local k, amount = each[1], each[2]
      if per_minute[k] then
        local last = tonumber(v[f + 1])
        if last and last >= second and last - second < 60 then
          plus(writes, hash, k .. 's', v[f], amount)
          plus(writes, hash, k .. text(second), v[f + 2], amount)
        end
        f = f + 3
      else
        if k == 'B' or tonumber(v[f + 1]) == (k == 'M' and month or day) then plus(writes, hash, k .. 'v', v[f], amount) end
        f = f + 2
      end
    end
    if #writes > 0 then
      write(hash, writes)
      call('PEXPIRE', hash, life)
    end
  end
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
