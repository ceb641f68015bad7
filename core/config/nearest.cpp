#include "config/nearest.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace moongate {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kNearestBytes);
  b = b.substr(0, kNearestBytes);
  using Row = std::array<std::size_t, kNearestBytes + 1>;
  Row before_last{}, last{}, row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = 0;
  for (std::string_view candidate : known) {
    const bool last_part = candidate.size() > name.size() && !name.empty() && candidate.ends_with(name) &&
                           candidate[candidate.size() - name.size() - 1] == '.';
    const std::size_t distance = last_part ? 0 : edit_distance(name, candidate);
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string quotable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  append_json_escaped(out, text.substr(0, max_bytes));
  if (text.size() > max_bytes) out += "…";
  return out;
}

}  // namespace moongate
