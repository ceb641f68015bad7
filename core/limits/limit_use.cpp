#include "limits/limit_use.h"

namespace moongate {
namespace {

// KEYS: a level's hash and its set of leases, as limit_scripts.cpp has them. ARGV: time (ms), second, day, month.
constexpr std::string_view kUse = R"lua(
local call, hash, out = redis.call, KEYS[1], {}
local function text(n) return string.format('%.0f', n) end
local second = tonumber(ARGV[2])
for _, k in ipairs({'r', 't', 'i', 'o'}) do
  local fields, sum = {}, 0
  for s = second - 59, second do fields[#fields + 1] = k .. text(s) end
  for _, each in ipairs(call('HMGET', hash, unpack(fields))) do sum = sum + (tonumber(each or 0) or 0) end
  out[#out + 1] = text(sum)
end
for _, each in ipairs({{'T', ARGV[3]}, {'D', ARGV[3]}, {'M', ARGV[4]}}) do
  local v = call('HMGET', hash, each[1] .. 'i', each[1] .. 'v')
  out[#out + 1] = (v[1] and tonumber(v[1]) >= tonumber(each[2])) and v[2] or '0'
end
out[#out + 1] = text(call('ZCOUNT', KEYS[2], ARGV[1], '+inf'))
return out
)lua";

}  // namespace

std::string limit_key(LimitLevel level, std::string_view id) {
  return std::string(to_string(level)).append(":").append(id);
}

Task<Result<LimitUse>> read_shared_use(Cache& cache, std::string key, std::int64_t now_ms) {
  static const CacheScript script{std::string(kUse)};
  const std::string hash = "limit:" + key, leases = "lease:" + key;
  const std::array<std::string, 4> times{std::to_string(now_ms), std::to_string(now_ms / 1000), std::to_string(utc_day(now_ms)),
                                         std::to_string(utc_month(now_ms))};
  const std::array<std::string_view, 2> keys{hash, leases};
  const std::array<std::string_view, 4> args{times[0], times[1], times[2], times[3]};
  const auto answer = co_await cache.eval(script, keys, args);
  if (!answer) co_return answer.error();
  LimitUse use;
  use.fill(-1);
  for (std::size_t i = 0; i < answer->size() && i <= static_cast<std::size_t>(LimitKind::kConcurrent); ++i) use[i] = (*answer)[i];
  co_return use;
}

}  // namespace moongate
