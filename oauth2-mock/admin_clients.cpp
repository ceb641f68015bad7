#include "oauth2-mock/admin_clients.h"

#include "crypto/hash.h"
#include "oauth2-mock/admin_request.h"
#include "oauth2-mock/client_auth.h"
#include "oauth2-mock/redirect_uri.h"

namespace moongate {
namespace {

HttpResponse unavailable(const OAuthParts& parts, const Error& error) {
  (void)store_failed(parts.log, error);
  return api_error(503, "UNAVAILABLE", "The store cannot be used at the moment; try again.");
}

HttpResponse no_client() { return api_error(404, "NOT_FOUND", "There is no such OAuth client."); }

boost::json::array list_of(const std::vector<std::string>& texts) {
  boost::json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

boost::json::object client_json(const OAuthClientRecord& record) {
  return {{"client_id", record.id},
          {"name", record.name},
          {"public", is_public(record)},
          {"redirect_uris", list_of(record.redirect_uris)},
          {"enabled", record.enabled},
          {"rotate_refresh_tokens", record.rotate_refresh_tokens},
          {"created_at", rfc3339(record.created_at_s)}};
}

boost::json::object client_file(const OAuthSettings& settings, const OAuthClientRecord& record,
                                const std::string& secret) {
  boost::json::object inner{{"client_id", record.id},
                            {"project_id", "moongate"},
                            {"auth_uri", settings.url("/o/oauth2/auth")},
                            {"token_uri", settings.url("/token")},
                            {"auth_provider_x509_cert_url", settings.url("/oauth2/v1/certs")},
                            {"redirect_uris", list_of(record.redirect_uris)}};
  if (!secret.empty()) inner["client_secret"] = secret;
  boost::json::object file;
  file[secret.empty() ? "installed" : "web"] = std::move(inner);
  return file;
}

}  // namespace

HttpResponse create_client(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const OrReply<boost::json::object> read =
      read_body(request, {"name", "redirect_uris", "public", "rotate_refresh_tokens"});
  if (const auto* refused = std::get_if<HttpResponse>(&read)) return *refused;
  const auto& body = std::get<boost::json::object>(read);
  OAuthClientRecord record;
  bool without_secret = false;
  std::string wrong;
  if (!take(body, "name", record.name, wrong) ||
      !take(body, "redirect_uris", record.redirect_uris, 2000, wrong) ||
      !take(body, "public", without_secret, wrong) ||
      !take(body, "rotate_refresh_tokens", record.rotate_refresh_tokens, wrong)) {
    return bad_argument(wrong);
  }
  if (record.name.empty() || record.name.size() > 100)
    return bad_argument("\"name\" must have 1 to 100 characters.");
  for (const std::string& uri : record.redirect_uris) {
    if (Status ok = check_redirect_uri(uri); !ok) return bad_argument(ok.error().message + ".");
  }
  if (without_secret && record.redirect_uris.empty()) {
    return bad_argument(
        "A client without a secret can use the consent page only, so it needs \"redirect_uris\".");
  }
  record.id = hex_encode(random_bytes(parts.random, 12)) + ".apps." + parts.settings.universe_domain;
  record.created_at_s = parts.now_s();
  const std::string secret = without_secret ? std::string() : "mgs-" + random_token(parts.random, 43);
  if (!secret.empty()) record.secret_sha256 = sha256_hex(secret);
  const Result<bool> kept = parts.store.insert_oauth_client(record);
  if (!kept || !*kept) {
    return unavailable(parts, kept ? Error(ErrorKind::kInternal, "a client id came up twice") : kept.error());
  }
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  parts.log.info("an OAuth client was made", {{"client", record.id}});
  return json_reply(201, client_file(parts.settings, record, secret));
}

HttpResponse list_clients(OAuthParts& parts, const HttpRequest&, std::string_view) {
  const Result<std::vector<OAuthClientRecord>> records = parts.store.list_oauth_clients();
  if (!records) return unavailable(parts, records.error());
  boost::json::array clients;
  for (const OAuthClientRecord& record : *records) clients.push_back(client_json(record));
  return json_reply(200, {{"clients", std::move(clients)}});
}

HttpResponse change_client(OAuthParts& parts, const HttpRequest& request, std::string_view rest) {
  const OrReply<boost::json::object> read = read_body(request, {"enabled"});
  if (const auto* refused = std::get_if<HttpResponse>(&read)) return *refused;
  std::optional<bool> enabled;
  std::string wrong;
  if (!take(std::get<boost::json::object>(read), "enabled", enabled, wrong)) return bad_argument(wrong);
  if (!enabled) return bad_argument("The body changes nothing; it may hold \"enabled\".");
  const Result<bool> done = parts.store.set_oauth_client_enabled(rest, *enabled);
  if (!done) return unavailable(parts, done.error());
  if (!*done) return no_client();
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  const Result<std::optional<OAuthClientRecord>> now = parts.store.find_oauth_client(rest);
  if (!now) return unavailable(parts, now.error());
  return *now ? json_reply(200, client_json(**now)) : no_client();
}

HttpResponse delete_client(OAuthParts& parts, const HttpRequest&, std::string_view rest) {
  const Result<bool> gone = parts.store.erase_oauth_client(rest);
  if (!gone) return unavailable(parts, gone.error());
  if (!*gone) return no_client();
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  parts.log.info("an OAuth client was deleted", {{"client", std::string(rest)}});
  HttpResponse answer;
  answer.status = 204;
  return answer;
}

}  // namespace moongate
