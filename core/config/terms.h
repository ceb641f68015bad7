// What a client, a key or a user may do and spend: the same JSON in the map, in the store and in the admin API.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "protocol/api.h"

namespace moongate {

// Each 0: no such limit.
struct LimitSet {
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;         // input and output together; cache reads do not count
  std::int64_t input_tokens_per_minute = 0;
  std::int64_t output_tokens_per_minute = 0;
  std::int64_t tokens_per_day = 0;
  NanoDollars cost_per_day = 0;               // as billed, markup included
  NanoDollars cost_per_month = 0;
  int concurrent = 0;
  bool any() const { return *this != LimitSet(); }
  bool operator==(const LimitSet&) const = default;
};

// The 16 bytes of an IPv4 or IPv6 address, without port or brackets; IPv4 mapped. Nothing: it is none.
std::optional<std::array<std::uint8_t, 16>> parse_address_bytes(std::string_view text);

// An address block. IPv4 lies in the mapped range (::ffff:0:0/96), so that one comparison serves both.
struct Cidr {
  std::array<std::uint8_t, 16> address{};
  int prefix = 128;
  // "10.0.0.0/8", "2001:db8::/32", or one address; no bits beyond the prefix. kInvalid: the message ends a sentence that
  // begins with the text. "::/0" holds every address, those of IPv4 too.
  static Result<Cidr> parse(std::string_view text);
  bool contains(const std::array<std::uint8_t, 16>& other) const;
  std::string text() const;
  bool operator==(const Cidr&) const = default;
};

struct Terms {
  std::vector<Provider> providers;     // allowed; empty: all
  std::vector<std::string> models;     // allowed, '*' as suffix wildcard; empty: all
  std::vector<Cidr> ip_allow;          // empty: from anywhere
  std::int64_t expires_at_s = 0;       // Unix seconds; 0: never
  LimitSet limits;
  bool shadow = false;                 // limits are counted and what they would have refused is logged, nothing is refused
  std::int64_t markup_ppm = -1;        // what is billed, in millionths of what it cost; -1: not said here
  bool trace = false;                  // may ask for x-moongate-trace: explain

  bool allows_address(std::string_view address) const;  // false for what is no address, when there is a list
  bool operator==(const Terms&) const = default;
};

// {"providers":["anthropic"],"models":["claude-*"],"ip_allow":["10.0.0.0/8"],"expires":"2027-01-01T00:00:00Z",
//  "limits":{"requests_per_minute":60,"cost_per_day":"12.50","concurrent":8,…},"shadow":false,"markup":"2.0","trace":true}
// Every member is optional; "" is {}. Costs and markup are decimal text or numbers, dollars and a factor. kInvalid: the
// message names the JSON path ("limits.cost_per_day") and what to do. An unknown member is an error that names the
// nearest known one; a limit of zero or less is an error (leave the member out for no limit), and so is an empty list
// (which could be meant as "none" and would act as "all"). Text above kMaxTermsBytes is refused unread.
inline constexpr std::size_t kMaxTermsBytes = 32 * 1024;
Result<Terms> parse_terms(std::string_view json);
// The canonical text of it: members in the order above, nothing that has its default.
std::string render_terms(const Terms& terms);

}  // namespace moongate
