#include "oauth2-mock/admin_request.h"

#include <algorithm>

#include "crypto/json_object.h"
#include "identity/admin_token.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxBody = 64 * 1024;
constexpr std::size_t kMaxList = 100;

std::string told(std::string_view name, std::string_view what) {
  return "\"" + std::string(name) + "\" must be " + std::string(what) + ".";
}

}  // namespace

std::optional<HttpResponse> refuse_unless_admin(const OAuthParts& parts, const HttpRequest& request,
                                                std::string& actor) {
  actor = request.trusted ? "local" : "admin";
  if (parts.admit) {
    OrReply<Caller> caller = parts.admit(request);
    if (auto* refused = std::get_if<HttpResponse>(&caller)) return std::move(*refused);
    actor = std::get<Caller>(caller).name;
    const bool reads = request.method == "GET" || request.method == "HEAD";
    return refuse_below(std::get<Caller>(caller), reads ? Role::kViewer : Role::kOperator);
  }
  if (request.trusted) return std::nullopt;
  const std::string_view token = bearer_of(request);
  const Result<bool> admin = is_admin_token(parts.store, token);
  if (!admin) {
    (void)store_failed(parts.log, admin.error());
    return api_error(503, "UNAVAILABLE", "The store cannot be used at the moment; try again.");
  }
  if (*admin) return std::nullopt;
  HttpResponse refused = api_error(
      401, "UNAUTHENTICATED",
      token.empty() ? "Send the admin token: \"Authorization: Bearer …\"; it was shown at the first start."
                    : "The admin token is wrong.");
  set_header(refused, "WWW-Authenticate", "Bearer realm=\"moongate admin\"");
  return refused;
}

OrReply<boost::json::object> read_body(const HttpRequest& request,
                                       std::initializer_list<std::string_view> members) {
  if (request.body.empty()) return boost::json::object();
  Result<boost::json::object> body = parse_json_object(request.body, kMaxBody, 8);
  if (!body) return bad_argument("The body: " + body.error().message + ".");
  for (const auto& [name, value] : *body) {
    if (std::find(members.begin(), members.end(), std::string_view(name)) != members.end()) continue;
    std::string known;
    for (std::string_view member : members) known += (known.empty() ? "" : ", ") + std::string(member);
    return bad_argument("\"" + std::string(name).substr(0, 64) + "\" is not known here; known: " + known +
                        ".");
  }
  return std::move(*body);
}

bool take(const boost::json::object& body, std::string_view name, std::string& out, std::string& wrong) {
  if (!body.contains(name)) return true;
  const std::optional<std::string> value = json_string(body, name);
  if (!value) {
    wrong = told(name, "a string");
    return false;
  }
  out = *value;
  return true;
}

bool take(const boost::json::object& body, std::string_view name, std::optional<bool>& out,
          std::string& wrong) {
  if (!body.contains(name)) return true;
  out = json_bool(body, name);
  if (!out) wrong = told(name, "true or false");
  return out.has_value();
}

bool take(const boost::json::object& body, std::string_view name, bool& out, std::string& wrong) {
  std::optional<bool> value;
  if (!take(body, name, value, wrong)) return false;
  out = value.value_or(out);
  return true;
}

bool take(const boost::json::object& body, std::string_view name, std::vector<std::string>& out,
          std::size_t longest, std::string& wrong) {
  const boost::json::value* value = body.if_contains(name);
  if (value == nullptr) return true;
  const bool usable =
      value->is_array() && value->get_array().size() <= kMaxList &&
      std::all_of(value->get_array().begin(), value->get_array().end(), [&](const auto& one) {
        return one.is_string() && !one.get_string().empty() && one.get_string().size() <= longest;
      });
  if (!usable) {
    wrong = told(name, "a list of at most 100 strings of 1 to " + std::to_string(longest) + " characters");
    return false;
  }
  for (const boost::json::value& one : value->get_array()) out.emplace_back(one.get_string());
  return true;
}

bool is_resource_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() >= 'a' && text.front() <= 'z' &&
         text.back() != '-' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace moongate
