#include "protocol/upstream_error.h"

#include <algorithm>
#include <ctime>

#include "protocol/json_scanner.h"

namespace moongate {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kReasonBytes = 64;
constexpr std::size_t kMostValues = 16;
constexpr std::size_t kLongestValue = 128;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool begins(std::string_view text, std::string_view lowered) {
  return text.size() >= lowered.size() &&
         std::equal(lowered.begin(), lowered.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool contains(std::string_view text, std::string_view lowered) {
  return std::search(text.begin(), text.end(), lowered.begin(), lowered.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "12.345" as 12345; negative: not a number.
std::int64_t parse_thousandths(std::string_view text) {
  std::int64_t value = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    value = std::min(value * 10 + (text[i] - '0') * 1000, UpstreamError::kLongestWaitMs * 1000);
  }
  if (i == 0) return -1;
  if (i < text.size() && text[i] == '.') {
    std::int64_t unit = 100;
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, unit /= 10) value += (text[i] - '0') * unit;
  }
  return i == text.size() ? value : -1;
}

std::int64_t parse_seconds(std::string_view text) {
  return std::min(parse_thousandths(text), UpstreamError::kLongestWaitMs);
}

// The members of the error object, wherever the provider has put them.
struct Said {
  std::string type;     // Anthropic's error.type, Google's error.status
  std::string message;
  std::string reason;   // ErrorInfo.reason, or Anthropic's details.error_code
  std::int64_t delay_ms = -1;
};

std::string text_of(const JsonScanner& scanner, std::size_t key) {
  std::string out;
  const JsonScanner::Capture& found = scanner.capture(key);
  if (found.count == 0 || found.truncated || !decode_json_string(found.raw, out)) return {};
  return out;
}

void read_details(std::string_view raw, Said& said) {
  if (raw.empty()) return;
  // Google's is an array of objects that share no key of interest, Anthropic's is one object.
  JsonScanner details({"reason", "retryDelay", "error_code"}, 256, JsonScanner::Shape::kArrayOfObjects);
  details.feed(raw);
  said.reason = text_of(details, 0);
  if (said.reason.empty()) said.reason = text_of(details, 2);
  const std::string delay = text_of(details, 1);
  if (!delay.empty() && delay.back() == 's') said.delay_ms = parse_seconds(std::string_view(delay).substr(0, delay.size() - 1));
}

Said read_body(std::string_view body) {
  Said said;
  JsonScanner document({"error"}, kReadBytes, JsonScanner::Shape::kArrayOfObjects);
  document.feed(body.substr(0, kReadBytes));
  const std::string& error = document.capture(0).raw;  // its beginning, when the body was cut
  if (error.empty() || error.front() != '{') return said;
  JsonScanner inner({"type", "message", "status", "details"}, kReadBytes);
  inner.feed(error);
  said.type = text_of(inner, 0);
  if (said.type.empty()) said.type = text_of(inner, 2);
  said.message = text_of(inner, 1);
  read_details(inner.capture(3).raw, said);
  return said;
}

// The values between backquotes in front of "for the `anthropic-beta` header".
std::vector<std::string> beta_values(std::string_view message) {
  std::vector<std::string> values;
  const std::size_t end = message.find("for the");
  std::string_view rest = message.substr(0, end);
  while (values.size() < kMostValues) {
    const std::size_t open = rest.find('`');
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('`', open + 1);
    if (close == std::string_view::npos) break;
    std::string_view list = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    while (values.size() < kMostValues) {  // some say `a, b` in one pair
      const std::size_t comma = list.find(',');
      const std::string_view value = trimmed(list.substr(0, comma));
      if (!value.empty() && value.size() <= kLongestValue) values.emplace_back(value);
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  return values;
}

bool about_a_resource(std::string_view message) {
  return contains(message, " file ") || contains(message, "cachedcontent") || contains(message, "cached content") ||
         contains(message, "/files/") || contains(message, "may not exist");
}

UpstreamFault judge_400(const Said& said, UpstreamError& error) {
  // What disables an account must be the provider's own sentence: elsewhere in a message callers are quoted.
  if (begins(said.message, "your credit balance is too low") || said.type == "billing_error" ||
      begins(said.message, "you have reached your specified ")) {
    return UpstreamFault::kSpendLimit;
  }
  if (said.reason == "API_KEY_INVALID" || said.reason == "API_KEY_EXPIRED") return UpstreamFault::kUnauthenticated;
  if (begins(said.message, "this organization has been disabled")) return UpstreamFault::kForbidden;
  if (contains(said.message, "signature") && (contains(said.message, "thinking") || contains(said.message, "thought"))) {
    return UpstreamFault::kBadSignature;
  }
  if (contains(said.message, "anthropic-beta") && contains(said.message, "unexpected value")) {
    error.values = beta_values(said.message);
    if (!error.values.empty()) return UpstreamFault::kBadBeta;
  }
  return UpstreamFault::kCallerFault;
}

UpstreamFault judge_403(const Said& said, bool names_resource) {
  // A page of some firewall on the way is about this one request, as far as anybody can tell.
  if (said.type.empty() && said.reason.empty()) return UpstreamFault::kRefused;
  if (names_resource || about_a_resource(said.message)) return UpstreamFault::kRefused;
  return UpstreamFault::kForbidden;
}

UpstreamFault judge_429(const Said& said) {
  if (said.reason == "enforced_spend_limit_reached" || said.type == "billing_error") return UpstreamFault::kSpendLimit;
  return said.type == "RESOURCE_EXHAUSTED" ? UpstreamFault::kExhausted : UpstreamFault::kRateLimited;
}

bool says_overloaded(int status, const Said& said) {
  return said.type == "overloaded_error" || (status == 503 && (said.type == "UNAVAILABLE" || contains(said.message, "overloaded")));
}

UpstreamFault judge(int status, const Said& said, bool names_resource, UpstreamError& error) {
  if (status < 400) return UpstreamFault::kNone;
  switch (status) {
    case 400: return judge_400(said, error);
    case 401: return UpstreamFault::kUnauthenticated;
    case 402: return UpstreamFault::kSpendLimit;
    case 403: return judge_403(said, names_resource);
    case 404: return UpstreamFault::kNotFound;
    case 429: return judge_429(said);
    case 529: return UpstreamFault::kOverloaded;
    default: break;
  }
  if (status < 500) return UpstreamFault::kCallerFault;
  return says_overloaded(status, said) ? UpstreamFault::kOverloaded : UpstreamFault::kServerError;
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kReasonBytes));
  std::erase_if(out, [](char c) { return c <= ' ' || c > '~'; });
  return out;
}

// Days since 1970-01-01 (Howard Hinnant's civil calendar).
std::int64_t days_of(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// "Wed, 21 Oct 2026 07:28:00 GMT" (RFC 9110 5.6.7, the one form that may be sent); negative: not one.
std::int64_t parse_http_date(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',' || text[19] != ':' || text[22] != ':') return -1;
  const auto number = [&](std::size_t at, std::size_t size) {
    int n = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      n = n * 10 + (text[i] - '0');
    }
    return n;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const int day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60) {
    return -1;
  }
  return days_of(year, static_cast<int>(month / 3) + 1, day) * 86400 + hour * 3600 + minute * 60 + second;
}

}  // namespace

std::string_view to_string(UpstreamFault fault) {
  switch (fault) {
    case UpstreamFault::kNone: return "none";
    case UpstreamFault::kRateLimited: return "rate-limited";
    case UpstreamFault::kSpendLimit: return "spend-limit";
    case UpstreamFault::kOverloaded: return "overloaded";
    case UpstreamFault::kExhausted: return "exhausted";
    case UpstreamFault::kUnauthenticated: return "unauthenticated";
    case UpstreamFault::kForbidden: return "forbidden";
    case UpstreamFault::kRefused: return "refused";
    case UpstreamFault::kBadSignature: return "bad-signature";
    case UpstreamFault::kBadBeta: return "bad-beta";
    case UpstreamFault::kNotFound: return "not-found";
    case UpstreamFault::kServerError: return "server-error";
    case UpstreamFault::kCallerFault: return "caller-fault";
  }
  return "none";
}

std::int64_t parse_retry_after(std::string_view value, std::int64_t unix_s) {
  value = trimmed(value);
  if (value.empty()) return -1;
  if (const std::int64_t ms = parse_seconds(value); ms >= 0) return ms;
  const std::int64_t at = parse_http_date(value);
  if (at < 0) return -1;
  return std::clamp<std::int64_t>((at - unix_s) * 1000, 0, UpstreamError::kLongestWaitMs);
}

bool error_needs_reading(int status) {
  return status == 400 || status == 401 || status == 402 || status == 403 || status == 429 || status == 503 || status == 529;
}

UpstreamError read_upstream_error(int status, const UpstreamErrorHeaders& headers, std::string_view body,
                                  bool names_resource, std::int64_t unix_s) {
  UpstreamError error;
  error.status = status;
  if (status < 400) return error;
  const Said said = read_body(body);
  error.fault = judge(status, said, names_resource, error);
  error.reason = printable(said.reason.empty() ? said.type : said.reason);
  error.never_retry = trimmed(headers.should_retry) == "false";
  if (const std::int64_t ms = parse_thousandths(trimmed(headers.retry_after_ms)); ms >= 0) {
    error.retry_after_ms = std::min((ms + 999) / 1000, UpstreamError::kLongestWaitMs);
  } else if (const std::int64_t told = parse_retry_after(headers.retry_after, unix_s); told >= 0) {
    error.retry_after_ms = told;
  } else {
    error.retry_after_ms = said.delay_ms;
  }
  return error;
}

}  // namespace moongate
