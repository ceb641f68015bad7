#include "oauth2-mock/metadata_face.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "crypto/hash.h"
#include "oauth2-mock/form.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

constexpr std::string_view kScopes[] = {kCloudPlatform, "https://www.googleapis.com/auth/userinfo.email"};

HttpResponse answer(int status, std::string_view type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  set_header(response, "Content-Type", type);
  set_header(response, "Metadata-Flavor", "Google");
  set_header(response, "Server", "Metadata Server for VM");
  set_header(response, "X-XSS-Protection", "0");
  set_header(response, "X-Frame-Options", "SAMEORIGIN");
  set_header(response, "Cache-Control", "no-store");
  return response;
}

HttpResponse text(std::string body) { return answer(200, "application/text", std::move(body)); }
// Exactly this type: Python's library compares it as a whole.
HttpResponse json(const boost::json::value& body) {
  return answer(200, "application/json", boost::json::serialize(body));
}
HttpResponse failed(int status, std::string_view why) {
  return answer(status, "text/html; charset=UTF-8", std::string(why) + "\n");
}

bool loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

bool allowed(const OAuthParts& parts, const HttpRequest& request) {
  const auto& more = parts.settings.metadata_addresses;
  return loopback(request.remote_address) ||
         std::find(more.begin(), more.end(), request.remote_address) != more.end();
}

std::string scope_lines(std::string_view separator) {
  std::string all;
  for (std::string_view scope : kScopes) {
    if (!all.empty() && separator != "\n") all += separator;
    all += scope;
    if (separator == "\n") all += '\n';
  }
  return all;
}

boost::json::object account_json(const VirtualAccount& account) {
  boost::json::array scopes;
  for (std::string_view scope : kScopes) scopes.emplace_back(scope);
  return {{"aliases", {"default"}}, {"email", account.email}, {"scopes", std::move(scopes)}};
}

// Twelve digits that stay the same for a project.
std::int64_t project_number(const std::string& project) {
  std::int64_t number = 0;
  for (char c : sha256(project).substr(0, 6)) number = number * 256 + static_cast<unsigned char>(c);
  return 100'000'000'000 + number % 900'000'000'000;
}

// instance/service-accounts/{default or e-mail}/{name}
HttpResponse account_entry(OAuthParts& parts, const TokenSubject& subject, std::string_view name,
                           const Form& query) {
  const VirtualAccount& account = *subject.account;
  if (name.empty()) {
    if (query.get("recursive") == "true") return json(account_json(account));
    return text("aliases\nemail\nidentity\nscopes\ntoken\n");
  }
  if (name == "email") return text(account.email);
  if (name == "aliases") return text("default\n");
  if (name == "scopes") return text(scope_lines("\n"));
  if (name == "identity") {
    const std::string& audience = query.get("audience");
    if (audience.empty() || audience.size() > 2048)
      return failed(400, "non-empty audience parameter required");
    const bool email = query.get("format") == "full";
    return text(mint_id_token(parts, subject, {audience, "", "", "", email}));
  }
  if (name != "token") return failed(404, "Not Found");
  std::string scopes = query.get("scopes");
  std::replace(scopes.begin(), scopes.end(), ',', ' ');
  const std::optional<std::string> scope = normal_scope(scopes.empty() ? scope_lines(" ") : scopes);
  if (!scope) return failed(400, "Invalid scopes");
  return json(access_token_answer(parts, subject, *scope));
}

HttpResponse service_accounts(OAuthParts& parts, std::string_view rest, const Form& query) {
  const std::shared_ptr<const VirtualAccount> account = parts.directory.metadata_account();
  if (rest.empty()) {
    if (!account) return query.get("recursive") == "true" ? json(boost::json::object()) : text("");
    if (query.get("recursive") != "true") return text("default/\n" + account->email + "/\n");
    return json({{"default", account_json(*account)}, {account->email, account_json(*account)}});
  }
  const std::string_view who = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(who.size() + 1, rest.size()));
  const std::string name = parse_form("v=" + std::string(who)).front().second;
  if (!account) {
    return failed(404,
                  "No virtual service account is chosen for the metadata face; mark one with "
                  "default_for_metadata, see docs/oauth2.md");
  }
  if (name != "default" && name != account->email) return failed(404, "Not Found");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return account_entry(parts, {account, "", ""}, rest, query);
}

HttpResponse project(OAuthParts& parts, std::string_view rest) {
  const std::shared_ptr<const VirtualAccount> account = parts.directory.metadata_account();
  const std::string id = account ? account->project : std::string("moongate");
  if (rest.empty()) return text("numeric-project-id\nproject-id\n");
  if (rest == "project-id") return text(id);
  if (rest == "numeric-project-id") return text(std::to_string(project_number(id)));
  return failed(404, "Not Found");
}

HttpResponse instance(OAuthParts& parts, std::string_view rest, const Form& query) {
  constexpr std::string_view kAccounts = "service-accounts";
  if (rest.empty()) return text("hostname\nid\nname\nservice-accounts/\nzone\n");
  if (rest == kAccounts) return service_accounts(parts, "", query);
  if (rest.starts_with(kAccounts) && rest[kAccounts.size()] == '/') {
    return service_accounts(parts, rest.substr(kAccounts.size() + 1), query);
  }
  const std::shared_ptr<const VirtualAccount> account = parts.directory.metadata_account();
  const std::int64_t number = project_number(account ? account->project : std::string("moongate"));
  if (rest == "zone") return text("projects/" + std::to_string(number) + "/zones/us-central1-a");
  if (rest == "id") return text(std::to_string(project_number("instance")));
  if (rest == "name") return text("moongate");
  if (rest == "hostname") return text("moongate.internal");
  return failed(404, "Not Found");
}

OrReply<Form> admit(OAuthParts& parts, const HttpRequest& request) {
  if (!allowed(parts, request)) {
    return failed(
        403, "The metadata face serves this machine only; add the address to the configuration to allow it");
  }
  if (find_header(request.headers, "Metadata-Flavor") != "Google") {
    return failed(403, "Missing Metadata-Flavor:Google header.");
  }
  if (!find_header(request.headers, "X-Forwarded-For").empty()) {
    return failed(403, "Request contains the X-Forwarded-For header.");
  }
  Form query(request.query);
  if (query.repeated() || query.too_long()) return failed(400, "Bad Request");
  return query;
}

}  // namespace

bool is_metadata_ping(const HttpRequest& request) {
  return request.path == "/" && find_header(request.headers, "Metadata-Flavor") == "Google";
}

HttpResponse metadata_ping(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const OrReply<Form> query = admit(parts, request);
  if (const auto* refused = std::get_if<HttpResponse>(&query)) return *refused;
  return text("computeMetadata/\n");
}

HttpResponse metadata_face(OAuthParts& parts, const HttpRequest& request, std::string_view rest) {
  const OrReply<Form> admitted = admit(parts, request);
  if (const auto* refused = std::get_if<HttpResponse>(&admitted)) return *refused;
  const Form& query = std::get<Form>(admitted);
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.empty()) return text("instance/\nproject/\nuniverse/\n");
  const std::string_view top = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(top.size() + 1, rest.size()));
  if (top == "project") return project(parts, rest);
  if (top == "instance") return instance(parts, rest, query);
  // Google's own, unlike in key files: libraries compare it with the API's, and there is no JWT to sign here.
  if (top == "universe" && (rest == "universe-domain" || rest == "universe_domain"))
    return text("googleapis.com");
  if (top == "universe" && rest.empty()) return text("universe-domain\n");
  return failed(404, "Not Found");
}

}  // namespace moongate
