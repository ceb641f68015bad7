#include "identity/access_token.h"

#include "crypto/base64.h"

namespace moongate {
namespace {

constexpr std::string_view kContext = "moongate access token";
constexpr char kVersion = 1;

void put_time(std::string& out, std::int64_t time) {
  for (int shift = 0; shift < 64; shift += 8)
    out += static_cast<char>(static_cast<std::uint64_t>(time) >> shift);
}

void put_text(std::string& out, std::string_view text) {
  text = text.substr(0, 0xffff);
  out += static_cast<char>(text.size() & 0xff);
  out += static_cast<char>(text.size() >> 8);
  out += text;
}

// Each take_… removes what it read from the front; false: there is too little.
bool take_time(std::string_view& in, std::int64_t& time) {
  if (in.size() < 8) return false;
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(in[i]);
  time = static_cast<std::int64_t>(value);
  in.remove_prefix(8);
  return true;
}

bool take_text(std::string_view& in, std::string& text) {
  if (in.size() < 2) return false;
  const std::size_t size =
      static_cast<std::uint8_t>(in[0]) | static_cast<std::size_t>(static_cast<std::uint8_t>(in[1])) << 8;
  in.remove_prefix(2);
  if (in.size() < size) return false;
  text.assign(in.substr(0, size));
  in.remove_prefix(size);
  return true;
}

}  // namespace

SealedBox access_token_box(const Secret& master_key) {
  return SealedBox::derive(master_key.reveal(), "access tokens 1");
}

std::string seal_access_token(const SealedBox& box, const AccessToken& token, Random& random) {
  std::string plain(1, kVersion);
  put_time(plain, token.issued_at_s);
  put_time(plain, token.expires_at_s);
  for (const std::string* text :
       {&token.account_id, &token.client_id, &token.scope, &token.id, &token.family}) {
    put_text(plain, *text);
  }
  return std::string(kAccessTokenPrefix) + base64url_encode(box.seal(plain, kContext, random));
}

std::optional<AccessToken> open_access_token(const SealedBox& box, std::string_view text) {
  if (!text.starts_with(kAccessTokenPrefix) || text.size() > kMaxAccessTokenBytes) return std::nullopt;
  const std::optional<std::string> sealed = base64url_decode(text.substr(kAccessTokenPrefix.size()));
  if (!sealed) return std::nullopt;
  const std::optional<std::string> plain = box.open(*sealed, kContext);
  if (!plain || plain->empty() || plain->front() != kVersion) return std::nullopt;
  std::string_view rest = std::string_view(*plain).substr(1);
  AccessToken token;
  if (!take_time(rest, token.issued_at_s) || !take_time(rest, token.expires_at_s)) return std::nullopt;
  for (std::string* field : {&token.account_id, &token.client_id, &token.scope, &token.id, &token.family}) {
    if (!take_text(rest, *field)) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return token;
}

}  // namespace moongate
