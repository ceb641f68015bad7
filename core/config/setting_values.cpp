// What a single setting may say: its text to a value and back.
#include <algorithm>
#include <charconv>

#include "base/money.h"
#include "cache/redis_url.h"
#include "config/host_text.h"
#include "config/map.h"
#include "config/nearest.h"
#include "config/setting_row.h"

namespace moongate {
namespace {

template <class... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

Error invalid(std::string text) { return Error(ErrorKind::kInvalid, std::move(text)); }

bool is_one_of(std::string_view text, std::string_view choices) {
  while (!choices.empty()) {
    const std::size_t comma = choices.find(", ");
    if (text == choices.substr(0, comma)) return true;
    choices = comma == choices.npos ? std::string_view() : choices.substr(comma + 2);
  }
  return false;
}

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_cache_url(std::string_view text) { return text == "memory://" || parse_redis_url(text).ok(); }

bool is_store_url(std::string_view text) {
  if (text.starts_with("sqlite:")) return text.size() > 7;
  return text.starts_with("mysql://") && text.size() > 8;  // the driver looks at the rest, and names what is wrong
}

bool is_dollars(std::string_view text) {
  const auto amount = parse_dollars(text);
  return amount && *amount >= 0 && !text.starts_with('-');
}

bool is_factor(std::string_view text) {
  const auto factor = parse_dollars(text);  // nine places are more than the six that count
  return factor && *factor >= 0 && *factor <= 1000 * kNanosPerDollar && *factor % 1000 == 0;
}

bool is_name_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

bool is_host_list(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view host = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    while (host.starts_with(' ')) host.remove_prefix(1);
    while (host.ends_with(' ')) host.remove_suffix(1);
    if (!parse_host_port(host)) return false;
  }
  return true;
}

bool is_http_url(std::string_view text) {
  const std::string lower = to_lower(text.substr(0, 8));
  return (lower.starts_with("http://") || lower.starts_with("https://")) && parse_endpoint(text).ok();
}

bool is_mail_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::string scheme = to_lower(text.substr(0, colon == text.npos ? 0 : colon));
  if (scheme != "smtp" && scheme != "smtps") return false;
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t at = rest.rfind('@');
  return parse_host_port(at == rest.npos ? rest : rest.substr(at + 1)).ok();
}

// An origin has no path, no query and no user.
bool is_origin_list(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view origin = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    const std::size_t slashes = origin.find("//");
    if (!is_http_url(origin) || origin.find_first_of("/?#@ ", slashes + 2) != origin.npos) return false;
  }
  return true;
}

bool fits(const SettingRow& row, std::string_view text) {
  // A space at either end is a slip (or a quote that was not closed), and cannot be seen in a message.
  if (has_control_bytes(text) || text.starts_with(' ') || text.ends_with(' ')) return false;
  switch (row.form) {
    case TextForm::kPath:
    case TextForm::kLogTarget: return !text.empty();
    case TextForm::kPathOrEmpty: return true;
    case TextForm::kAddress: return parse_listen_address(text).ok();
    case TextForm::kAddressOrEmpty: return text.empty() || parse_listen_address(text).ok();
    case TextForm::kChoice: return is_one_of(text, row.choices);
    case TextForm::kHttpUrl: return is_http_url(text);
    case TextForm::kStoreUrl: return is_store_url(text);
    case TextForm::kCacheUrl: return is_cache_url(text);
    case TextForm::kHostList: return is_host_list(text);
    case TextForm::kDollars: return is_dollars(text);
    case TextForm::kFactor: return is_factor(text);
    case TextForm::kNames: return is_name_list(text);
    case TextForm::kHttpUrlOrEmpty: return text.empty() || is_http_url(text);
    case TextForm::kMailUrlOrEmpty: return text.empty() || is_mail_url(text);
    case TextForm::kOriginList: return is_origin_list(text);
    case TextForm::kCommandLine: return true;
    case TextForm::kWord: return !text.empty() && text.find(' ') == text.npos;
    case TextForm::kDomain: return is_host(text) && text.find('.') != text.npos && text.find(':') == text.npos;
  }
  return false;
}

std::string allowed_text(const SettingRow& row) {
  switch (row.form) {
    case TextForm::kPath: return "a path, not empty";
    case TextForm::kPathOrEmpty: return "a path, or empty";
    case TextForm::kAddress: return "host:port, such as 127.0.0.1:8889, [::1]:8889 or :8889 for every address";
    case TextForm::kAddressOrEmpty:
      return "host:port, such as 127.0.0.1:8888, [::1]:8888 or :8888 for every address, or empty";
    case TextForm::kChoice: return "one of " + std::string(row.choices);
    case TextForm::kLogTarget: return "a file, or stderr, or - (standard output), or off";
    case TextForm::kHttpUrl: return "http://host[:port][/path] or https://host[:port][/path]";
    case TextForm::kStoreUrl: return "sqlite:FILE, or mysql://user:password@host[:port]/database";
    case TextForm::kCacheUrl: return "memory://, redis://[:password@]host[:port][/db], rediss://… for TLS, or redis+unix:///path[?db=n]";
    case TextForm::kHostList: return "host names separated by commas, each with or without :port";
    case TextForm::kDollars: return "an amount in dollars, such as 30 or 12.50";
    case TextForm::kFactor: return "a factor such as 1.0 or 2.5, with at most six places";
    case TextForm::kNames: return "words separated by commas without spaces, or empty";
    case TextForm::kDomain: return "a domain name with a dot in it";
    case TextForm::kHttpUrlOrEmpty: return "http://host[:port][/path] or https://host[:port][/path], or empty";
    case TextForm::kMailUrlOrEmpty: return "smtp://[user:password@]host[:port] (with STARTTLS) or smtps://…, or empty";
    case TextForm::kOriginList: return "http://host[:port] or https://host[:port] without a path, separated by commas, or empty";
    case TextForm::kCommandLine: return "a command line, or empty";
    case TextForm::kWord: return "a word without spaces, not empty";
  }
  return {};
}

bool may_hold_password(const SettingRow& row) {
  return type_of(row) == SettingValue::Type::kText &&
         (row.form == TextForm::kStoreUrl || row.form == TextForm::kCacheUrl || row.form == TextForm::kHttpUrl ||
          row.form == TextForm::kHttpUrlOrEmpty || row.form == TextForm::kMailUrlOrEmpty);
}

template <class Integer>
bool assign_integer(const SettingRow& row, std::string_view text, Integer& out) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (value < row.min || value > row.max) return false;
  out = static_cast<Integer>(value);
  return true;
}

bool assign(const SettingRow& row, std::string_view text, Settings& settings) {
  return std::visit(Overload{
                        [&](std::string& (*slot)(Settings&)) {
                          if (!fits(row, text)) return false;
                          slot(settings) = std::string(text);
                          return true;
                        },
                        [&](int& (*slot)(Settings&)) { return assign_integer(row, text, slot(settings)); },
                        [&](std::int64_t& (*slot)(Settings&)) { return assign_integer(row, text, slot(settings)); },
                        [&](bool& (*slot)(Settings&)) {
                          if (text != "true" && text != "false") return false;
                          slot(settings) = text == "true";
                          return true;
                        },
                    },
                    row.slot);
}

}  // namespace

SettingValue::Type type_of(const SettingRow& row) {
  constexpr SettingValue::Type kTypes[] = {SettingValue::Type::kText, SettingValue::Type::kInteger,
                                           SettingValue::Type::kInteger, SettingValue::Type::kBoolean};
  return kTypes[row.slot.index()];
}

std::string environment_name(std::string_view key) {
  std::string name = "MOONGATE_";
  for (char c : key) name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

std::string allowed_values(const SettingRow& row) {
  switch (type_of(row)) {
    case SettingValue::Type::kInteger:
      return "a whole number from " + std::to_string(row.min) + " to " + std::to_string(row.max);
    case SettingValue::Type::kBoolean: return "true or false";
    case SettingValue::Type::kText: return allowed_text(row);
  }
  return {};
}

Status assign_setting(const SettingRow& row, std::string_view text, Settings& settings) {
  if (assign(row, text, settings)) return {};
  const std::string given = may_hold_password(row) ? "the value" : "\"" + quotable(text) + "\"";
  return invalid(given + " is not allowed here; it must be " + allowed_values(row));
}

std::string read_setting(const SettingRow& row, const Settings& settings) {
  // The slots give references for writing; here they are only read.
  auto& readable = const_cast<Settings&>(settings);
  std::string text = std::visit(Overload{
                                    [&](std::string& (*slot)(Settings&)) { return slot(readable); },
                                    [&](int& (*slot)(Settings&)) { return std::to_string(slot(readable)); },
                                    [&](std::int64_t& (*slot)(Settings&)) { return std::to_string(slot(readable)); },
                                    [&](bool& (*slot)(Settings&)) -> std::string { return slot(readable) ? "true" : "false"; },
                                },
                                row.slot);
  return may_hold_password(row) ? mask_url_password(text) : text;
}

std::string mask_url_password(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (scheme == url.npos || at == url.npos || at < scheme + 3) return std::string(url);
  const std::size_t colon = url.find(':', scheme + 3);
  // Without a colon all before '@' may be the password ("redis://secret@host").
  const std::size_t begin = colon < at ? colon + 1 : scheme + 3;
  if (begin == at) return std::string(url);
  return std::string(url.substr(0, begin)) + "***" + std::string(url.substr(at));
}

}  // namespace moongate
