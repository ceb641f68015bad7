// Who sent a request to the control port, and what that person may do there.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/api_reply.h"

namespace moongate {

// Each may do what those before it may.
enum class Role : std::uint8_t {
  kUser,      // own data only
  kViewer,    // reads under /api/admin, no secrets
  kOperator,  // changes accounts, clients, keys, map, policy
  kAdmin,     // everything
};
std::string_view to_string(Role role);  // "user", "viewer", "operator", "admin"
std::optional<Role> role_of(std::string_view text);

struct Caller {
  std::string name;        // for the audit log: a user's name, "admin" (by the token), "local" (by the socket)
  Role role = Role::kUser;
  std::string user_id;     // empty: no user of the store
  std::string email;
  std::string session_id;  // empty: no session
  bool by_cookie = false;
};

// The caller, or the answer that ends the request: 401 for nobody, 403 for a cookie that a foreign page may have sent.
// Blocks on the store; safe from several threads.
using Admission = std::function<OrReply<Caller>(const HttpRequest&)>;

// 403, unless the caller may do at least what `least` may.
std::optional<HttpResponse> refuse_below(const Caller& caller, Role least);

}  // namespace moongate
