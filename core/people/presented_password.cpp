#include "people/presented_password.h"

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/rsa_oaep.h"

namespace moongate {
namespace {

constexpr std::int64_t kNonceS = 300;
constexpr std::size_t kNonceChars = 32;
constexpr int kNoncesPerAddress = 300;
constexpr std::string_view kPurpose = "password";

std::string encrypted_name(std::string_view member) { return "encrypted_" + std::string(member); }

HttpResponse worn_nonce() {
  return bad_argument(
      "The \"nonce\" was used before, is too old or was never given out; ask GET /api/auth/public-key for another.");
}

}  // namespace

HttpResponse show_public_key(PeopleParts& parts, const PeopleCall& call) {
  // Each answer leaves a row behind for a while.
  if (auto refused = parts.throttle.spend("nonce", throttled_address(call.request.remote_address), kNoncesPerAddress)) {
    return std::move(*refused);
  }
  const Result<LoginKey> key = parts.login_keys.current();
  if (!key) return store_refused(parts.admin, key.error());
  const std::string nonce = random_token(parts.admin.random, kNonceChars);
  const std::int64_t now_s = parts.admin.now_s();
  const auto kept =
      parts.store().insert_nonce({sha256_hex(nonce), std::string(kPurpose), key->id, now_s, now_s + kNonceS});
  if (!kept) return store_refused(parts.admin, kept.error());
  return json_reply(200, {{"key_id", key->id},
                          {"algorithm", "RSA-OAEP"},
                          {"hash", "SHA-256"},
                          {"public_key", key->key.public_key().pem()},
                          {"nonce", nonce},
                          {"expires_in", kNonceS},
                          {"expires_at", rfc3339(now_s + kNonceS)}});
}

PresentedPassword::PresentedPassword(PeopleParts& parts, const HttpRequest& request, AdminBody& body)
    : parts_(parts), request_(request), body_(body) {
  if (body_.has("nonce")) nonce_ = body_.text("nonce", 1, 128).value_or("");
}

bool PresentedPassword::has(std::string_view member) const {
  return body_.has(member) || body_.has(encrypted_name(member));
}

Secret PresentedPassword::take(std::string_view member, std::size_t shortest) {
  const bool encrypted = body_.has(encrypted_name(member));
  if (encrypted && body_.has(member)) {
    body_.refuse("Send \"" + std::string(member) + "\" or \"" + encrypted_name(member) + "\", not both.");
    return Secret();
  }
  if (encrypted) return decrypt(member, shortest);
  if (!body_.has(member)) {
    body_.refuse("\"" + std::string(member) + "\" is missing.");
    return Secret();
  }
  if (!is_private_way(request_)) {
    body_.refuse("A plain password is taken over TLS or from this machine only; send \"" + encrypted_name(member) +
                 "\" as docs/user-api.md has it.");
    return Secret();
  }
  return Secret(body_.text(member, shortest, kLongestPassword).value_or(""));
}

// One nonce serves all passwords of a request, and is used up by it whether they can be read or not.
bool PresentedPassword::take_nonce() {
  if (key_) return true;
  if (nonce_.empty()) {
    body_.refuse("\"nonce\" is missing: GET /api/auth/public-key gives one with the key to encrypt to.");
    return false;
  }
  const auto taken = parts_.store().take_nonce(sha256_hex(nonce_), kPurpose, parts_.admin.now_s());
  if (!taken) {
    refusal_ = store_refused(parts_.admin, taken.error());
    return false;
  }
  if (!*taken) {
    refusal_ = worn_nonce();
    return false;
  }
  Result<LoginKey> key = parts_.login_keys.find((*taken)->content);
  if (!key) {
    refusal_ = key.error().kind == ErrorKind::kNotFound ? worn_nonce() : store_refused(parts_.admin, key.error());
    return false;
  }
  key_ = std::move(*key);
  return true;
}

Secret PresentedPassword::decrypt(std::string_view member, std::size_t shortest) {
  const std::string name = encrypted_name(member);
  const auto text = body_.text(name, 1, 4096);
  if (!text || refusal() || !take_nonce()) return Secret();
  const auto sealed = base64_decode(*text);
  const auto plain = sealed ? rsa_oaep_decrypt(key_->key, *sealed) : std::nullopt;
  // The nonce is inside, too: else who overheard a ciphertext could send it again with a nonce of their own.
  const std::string begin = nonce_ + ":";
  if (!plain || plain->reveal().size() < begin.size() ||
      !constant_time_equal(std::string_view(plain->reveal()).substr(0, begin.size()), begin)) {
    body_.refuse("\"" + name + "\" must be base64 of the nonce, ':' and the password, encrypted by RSA-OAEP with SHA-256.");
    return Secret();
  }
  Secret password(plain->reveal().substr(begin.size()));
  if (password.reveal().size() < shortest) {
    body_.refuse("\"" + std::string(member) + "\" must have " + std::to_string(shortest) + " to " +
                 std::to_string(kLongestPassword) + " characters.");
    return Secret();
  }
  return password;
}

std::optional<HttpResponse> PresentedPassword::refusal() const {
  if (refusal_) return refusal_;
  return body_.refusal();
}

bool is_private_way(const HttpRequest& request) {
  const std::string_view address = request.remote_address;
  return request.tls || request.trusted || address == "::1" || address.starts_with("127.") ||
         address.starts_with("::ffff:127.");
}

HttpResponse busy() {
  HttpResponse answer = api_error(503, "UNAVAILABLE", "Too many passwords are being checked at the moment; try again.");
  set_header(answer, "Retry-After", "1");
  return answer;
}

std::string lowered_address(std::string_view email) {
  std::string low(email);
  for (char& c : low) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return low;
}

Result<std::optional<UserRecord>> find_user_by_address(Store& store, const std::string& email) {
  auto user = store.find_user_by_email(email);
  const std::string low = lowered_address(email);
  if (!user || *user || low == email) return user;
  return store.find_user_by_email(low);
}

}  // namespace moongate
