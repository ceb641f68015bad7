// A browser that goes through the consent page.
#pragma once

#include <regex>

#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {

inline constexpr char kVerifier[] = "a-verifier-of-forty-three-characters-or-more-1";

class ConsentTest : public OAuthTest {
 protected:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  static std::string challenge() { return base64url_encode(sha256(kVerifier)); }
  static std::string unescaped(std::string text) {
    for (const auto& [from, to] : {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&quot;", "\""},
                                   std::pair{"&#39;", "'"}, std::pair{"&amp;", "&"}}) {
      for (std::size_t at; (at = text.find(from)) != std::string::npos;)
        text.replace(at, std::string(from).size(), to);
    }
    return text;
  }

  // Parameters of a request for consent; an empty value of `changes` takes one out.
  Fields parameters(const Fields& changes = {}) const {
    Fields all = {{"client_id", "test"},
                  {"redirect_uri", "http://localhost:3000/callback"},
                  {"response_type", "code"},
                  {"scope", "openid email " + std::string(kScope)},
                  {"state", "s&1"},
                  {"access_type", "offline"},
                  {"code_challenge", challenge()},
                  {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : changes) {
      std::erase_if(all, [&, key = name](const auto& field) { return field.first == key; });
      if (!value.empty()) all.emplace_back(name, value);
    }
    return all;
  }
  HttpResponse open(const Fields& changes = {}, const std::string& path = "/o/oauth2/v2/auth") {
    return get(path + "?" + form_of(parameters(changes)));
  }
  static std::string hidden(const HttpResponse& page, const std::string& name) {
    std::smatch found;
    const std::regex pattern("name=\"" + name + "\" value=\"([^\"]*)\"");
    return std::regex_search(page.body, found, pattern) ? unescaped(found[1]) : std::string();
  }
  static std::string cookie(const HttpResponse& page) {
    const std::string all(find_header(page.headers, "Set-Cookie"));
    return all.substr(0, all.find(';'));
  }
  HttpResponse decide(const HttpResponse& page, const std::string& decision, const Fields& more = {},
                      const HeaderList& headers = {}) {
    Fields form = {
        {"request", hidden(page, "request")}, {"seal", hidden(page, "seal")}, {"decision", decision}};
    form.insert(form.end(), more.begin(), more.end());
    HeaderList all = {{"Cookie", "other=1; " + cookie(page)}};
    all.insert(all.end(), headers.begin(), headers.end());
    return send("POST", "/o/oauth2/v2/auth", form_of(form), all);
  }
  // What the browser brings back to the client.
  static std::string brought(const HttpResponse& response, const std::string& name) {
    const std::string location(find_header(response.headers, "Location"));
    const std::size_t question = location.find('?');
    if (question == std::string::npos) return {};
    for (const auto& [key, value] : parse_form(std::string_view(location).substr(question + 1))) {
      if (key == name) return value;
    }
    return {};
  }
  // A code for these changed parameters.
  std::string code(const Fields& changes = {}, const Fields& form = {}) {
    const HttpResponse answer = decide(open(changes), "allow", form);
    EXPECT_EQ(answer.status, 303) << answer.body;
    return brought(answer, "code");
  }
  HttpResponse exchange(const std::string& code, const Fields& changes = {}) {
    Fields all = {{"grant_type", "authorization_code"},
                  {"code", code},
                  {"client_id", "test"},
                  {"client_secret", "test"},
                  {"redirect_uri", "http://localhost:3000/callback"},
                  {"code_verifier", kVerifier}};
    for (const auto& [name, value] : changes) {
      std::erase_if(all, [&, key = name](const auto& field) { return field.first == key; });
      if (!value.empty()) all.emplace_back(name, value);
    }
    return token(all);
  }
  HttpResponse refresh(const std::string& refresh_token, const Fields& more = {}) {
    Fields all = {{"grant_type", "refresh_token"},
                  {"refresh_token", refresh_token},
                  {"client_id", "test"},
                  {"client_secret", "test"}};
    for (const auto& [name, value] : more) {
      std::erase_if(all, [&, key = name](const auto& field) { return field.first == key; });
      all.emplace_back(name, value);
    }
    return token(all);
  }
};

}  // namespace moongate
