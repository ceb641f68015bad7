// The user API over a store in memory and a clock by hand, and the words that its tests are written in.
#pragma once

#include "crypto/password.h"
#include "people/login_keys.h"
#include "people/people_service.h"
#include "unit/control/admin_fixture.h"

namespace moongate {

// Passwords cost 30 ms each: those of a test are hashed once.
inline const std::string& hash_of(const std::string& password) {
  static std::map<std::string, std::string> known;
  auto found = known.find(password);
  if (found == known.end()) {
    SeededRandom random;
    found = known.emplace(password, hash_password(password, random).value()).first;
  }
  return found->second;
}

class PeopleTest : public testing::Test {
 protected:
  PeopleTest() {
    settings.users.registration = "closed";
    admin_token = ensure_admin_token(store, random).value()->reveal();
    people = another_gateway();
  }

  std::unique_ptr<PeopleService> another_gateway() {
    return std::make_unique<PeopleService>(
        PeopleService::Parts{store, clock, random, log, master_key, counters, mailer},
        AdminOptions{settings, {}, SealedBox::derive(master_key.reveal(), kUpstreamCredentialPurpose)}, hooks);
  }
  template <class Change>
  void settings_changed(Change change) {
    change(settings);
    people = another_gateway();
  }

  HttpRequest request(std::string method, std::string_view target, std::string body = "") const {
    HttpRequest made;
    made.method = std::move(method);
    const std::size_t question = target.find('?');
    made.path = std::string(target.substr(0, question));
    if (question != target.npos) made.query = target.substr(question + 1);
    made.body = std::move(body);
    made.remote_address = address;
    made.tls = tls;
    made.headers.emplace_back("Host", "gateway.example:8889");
    return made;
  }
  HttpResponse send(const HttpRequest& made) const { return people->handle(made); }
  HttpResponse post(std::string_view target, const std::string& body = "") const { return send(request("POST", target, body)); }
  HttpResponse log_in(const std::string& name, const std::string& password) const {
    return post("/api/auth/login", R"({"name":")" + name + R"(","password":")" + password + "\"}");
  }

  // Somebody with a Bearer.
  struct Signed {
    const PeopleTest* test = nullptr;
    std::string access, refresh, csrf, id;

    HttpRequest request(const std::string& method, std::string_view target, const std::string& body = "") const {
      HttpRequest made = test->request(method, target, body);
      made.headers.emplace_back("Authorization", "Bearer " + access);
      return made;
    }
    HttpResponse send(const std::string& method, std::string_view target, const std::string& body = "") const {
      return test->send(request(method, target, body));
    }
    HttpResponse get(std::string_view target) const { return send("GET", target); }
    HttpResponse post(std::string_view target, const std::string& body = "") const { return send("POST", target, body); }
    HttpResponse patch(std::string_view target, const std::string& body) const { return send("PATCH", target, body); }
    HttpResponse erase(std::string_view target) const { return send("DELETE", target); }
  };
  Signed signed_by(const HttpResponse& answer) const {
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Json body = json_of(answer);
    return {this, at(body, "access_token"), at(body, "refresh_token"), at(body, "csrf_token"), at(body, "session_id")};
  }
  Signed sign_in(const std::string& name, const std::string& password) const { return signed_by(log_in(name, password)); }

  // Somebody with cookies.
  struct Browser {
    const PeopleTest* test = nullptr;
    std::map<std::string, std::string> cookies;
    std::string csrf;
    HeaderList more;

    HttpResponse send(const std::string& method, std::string_view target, const std::string& body = "") {
      HttpRequest made = test->request(method, target, body);
      std::string sent;
      for (const auto& [name, value] : cookies) sent += (sent.empty() ? "" : "; ") + name + "=" + value;
      if (!sent.empty()) made.headers.emplace_back("Cookie", sent);
      if (!csrf.empty()) made.headers.emplace_back("X-CSRF-Token", csrf);
      for (const auto& header : more) made.headers.push_back(header);
      HttpResponse answer = test->send(made);
      for (const auto& [name, value] : answer.headers) {
        if (name != "Set-Cookie") continue;
        const std::size_t equals = value.find('=');
        cookies[value.substr(0, equals)] = value.substr(equals + 1, value.find(';') - equals - 1);
      }
      return answer;
    }
  };
  Browser browse(const std::string& name, const std::string& password) const {
    Browser browser{this, {}, "", {}};
    const HttpResponse answer =
        browser.send("POST", "/api/auth/login", R"({"name":")" + name + R"(","password":")" + password + R"(","cookie":true})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    browser.csrf = at(answer, "csrf_token");
    return browser;
  }

  UserRecord make_user(const std::string& name, const std::string& password, const std::string& role = "user") {
    UserRecord user;
    user.id = new_id_of(name);
    user.name = name;
    user.email = name + "@example.com";
    user.role = role;
    user.terms = "{}";
    user.password_hash = hash_of(password);
    user.created_at_s = clock.unix_seconds();
    EXPECT_TRUE(store.insert_user(user).value());
    return user;
  }
  static std::string new_id_of(const std::string& name) { return "u-" + name + std::string(16 - std::min<std::size_t>(16, name.size()), '0'); }

  MemoryStore store;
  ManualClock clock{parse_time("2026-11-20T12:00:00Z").value()};
  SeededRandom random;
  MemorySink sink;
  Logger log{sink, clock, LogLevel::kDebug};
  Settings settings;
  Secret master_key{std::string(32, 'm')};
  LocalCounters counters{clock};
  struct KeptMail final : Mailer {
    Status send(const MailMessage& message) override {
      messages.push_back(message);
      return {};
    }
    std::vector<MailMessage> messages;
  };
  KeptMail mailer;
  AdminHooks hooks;
  std::unique_ptr<PeopleService> people;
  std::string admin_token;
  std::string address = "127.0.0.1";
  bool tls = false;
};

}  // namespace moongate
