#include "people/presented_password.h"

#include "crypto/password.h"

namespace moongate {
namespace {

std::string encrypted_name(std::string_view member) { return "encrypted_" + std::string(member); }

}  // namespace

PresentedPassword::PresentedPassword(PeopleParts& parts, const HttpRequest& request, AdminBody& body)
    : parts_(parts), request_(request), body_(body) {}

bool PresentedPassword::has(std::string_view member) const {
  return body_.has(member) || body_.has(encrypted_name(member));
}

Secret PresentedPassword::take(std::string_view member, std::size_t shortest) {
  if (!body_.has(member)) {
    body_.refuse("\"" + std::string(member) + "\" is missing.");
    return Secret();
  }
  if (!is_private_way(request_)) {
    body_.refuse("A plain password is taken over TLS or from this machine only; encrypt it (docs/user-api.md says how).");
    return Secret();
  }
  return Secret(body_.text(member, shortest, kLongestPassword).value_or(""));
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
