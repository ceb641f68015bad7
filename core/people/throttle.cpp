#include "people/throttle.h"

#include <arpa/inet.h>

#include <array>

namespace moongate {
namespace {

HttpResponse too_often() {
  HttpResponse refused = api_error(429, "RESOURCE_EXHAUSTED", "Too many attempts; try again in a quarter of an hour.");
  set_header(refused, "Retry-After", std::to_string(Throttle::kWindowMs / 1000));
  return refused;
}

// Spellings of one name count together.
std::string lowered(std::string_view text) {
  std::string low(text);
  for (char& c : low) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return low;
}

}  // namespace

std::string throttled_address(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, std::string(address).c_str(), bytes.data()) != 1) return std::string(address);
  for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = 0;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return std::string(text.data()) + "/64";
}

std::string Throttle::key_of(std::string_view what, std::string_view kind, std::string_view text) const {
  return std::string(what) + ":" + std::string(kind) + ":" + keys_.blind(lowered(text));
}

std::optional<HttpResponse> Throttle::begin(std::string_view what, std::string_view name, const HttpRequest& request) {
  const std::int64_t of_address =
      counters_.add(key_of(what, "address", throttled_address(request.remote_address)), 1, kWindowMs);
  if (of_address > attempts_) return too_often();
  if (!name.empty() && counters_.add(key_of(what, "name", name), 1, kWindowMs) > attempts_) return too_often();
  return std::nullopt;
}

void Throttle::succeeded(std::string_view what, std::string_view name, const HttpRequest& request) {
  counters_.add(key_of(what, "address", throttled_address(request.remote_address)), -1, kWindowMs);
  if (!name.empty()) counters_.add(key_of(what, "name", name), -1, kWindowMs);
}

std::optional<HttpResponse> Throttle::spend(std::string_view what, std::string_view name, int most) {
  if (counters_.add(key_of(what, "name", name), 1, kWindowMs) > most) return too_often();
  return std::nullopt;
}

}  // namespace moongate
