// One request as the simulator's faces see it: whole, in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace moongate::sim {

struct Request {
  std::string method;
  std::string target;                                           // as sent
  std::string path;                                             // percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> parameters;  // of the query, decoded
  HeaderList headers;                                           // as sent, in order
  std::string body;
  bool tls = false;

  std::string_view header(std::string_view name) const { return find_header(headers, name); }
  std::string_view parameter(std::string_view name) const {
    for (const auto& [each, value] : parameters) {
      if (each == name) return value;
    }
    return {};
  }
};

// A header that holds a credential is shown as "present:" and the first 8 hex digits of its SHA-256 (for
// Authorization: of what follows the scheme), so that a test can say which credential came without seeing it.
HeaderList masked_headers(const Request& request);
// The target with the value of ?key= masked in the same way.
std::string masked_target(const Request& request);

}  // namespace moongate::sim
