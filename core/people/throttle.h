// How often passwords and codes may be guessed: per name and per address, on all gateways together.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/api_reply.h"
#include "people/counters.h"
#include "people/session_keys.h"

namespace moongate {

class Throttle {
 public:
  static constexpr std::int64_t kWindowMs = 15 * 60 * 1000;

  // The references must outlive it. `attempts` may fail within the window.
  Throttle(Counters& counters, const SessionKeys& keys, int attempts)
      : counters_(counters), keys_(keys), attempts_(attempts) {}

  // Counts one attempt at `what` ("login") for the name (empty: none is known) and the address before it is made, so that
  // many at once gain nothing. 429 when too many failed before; it says so of every name, known or not.
  std::optional<HttpResponse> begin(std::string_view what, std::string_view name, const HttpRequest& request);
  // It did not fail: it shall not count.
  void succeeded(std::string_view what, std::string_view name, const HttpRequest& request);
  // 429 when this was done more often than `most` times within the window, whatever came of it.
  std::optional<HttpResponse> spend(std::string_view what, std::string_view name, int most);

 private:
  std::string key_of(std::string_view what, std::string_view kind, std::string_view text) const;

  Counters& counters_;
  const SessionKeys& keys_;
  const int attempts_;
};

// What an address counts as: itself, or for IPv6 its /64, of which one machine has all.
std::string throttled_address(std::string_view address);

}  // namespace moongate
