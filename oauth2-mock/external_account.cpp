#include "oauth2-mock/external_account.h"

#include "crypto/hash.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

constexpr std::string_view kPrefix = "mgx-";

}  // namespace

std::string workload_audience(const VirtualAccount& account) {
  return "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/moongate/providers/" +
         account.id;
}

boost::json::object external_account_file(const OAuthSettings& settings, const VirtualAccount& account,
                                          std::string_view secret) {
  return {{"type", "external_account"},
          {"audience", workload_audience(account)},
          {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
          {"token_url", settings.url("/token")},
          {"universe_domain", settings.universe_domain},
          {"credential_source",
           {{"url", settings.url("/external-account/subject-token")},
            {"headers", {{"Authorization", "Bearer " + std::string(secret)}}},
            {"format", {{"type", "json"}, {"subject_token_field_name", "id_token"}}}}}};
}

std::string new_external_secret(const VirtualAccount& account, Random& random) {
  return std::string(kPrefix) + account.id + "-" + random_token(random, 43);
}

HttpResponse subject_token(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const std::string_view secret = bearer_of(request);
  HttpResponse refused =
      oauth_error(401, "invalid_token", "The Authorization header is not that of an external_account file.");
  set_header(refused, "WWW-Authenticate", "Bearer");
  if (!secret.starts_with(kPrefix)) return refused;
  const std::string_view id =
      secret.substr(kPrefix.size(), secret.find('-', kPrefix.size()) - kPrefix.size());
  const Result<std::optional<VirtualAccountRecord>> record = parts.store.find_virtual_account(id);
  if (!record) return store_failed(parts.log, record.error());
  if (!*record || (*record)->external_secret_sha256.empty() ||
      !constant_time_equal(sha256_hex(secret), (*record)->external_secret_sha256)) {
    return refused;
  }
  const std::shared_ptr<const VirtualAccount> account = parts.directory.snapshot()->find_id(id);
  if (!account || !account->enabled) {
    return oauth_error(403, "disabled_client", "The service account of this file is disabled.");
  }
  const TokenSubject subject{account, "", ""};
  return json_reply(
      200, {{"id_token", mint_id_token(parts, subject, {workload_audience(*account), "", "", "", true})}});
}

}  // namespace moongate
