#include "simulator/request.h"

#include "crypto/hash.h"
#include "http/header_set.h"

namespace moongate::sim {
namespace {

constexpr std::string_view kCredentialHeaders[] = {"authorization", "x-api-key",           "x-goog-api-key",
                                                   "x-auth-token",  "proxy-authorization", "cookie"};

std::string mask(std::string_view credential) { return "present:" + sha256_hex(credential).substr(0, 8); }

// Authorization's scheme is no secret and would keep a test from comparing the token's own digest.
std::string_view without_scheme(std::string_view value) {
  const std::size_t space = value.find(' ');
  return space == std::string_view::npos ? value : value.substr(space + 1);
}

}  // namespace

HeaderList masked_headers(const Request& request) {
  HeaderList out;
  out.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) {
    bool secret = false;
    for (const std::string_view each : kCredentialHeaders) secret = secret || header_name_equal(name, each);
    const bool has_scheme =
        header_name_equal(name, "authorization") || header_name_equal(name, "proxy-authorization");
    out.emplace_back(name, secret ? mask(has_scheme ? without_scheme(value) : value) : value);
  }
  return out;
}

std::string masked_target(const Request& request) {
  const std::string& target = request.target;
  std::size_t at = target.find('?');
  if (at == std::string::npos) return target;
  std::string out = target.substr(0, at + 1);
  for (++at; at <= target.size();) {
    std::size_t end = target.find('&', at);
    if (end == std::string::npos) end = target.size();
    const std::string item = target.substr(at, end - at);
    out += item.starts_with("key=") ? "key=" + mask(request.parameter("key")) : item;
    if (end < target.size()) out += '&';
    at = end + 1;
  }
  return out;
}

}  // namespace moongate::sim
