// What Redis does for the limits, in single steps. limit_scripts.cpp says what lies there and how.
#pragma once

#include "cache/cache.h"

namespace moongate {

struct LimitScripts {
  // KEYS: a hash and a set of leases for each level. ARGV: time (ms; empty: Redis's own), lease ms, id of the reservation;
  // then for each level: shadow, life ms, leased, what the lease holds (four amounts with '/' between: tokens of the day, cost
  // of the day, of the month, spent), number of checks; then for each check: kind, capacity, amount, known, its day or month.
  // Answer: reserved, time, second, day, month; then for each check: fits, used, free again at (ms;
  // of a month's kind instead the month).
  CacheScript reserve;
  // KEYS as above. ARGV: time, second, day, month; then for each level: life ms, the lease's member (empty: none), then
  // what is to be added for the four kinds of a minute, then for each of the four that a lease holds: if the lease is
  // still there, if it is not.
  CacheScript settle;
  // KEYS: the set of gateways; then a hash and a set of leases for each lease. ARGV: time, lease ms, gateway, its life ms;
  // then for each lease its member and the life of its hash. Answer: how many gateways there are.
  CacheScript renew;
  // KEYS: a custom limit. ARGV: time in us (empty: Redis's own), interval, tolerance, cost, "1" to charge.
  // Answer: allowed, time in us, filled us after it.
  CacheScript take;

  LimitScripts();
};

}  // namespace moongate
