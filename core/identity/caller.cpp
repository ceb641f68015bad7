#include "identity/caller.h"

#include <array>

namespace moongate {
namespace {

constexpr std::array<std::string_view, 4> kNames{"user", "viewer", "operator", "admin"};

}  // namespace

std::string_view to_string(Role role) { return kNames[static_cast<std::size_t>(role)]; }

std::optional<Role> role_of(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::optional<HttpResponse> refuse_below(const Caller& caller, Role least) {
  if (caller.role >= least) return std::nullopt;
  return api_error(403, "PERMISSION_DENIED",
                   "This takes the role " + std::string(to_string(least)) + "; you have the role " +
                       std::string(to_string(caller.role)) + ".");
}

}  // namespace moongate
