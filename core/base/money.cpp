#include "base/money.h"

#include <limits>

namespace moongate {

std::optional<NanoDollars> parse_dollars(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  __int128 amount = 0;
  int places = -1;  // digits behind the point; -1: it has not come yet
  bool digits = false;
  for (const char each : text) {
    if (each == '.' && places < 0 && digits) {
      places = 0;
      continue;
    }
    if (each < '0' || each > '9' || places == 9) return std::nullopt;
    digits = true;
    if (places >= 0) ++places;
    amount = amount * 10 + (each - '0');
    if (amount > static_cast<__int128>(std::numeric_limits<NanoDollars>::max())) return std::nullopt;
  }
  if (!digits || places == 0) return std::nullopt;
  for (int i = places < 0 ? 0 : places; i < 9; ++i) amount *= 10;
  if (amount > static_cast<__int128>(std::numeric_limits<NanoDollars>::max())) return std::nullopt;
  return static_cast<NanoDollars>(negative ? -amount : amount);
}

std::string format_dollars(NanoDollars amount) {
  // Unsigned, so that the smallest number has a magnitude too.
  const std::uint64_t magnitude = amount < 0 ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::string fraction = std::to_string(magnitude % kNanosPerDollar);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
  return (amount < 0 ? "-" : "") + std::to_string(magnitude / kNanosPerDollar) + "." + fraction;
}

}  // namespace moongate
