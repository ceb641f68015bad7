// Address blocks.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "config/terms.h"

namespace moongate {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

bool is_mapped(const std::array<std::uint8_t, 16>& address) {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

// The part of byte `i` that a prefix of so many bits covers.
std::uint8_t mask_of(int prefix, std::size_t i) {
  const int bits = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
  return static_cast<std::uint8_t>(0xff << (8 - bits));
}

}  // namespace

std::optional<std::array<std::uint8_t, 16>> parse_address_bytes(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];  // what is longer is none
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != text.npos) return std::nullopt;
  *std::copy(text.begin(), text.end(), buffer) = '\0';
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, buffer, bytes.data()) == 1) return bytes;
  std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
  if (inet_pton(AF_INET, buffer, bytes.data() + kMapped.size()) == 1) return bytes;
  return std::nullopt;
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const auto refuse = [](std::string why) { return Error(ErrorKind::kInvalid, std::move(why)); };
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = parse_address_bytes(host);
  if (!address) return refuse("is no address block; write 10.0.0.0/8, 2001:db8::/32, or one address");
  Cidr block;
  block.address = *address;
  if (slash == text.npos) return block;
  const bool v4 = host.find(':') == host.npos;
  const int most = v4 ? 32 : 128;
  const std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const bool plain = !digits.empty() && digits[0] >= '0' && digits[0] <= '9' && (digits.size() == 1 || digits[0] != '0');
  if (!plain || error != std::errc() || end != digits.data() + digits.size() || prefix > most) {
    return refuse("has no prefix from 0 to " + std::to_string(most) + " behind the '/'");
  }
  block.prefix = v4 ? prefix + kMappedBits : prefix;
  Cidr network = block;
  for (std::size_t i = 0; i < 16; ++i) network.address[i] &= mask_of(block.prefix, i);
  if (network != block) return refuse("has bits beyond its prefix; the block that it lies in is " + network.text());
  return block;
}

bool Cidr::contains(const std::array<std::uint8_t, 16>& other) const {
  for (std::size_t i = 0; i < 16; ++i) {
    if (((address[i] ^ other[i]) & mask_of(prefix, i)) != 0) return false;
  }
  return true;
}

std::string Cidr::text() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  const bool v4 = prefix >= kMappedBits && is_mapped(address);
  if (v4) {
    inet_ntop(AF_INET, address.data() + kMapped.size(), buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, address.data(), buffer, sizeof buffer);
  }
  if (prefix == 128) return buffer;
  return std::string(buffer) + "/" + std::to_string(v4 ? prefix - kMappedBits : prefix);
}

bool Terms::allows_address(std::string_view text) const {
  if (ip_allow.empty()) return true;
  const auto bytes = parse_address_bytes(text);
  return bytes && std::any_of(ip_allow.begin(), ip_allow.end(), [&](const Cidr& block) { return block.contains(*bytes); });
}

}  // namespace moongate
