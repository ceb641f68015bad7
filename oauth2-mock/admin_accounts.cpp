#include "oauth2-mock/admin_accounts.h"

#include <algorithm>
#include <charconv>

#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "oauth2-mock/admin_request.h"
#include "oauth2-mock/external_account.h"

namespace moongate {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kLongestGraceS = 30 * kDay;

HttpResponse unavailable(const OAuthParts& parts, const Error& error) {
  (void)store_failed(parts.log, error);
  return api_error(503, "UNAVAILABLE", "The store cannot be used at the moment; try again.");
}

HttpResponse no_account() { return api_error(404, "NOT_FOUND", "There is no such virtual service account."); }

boost::json::array list_of(const std::vector<std::string>& texts) {
  boost::json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

boost::json::array old_keys_json(const VirtualAccountRecord& record) {
  boost::json::array list;
  for (const VirtualAccountKey& old : record.old_keys) {
    list.push_back({{"key_id", old.key_id}, {"until", rfc3339(old.until_s)}});
  }
  return list;
}

boost::json::object account_json(const VirtualAccountRecord& record) {
  return {{"id", record.id},
          {"email", record.email},
          {"name", record.name},
          {"project", record.project},
          {"key_id", record.key_id},
          {"old_keys", old_keys_json(record)},
          {"enabled", record.enabled},
          {"default_for_metadata", record.metadata_default},
          {"providers", list_of(record.providers)},
          {"models", list_of(record.models)},
          {"has_external_account_file", !record.external_secret_sha256.empty()},
          {"created_at", rfc3339(record.created_at_s)}};
}

boost::json::object key_file(const OAuthSettings& settings, const VirtualAccountRecord& record,
                             const Secret& private_key) {
  return {{"type", "service_account"},
          {"project_id", record.project},
          {"private_key_id", record.key_id},
          {"private_key", private_key.reveal()},
          {"client_email", record.email},
          {"client_id", record.id},
          {"auth_uri", settings.url("/o/oauth2/auth")},
          {"token_uri", settings.url("/token")},
          {"auth_provider_x509_cert_url", settings.url("/oauth2/v1/certs")},
          {"client_x509_cert_url", settings.url("/robot/v1/metadata/x509/") + url_encode(record.email)},
          {"universe_domain", settings.universe_domain}};
}

// A new key pair: what the store keeps of it, and what only the caller gets.
struct FreshKey {
  VirtualAccountKey record;
  Secret private_pem;
};
Result<FreshKey> make_key(const std::string& account_id, std::int64_t now_s) {
  Result<RsaPrivateKey> key = RsaPrivateKey::generate();
  if (!key) return key.error();
  FreshKey fresh;
  fresh.record.public_key_pem = key->public_key().pem();
  fresh.record.key_id = sha256_hex(fresh.record.public_key_pem).substr(0, 40);
  Result<std::string> certificate =
      self_signed_certificate(*key, account_id, now_s - kDay, now_s + 3650 * kDay);
  if (!certificate) return certificate.error();
  fresh.record.certificate_pem = std::move(*certificate);
  fresh.private_pem = key->pem();
  return fresh;
}

void take_key(VirtualAccountRecord& record, const VirtualAccountKey& key) {
  record.key_id = key.key_id;
  record.public_key_pem = key.public_key_pem;
  record.certificate_pem = key.certificate_pem;
}

HttpResponse no_key(const OAuthParts& parts, const Error& error) {
  parts.log.error("no key for a virtual service account could be made", {{"reason", error.describe()}});
  return api_error(500, "INTERNAL", "No key could be made; see the log.");
}

// 21 digits, the first of them 1, as Google's unique ids are.
std::string unique_id(Random& random) {
  std::string id = "1";
  while (id.size() < 21) {
    const auto byte = static_cast<unsigned char>(random_bytes(random, 1)[0]);
    if (byte < 250) id += static_cast<char>('0' + byte % 10);
  }
  return id;
}

// The record that a body asks for, without its key; or what is wrong with it.
OrReply<VirtualAccountRecord> read_account(const OAuthParts& parts, const HttpRequest& request) {
  OrReply<boost::json::object> read =
      read_body(request, {"name", "project", "providers", "models", "default_for_metadata"});
  if (auto* refused = std::get_if<HttpResponse>(&read)) return std::move(*refused);
  const auto& body = std::get<boost::json::object>(read);
  VirtualAccountRecord record;
  record.project = "moongate";
  std::string wrong;
  if (!take(body, "name", record.name, wrong) || !take(body, "project", record.project, wrong) ||
      !take(body, "providers", record.providers, 64, wrong) ||
      !take(body, "models", record.models, 255, wrong) ||
      !take(body, "default_for_metadata", record.metadata_default, wrong)) {
    return bad_argument(wrong);
  }
  constexpr std::string_view kForm =
      " must be 1 to 63 characters of a-z, 0-9 and -, beginning with a letter and not ending in -.";
  if (!is_resource_name(record.name)) return bad_argument("\"name\"" + std::string(kForm));
  if (!is_resource_name(record.project)) return bad_argument("\"project\"" + std::string(kForm));
  for (const std::string& provider : record.providers) {
    const auto& known = parts.settings.providers;
    if (std::find(known.begin(), known.end(), provider) != known.end()) continue;
    std::string names;
    for (const std::string& one : known) names += (names.empty() ? "" : ", ") + one;
    return bad_argument("\"" + provider + "\" is no provider; known: " + names + ".");
  }
  for (const std::string& model : record.models) {
    if (const std::size_t star = model.find('*'); star != std::string::npos && star + 1 != model.size()) {
      return bad_argument("\"" + model + "\": a * may only be the last character of a model.");
    }
  }
  return record;
}

std::string_view first_part(std::string_view rest) { return rest.substr(0, rest.find('/')); }

// By id, or by e-mail address. Nothing in the answer's place: there is no such account.
OrReply<VirtualAccountRecord> find_account(const OAuthParts& parts, std::string_view part) {
  std::string name(part);
  if (const std::size_t at = name.find("%40"); at != std::string::npos) name.replace(at, 3, "@");
  if (const auto known = parts.directory.snapshot()->find_email(name)) name = known->id;
  Result<std::optional<VirtualAccountRecord>> found = parts.store.find_virtual_account(name);
  if (!found) return unavailable(parts, found.error());
  if (!*found) return no_account();
  return std::move(**found);
}

// Publishes a change and answers with the account as it is now.
HttpResponse changed(OAuthParts& parts, const Result<bool>& done, const std::string& id) {
  if (!done) return unavailable(parts, done.error());
  if (!*done) return no_account();
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  const Result<std::optional<VirtualAccountRecord>> now = parts.store.find_virtual_account(id);
  if (!now) return unavailable(parts, now.error());
  return *now ? json_reply(200, account_json(**now)) : no_account();
}

HttpResponse make_external_account(OAuthParts& parts, const VirtualAccountRecord& record) {
  const std::shared_ptr<const VirtualAccount> account = parts.directory.snapshot()->find_id(record.id);
  if (!account) return no_account();
  const std::string secret = new_external_secret(*account, parts.random);
  const Result<bool> kept = parts.store.set_virtual_account_external_secret(record.id, sha256_hex(secret));
  if (!kept) return unavailable(parts, kept.error());
  if (!*kept) return no_account();
  parts.log.info("an external_account file was made", {{"account", record.email}});
  return json_reply(200, external_account_file(parts.settings, *account, secret));
}

// A new key file for the account. The key before it ends now, or after ?grace_s= seconds.
HttpResponse rotate_key(OAuthParts& parts, const HttpRequest& request, VirtualAccountRecord record) {
  std::int64_t grace_s = 0;
  for (const auto& [name, value] : parse_form(request.query)) {
    const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), grace_s);
    if (name != "grace_s" || wrong != std::errc() || end != value.data() + value.size() || grace_s < 0 ||
        grace_s > kLongestGraceS) {
      return bad_argument("The only parameter is grace_s: for how many seconds the old key stays good, 0 to " +
                          std::to_string(kLongestGraceS) + ".");
    }
  }
  const Result<FreshKey> key = make_key(record.id, parts.now_s());
  if (!key) return no_key(parts, key.error());
  const std::int64_t until_s = grace_s == 0 ? 0 : parts.now_s() + grace_s;
  const Result<bool> kept = parts.store.rotate_virtual_account_key(record.id, key->record, until_s);
  if (!kept) return unavailable(parts, kept.error());
  if (!*kept) return no_account();
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  parts.log.info("a virtual service account's key was rotated", {{"account", record.email},
                                                                 {"old_key_id", record.key_id},
                                                                 {"key_id", key->record.key_id},
                                                                 {"grace_s", grace_s}});
  take_key(record, key->record);
  return json_reply(200, key_file(parts.settings, record, key->private_pem));
}

}  // namespace

HttpResponse create_account(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  OrReply<VirtualAccountRecord> read = read_account(parts, request);
  if (auto* refused = std::get_if<HttpResponse>(&read)) return std::move(*refused);
  auto& record = std::get<VirtualAccountRecord>(read);
  record.id = unique_id(parts.random);
  record.email = record.name + "@" + record.project + ".iam.gserviceaccount.com";
  record.created_at_s = parts.now_s();
  const Result<FreshKey> key = make_key(record.id, parts.now_s());
  if (!key) return no_key(parts, key.error());
  take_key(record, key->record);
  const Result<bool> kept = parts.store.insert_virtual_account(record);
  if (!kept) return unavailable(parts, kept.error());
  if (!*kept) {
    return api_error(409, "ALREADY_EXISTS",
                     "There is a virtual service account " + record.email +
                         " already; choose another name, or delete it first.");
  }
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  parts.log.info("a virtual service account was made",
                 {{"account", record.email}, {"key_id", record.key_id}});
  HttpResponse answer = json_reply(201, key_file(parts.settings, record, key->private_pem));
  set_header(answer, "Location", "/api/admin/service-accounts/virtual/" + record.id);
  return answer;
}

HttpResponse list_accounts(OAuthParts& parts, const HttpRequest&, std::string_view) {
  const Result<std::vector<VirtualAccountRecord>> records = parts.store.list_virtual_accounts();
  if (!records) return unavailable(parts, records.error());
  boost::json::array accounts;
  for (const VirtualAccountRecord& record : *records) accounts.push_back(account_json(record));
  return json_reply(200, {{"accounts", std::move(accounts)}});
}

HttpResponse show_account(OAuthParts& parts, const HttpRequest&, std::string_view rest) {
  const OrReply<VirtualAccountRecord> found = find_account(parts, rest);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  return json_reply(200, account_json(std::get<VirtualAccountRecord>(found)));
}

HttpResponse change_account(OAuthParts& parts, const HttpRequest& request, std::string_view rest) {
  const OrReply<VirtualAccountRecord> found = find_account(parts, rest);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const std::string& id = std::get<VirtualAccountRecord>(found).id;
  const OrReply<boost::json::object> read = read_body(request, {"enabled", "default_for_metadata"});
  if (const auto* refused = std::get_if<HttpResponse>(&read)) return *refused;
  const auto& body = std::get<boost::json::object>(read);
  std::optional<bool> enabled, marked;
  std::string wrong;
  if (!take(body, "enabled", enabled, wrong) || !take(body, "default_for_metadata", marked, wrong)) {
    return bad_argument(wrong);
  }
  if (!enabled && !marked)
    return bad_argument("The body changes nothing; it may hold \"enabled\" and \"default_for_metadata\".");
  Result<bool> done = true;
  if (enabled) done = parts.store.set_virtual_account_enabled(id, *enabled);
  if (done && *done && marked) done = parts.store.set_virtual_account_metadata_default(id, *marked);
  return changed(parts, done, id);
}

HttpResponse delete_account(OAuthParts& parts, const HttpRequest&, std::string_view rest) {
  const OrReply<VirtualAccountRecord> found = find_account(parts, rest);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& record = std::get<VirtualAccountRecord>(found);
  const Result<bool> gone = parts.store.erase_virtual_account(record.id);
  if (!gone) return unavailable(parts, gone.error());
  if (Status ok = parts.directory.reload(); !ok) return unavailable(parts, ok.error());
  parts.log.info("a virtual service account was deleted", {{"account", record.email}});
  HttpResponse answer;
  answer.status = 204;
  return answer;
}

HttpResponse account_action(OAuthParts& parts, const HttpRequest& request, std::string_view rest) {
  const std::string_view who = first_part(rest);
  const std::string_view action = rest.substr(std::min(who.size() + 1, rest.size()));
  if (action != "disable" && action != "enable" && action != "external-account" && action != "rotate") {
    return api_error(404, "NOT_FOUND",
                     "There is no such action; known: disable, enable, external-account, rotate.");
  }
  const OrReply<VirtualAccountRecord> found = find_account(parts, who);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& record = std::get<VirtualAccountRecord>(found);
  if (action == "external-account") return make_external_account(parts, record);
  if (action == "rotate") return rotate_key(parts, request, record);
  parts.log.info("a virtual service account was switched",
                 {{"account", record.email}, {"to", std::string(action)}});
  return changed(parts, parts.store.set_virtual_account_enabled(record.id, action == "enable"), record.id);
}

}  // namespace moongate
