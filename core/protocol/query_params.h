// The parameters of a query string, one after the other, without decoding or copying.
#pragma once

#include <string_view>

#include "protocol/short_string.h"

namespace moongate {

// True when `raw`, percent-decoded, is `name`. A server upstream decodes names before it compares them.
inline bool param_name_is(std::string_view raw, std::string_view name) {
  std::size_t i = 0;
  for (const char want : name) {
    if (i >= raw.size()) return false;
    char c = raw[i++];
    if (c == '%' && i + 1 < raw.size()) {
      const int high = hex_digit(raw[i]);
      const int low = hex_digit(raw[i + 1]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high << 4 | low);
        i += 2;
      }
    }
    if (c != want) return false;
  }
  return i == raw.size();
}

// Parameters that hold a caller's credential and are never forwarded.
inline bool is_credential_param(std::string_view raw_name) {
  for (const std::string_view name : {"key", "access_token", "oauth_token", "$key"}) {
    if (param_name_is(raw_name, name)) return true;
  }
  return false;
}

// Calls visit(whole, name, value) for each parameter, all as sent.
template <class Visit>
void for_each_param(std::string_view query, Visit&& visit) {
  while (!query.empty()) {
    const std::size_t amp = query.find('&');
    const std::string_view whole = query.substr(0, amp);
    query = amp == std::string_view::npos ? std::string_view() : query.substr(amp + 1);
    if (whole.empty()) continue;
    const std::size_t equals = whole.find('=');
    visit(whole, whole.substr(0, equals),
          equals == std::string_view::npos ? std::string_view() : whole.substr(equals + 1));
  }
}

}  // namespace moongate
