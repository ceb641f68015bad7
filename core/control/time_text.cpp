#include "control/time_text.h"

#include <chrono>

#include "http/api_reply.h"

namespace moongate {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t kDay = 86400;

// Takes exactly `digits` digits.
bool take_number(std::string_view& text, int digits, int& out) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  out = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(digits));
  return true;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> midnight(int y, int m, int d) {
  const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
  if (y < 1970 || !date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  int y = 0, m = 0, d = 0;
  if (!take_number(text, 4, y) || !take(text, '-') || !take_number(text, 2, m) || !take(text, '-') ||
      !take_number(text, 2, d)) {
    return std::nullopt;
  }
  return midnight(y, m, d);
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  const std::optional<std::int64_t> date = take_date(text);
  if (!date || text.empty()) return date;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  int hour = 0, minute = 0, second = 0;
  if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute)) return std::nullopt;
  if (take(text, ':') && !take_number(text, 2, second)) return std::nullopt;
  if (take(text, '.')) {
    int ignored = 0;
    if (!take_number(text, 1, ignored)) return std::nullopt;
    while (take_number(text, 1, ignored)) {
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t offset = 0;
  if (text.starts_with('+') || text.starts_with('-')) {
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    int hours = 0, minutes = 0;
    if (!take_number(text, 2, hours) || !take(text, ':') || !take_number(text, 2, minutes) || hours > 23 || minutes > 59) {
      return std::nullopt;
    }
    offset = sign * (hours * 3600 + minutes * 60);
  } else if (!take(text, 'Z') && !take(text, 'z')) {
    return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return *date + hour * 3600 + minute * 60 + second - offset;
}

std::optional<Period> parse_period(std::string_view text) {
  int y = 0, m = 0;
  if (!take_number(text, 4, y)) return std::nullopt;
  std::optional<std::int64_t> from, to;
  if (text.empty()) {
    from = midnight(y, 1, 1);
    to = midnight(y + 1, 1, 1);
  } else if (take(text, '-') && take_number(text, 2, m)) {
    if (text.empty()) {
      from = midnight(y, m, 1);
      to = m == 12 ? midnight(y + 1, 1, 1) : midnight(y, m + 1, 1);
    } else {
      int d = 0;
      if (!take(text, '-') || !take_number(text, 2, d) || !text.empty()) return std::nullopt;
      from = midnight(y, m, d);
      if (from) to = *from + kDay;
    }
  }
  if (!from || !to) return std::nullopt;
  return Period{*from, *to};
}

Period month_of(std::int64_t now_s) { return parse_period(rfc3339(now_s).substr(0, 7)).value_or(Period{}); }

std::string day_of(std::int64_t unix_s) { return rfc3339(unix_s).substr(0, 10); }

}  // namespace moongate
