#include "oauth2-mock/consent_page.h"

#include "crypto/hash.h"
#include "identity/admin_token.h"
#include "oauth2-mock/client_auth.h"
#include "oauth2-mock/redirect_uri.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

constexpr std::string_view kCookie = "mg_consent";
constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem;color:#1c2433}"
    "h1{font-size:1.3rem}label{display:block;margin:1rem 0}input{font:inherit;width:100%;padding:.4rem;"
    "box-sizing:border-box}button{font:inherit;padding:.5rem "
    "1.5rem;margin-right:.5rem}code{word-break:break-all}"
    ".wrong{color:#a11}";

// A request for consent that may be shown: client and redirect URI are known to belong together.
struct Consent {
  OAuthClientRecord client;
  std::string redirect_uri, state, scope, nonce, challenge, login_hint;
  bool challenge_s256 = false;
  bool offline = false;
  std::string text;  // the parameters as they were sent
};

HttpResponse page(int status, std::string_view title, const std::string& body, std::string_view form_action) {
  HttpResponse response;
  response.status = status;
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + html_escape(title) +
      "</title><meta name=\"viewport\" content=\"width=device-width\"><style>" + std::string(kStyle) +
      "</style></head><body><h1>" + html_escape(title) + "</h1>" + body + "</body></html>\n";
  static const std::string kStyleHash = base64_encode(sha256(kStyle));
  set_header(response, "Content-Type", "text/html; charset=utf-8");
  set_header(response, "Content-Security-Policy",
             "default-src 'none'; style-src 'sha256-" + kStyleHash + "'; form-action " +
                 std::string(form_action) + "; frame-ancestors 'none'; base-uri 'none'");
  set_header(response, "X-Frame-Options", "DENY");
  set_header(response, "X-Content-Type-Options", "nosniff");
  set_header(response, "Referrer-Policy", "same-origin");
  set_header(response, "Cache-Control", "no-store");
  return response;
}

// Without a redirect: whoever sent the browser here cannot be trusted with it.
HttpResponse error_page(std::string_view error, std::string_view explanation) {
  return page(400, "Error 400: " + std::string(error), "<p>" + html_escape(explanation) + "</p>", "'none'");
}

HttpResponse redirect(const std::string& uri,
                      const std::vector<std::pair<std::string_view, std::string_view>>& more) {
  std::string target = uri;
  char separator = uri.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : more) {
    if (value.empty()) continue;
    target += separator + std::string(name) + "=" + url_encode(value);
    separator = '&';
  }
  HttpResponse response;
  response.status = 303;  // also after a POST, the browser must GET
  set_header(response, "Location", target);
  set_header(response, "Cache-Control", "no-store");
  set_header(response, "Referrer-Policy", "no-referrer");
  return response;
}

HttpResponse redirect_error(const Consent& consent, std::string_view error, std::string_view description) {
  return redirect(consent.redirect_uri,
                  {{"error", error}, {"error_description", description}, {"state", consent.state}});
}

// The parameters that the client chose, checked. Whatever is wrong after client and redirect URI are known to
// be right is told to the client.
OrReply<Consent> read_consent(const OAuthParts& parts, std::string_view text) {
  const Form form(text);
  if (form.too_long()) return error_page("invalid_request", "The request is too long.");
  if (form.repeated())
    return error_page("invalid_request", "The parameter " + *form.repeated() + " was sent twice.");
  if (!form.has("client_id")) return error_page("invalid_request", "Missing required parameter: client_id");
  Result<std::optional<OAuthClientRecord>> found = find_client(parts, form.get("client_id"));
  if (!found) return store_failed(parts.log, found.error());
  if (!*found) return error_page("invalid_client", "The OAuth client was not found.");
  Consent consent;
  consent.client = std::move(**found);
  if (!consent.client.enabled) return error_page("disabled_client", "The OAuth client was disabled.");
  consent.redirect_uri = form.get("redirect_uri");
  if (consent.redirect_uri.empty())
    return error_page("invalid_request", "Missing required parameter: redirect_uri");
  if (!redirect_allowed(consent.client, consent.redirect_uri)) {
    return error_page(
        "redirect_uri_mismatch",
        "The redirect_uri of the request is not one that was registered for the client; register it "
        "exactly as the client sends it.");
  }
  consent.text = text;
  consent.state = form.get("state");
  consent.nonce = form.get("nonce");
  consent.login_hint = form.get("login_hint");
  consent.offline = form.get("access_type") == "offline";
  if (form.get("response_type") != "code") {
    return redirect_error(consent, "unsupported_response_type", "Only response_type=code is supported.");
  }
  const std::optional<std::string> scope = normal_scope(form.get("scope"));
  if (!scope || scope->empty()) return redirect_error(consent, "invalid_scope", "Missing or invalid scope.");
  consent.scope = *scope;
  consent.challenge = form.get("code_challenge");
  const std::string& method = form.get("code_challenge_method");
  consent.challenge_s256 = method == "S256";
  if (!method.empty() && method != "S256" && method != "plain") {
    return redirect_error(consent, "invalid_request",
                          "Invalid code_challenge_method; S256 and plain are supported.");
  }
  if (consent.challenge.empty() ? !method.empty()
                                : consent.challenge.size() < 43 || consent.challenge.size() > 128) {
    return redirect_error(consent, "invalid_request", "Invalid code_challenge.");
  }
  if (is_public(consent.client) && consent.challenge.empty()) {
    return redirect_error(consent, "invalid_request",
                          "A client without a secret needs a code_challenge (PKCE).");
  }
  if (form.get("prompt") == "none") {
    return redirect_error(consent, "interaction_required", "Somebody has to agree on the page.");
  }
  return consent;
}

// The demonstration client by itself is open to everybody anyway; an account is not.
bool needs_admin(const Consent& consent, std::string_view account) {
  return consent.client.id != kDemoClient || !account.empty();
}

std::string form_seal(const OAuthParts& parts, std::string_view cookie, std::string_view text) {
  return base64url_encode(hmac_sha256(parts.form_key, std::string(cookie) + "\n" + std::string(text)));
}

std::string_view cookie_of(const HttpRequest& request) {
  std::string_view all = find_header(request.headers, "Cookie");
  while (!all.empty()) {
    std::string_view one = all.substr(0, all.find(';'));
    all.remove_prefix(std::min(one.size() + 1, all.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.starts_with(kCookie) && one.substr(kCookie.size()).starts_with('='))
      return one.substr(kCookie.size() + 1);
  }
  return {};
}

HttpResponse consent_page(OAuthParts& parts, const HttpRequest& request, const Consent& consent, int status,
                          std::string_view wrong) {
  const std::string cookie = random_token(parts.random, 32);
  std::string body = "<p><b>" + html_escape(consent.client.name) + "</b> asks for access to:</p><ul>";
  std::string_view rest = consent.scope;
  while (!rest.empty()) {
    const std::string_view scope = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(scope.size() + 1, rest.size()));
    body += "<li><code>" + html_escape(scope) + "</code></li>";
  }
  body += "</ul>";
  if (!wrong.empty()) body += "<p class=\"wrong\">" + html_escape(wrong) + "</p>";
  body += "<form method=\"post\" action=\"" + html_escape(request.path) + "\">";
  body += "<input type=\"hidden\" name=\"request\" value=\"" + html_escape(consent.text) + "\">";
  body += "<input type=\"hidden\" name=\"seal\" value=\"" + form_seal(parts, cookie, consent.text) + "\">";
  body +=
      "<label>As the virtual service account (e-mail; empty: as the client itself)<input type=\"text\" "
      "name=\"account\" autocomplete=\"off\" value=\"" +
      html_escape(consent.login_hint) + "\"></label>";
  body += std::string("<label>Admin token") + (needs_admin(consent, "") ? "" : " (for an account)") +
          "<input type=\"password\" name=\"admin_token\" autocomplete=\"off\" value=\"\"></label>";
  body +=
      "<button name=\"decision\" value=\"allow\">Allow</button><button name=\"decision\" "
      "value=\"deny\">Deny</button>"
      "</form>";
  HttpResponse response = page(status, "Sign in to Moongate's mock of Google", body,
                               "'self' " + redirect_source(consent.redirect_uri));
  // A cross-site page can neither read nor send this cookie, so it cannot make a form that is accepted.
  set_header(response, "Set-Cookie",
             std::string(kCookie) + "=" + cookie + "; Path=/; Max-Age=600; HttpOnly; SameSite=Strict" +
                 (request.tls ? "; Secure" : ""));
  return response;
}

// "null" too is somebody else: our own page sends its origin.
bool foreign_origin(const HttpRequest& request) {
  const std::string_view origin = find_header(request.headers, "Origin");
  if (origin.empty()) return false;
  const std::size_t host = origin.find("://");
  return host == std::string_view::npos || origin.substr(host + 3) != find_header(request.headers, "Host");
}

}  // namespace

HttpResponse show_consent(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const OrReply<Consent> consent = read_consent(parts, request.query);
  if (const auto* refused = std::get_if<HttpResponse>(&consent)) return *refused;
  return consent_page(parts, request, std::get<Consent>(consent), 200, "");
}

HttpResponse decide_consent(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const Form form(request.body);
  const std::string_view cookie = cookie_of(request);
  if (form.too_long() || form.repeated() || cookie.empty() || foreign_origin(request) ||
      !constant_time_equal(form.get("seal"), form_seal(parts, cookie, form.get("request")))) {
    return error_page("invalid_request",
                      "This page is not ours or is out of date; go back to the application and "
                      "start again (cookies must be allowed).");
  }
  const OrReply<Consent> read = read_consent(parts, form.get("request"));
  if (const auto* refused = std::get_if<HttpResponse>(&read)) return *refused;
  const Consent& consent = std::get<Consent>(read);
  if (form.get("decision") != "allow") return redirect_error(consent, "access_denied", "");
  if (needs_admin(consent, form.get("account"))) {
    const Result<bool> admin = is_admin_token(parts.store, form.get("admin_token"));
    if (!admin) return store_failed(parts.log, admin.error());
    if (!*admin) return consent_page(parts, request, consent, 403, "The admin token is wrong.");
  }
  AuthorizationGrant grant{consent.client.id,
                           "",
                           consent.redirect_uri,
                           consent.scope,
                           consent.nonce,
                           consent.challenge,
                           consent.challenge_s256,
                           consent.offline,
                           random_token(parts.random, 22)};
  if (form.has("account")) {
    const std::shared_ptr<const VirtualAccount> account =
        parts.directory.snapshot()->find_email(form.get("account"));
    if (!account || !account->enabled) {
      return consent_page(parts, request, consent, 403,
                          "There is no such service account, or it is disabled.");
    }
    grant.account_id = account->id;
  }
  const std::optional<std::string> code = parts.codes.issue(std::move(grant), parts.now_s(), parts.random);
  if (!code) return redirect_error(consent, "temporarily_unavailable", "Too many requests are open.");
  return redirect(consent.redirect_uri,
                  {{"state", consent.state}, {"code", *code}, {"scope", consent.scope}});
}

}  // namespace moongate
