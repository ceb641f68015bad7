// Passwords as they come in: plain over TLS or from this machine, else encrypted to the gateway's key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/admin_input.h"
#include "people/people_parts.h"

namespace moongate {

// GET /api/auth/public-key: the key to encrypt to, and a nonce that serves once.
HttpResponse show_public_key(PeopleParts& parts, const PeopleCall& call);

// Reads the members of one request that are passwords: "password", or "encrypted_password" with the nonce of the request.
class PresentedPassword {
 public:
  PresentedPassword(PeopleParts& parts, const HttpRequest& request, AdminBody& body);

  // The password under that name; empty when it is absent or was refused. `shortest`: in bytes.
  Secret take(std::string_view member, std::size_t shortest);
  bool has(std::string_view member) const;
  // What is wrong with the body or with a password.
  std::optional<HttpResponse> refusal() const;

 private:
  Secret decrypt(std::string_view member, std::size_t shortest);
  bool take_nonce();

  PeopleParts& parts_;
  const HttpRequest& request_;
  AdminBody& body_;
  std::string nonce_;
  std::optional<LoginKey> key_;
  std::optional<HttpResponse> refusal_;
};

// Whether what is sent here cannot be read on the way: TLS, or nothing but this machine in between.
bool is_private_way(const HttpRequest& request);

// 503: too many passwords are being checked.
HttpResponse busy();

// Addresses are kept in lower case where people sign up; an admin may have written otherwise.
Result<std::optional<UserRecord>> find_user_by_address(Store& store, const std::string& email);
std::string lowered_address(std::string_view email);

}  // namespace moongate
