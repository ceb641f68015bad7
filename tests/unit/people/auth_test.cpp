// Signing in, staying signed in, and signing out.
#include "unit/people/people_fixture.h"

namespace moongate {
namespace {

class Auth : public PeopleTest {};

TEST_F(Auth, TheAdminTokenOpensASessionOfAnAdmin) {
  const HttpResponse answer = post("/api/auth/login", R"({"admin_token":")" + admin_token + "\"}");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(at(answer, "user.name"), "admin");
  EXPECT_EQ(at(answer, "user.role"), "admin");
  EXPECT_EQ(at(answer, "token_type"), "Bearer");
  const Signed session = signed_by(answer);
  EXPECT_EQ(at(session.get("/api/auth/profile"), "user.role"), "admin");
}

TEST_F(Auth, AWrongAdminTokenIsRefusedAndThrottled) {
  settings_changed([](Settings& settings) { settings.users.login_attempts = 3; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/api/auth/login", R"({"admin_token":"wrong"})").status, 401);
  const HttpResponse refused = post("/api/auth/login", R"({"admin_token":")" + admin_token + "\"}");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(find_header(refused.headers, "Retry-After"), "900");
  clock.advance_ms(15 * 60 * 1000);
  EXPECT_EQ(post("/api/auth/login", R"({"admin_token":")" + admin_token + "\"}").status, 200);
}

TEST_F(Auth, AUserSignsInByNameOrAddress) {
  make_user("ann", "correct horse", "viewer");
  for (const char* member : {"name", "username", "email"}) {
    const std::string who = std::string(member) == "email" ? "ann@example.com" : "ann";
    const HttpResponse answer =
        post("/api/auth/login", R"({")" + std::string(member) + R"(":")" + who + R"(","password":"correct horse"})");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(at(answer, "user.role"), "viewer");
    EXPECT_EQ(at(answer, "user.email"), "ann@example.com");
  }
}

TEST_F(Auth, NobodyLearnsWhichNamesExist) {
  make_user("ann", "correct horse");
  UserRecord gone = make_user("bob", "correct horse");
  gone.enabled = false;
  ASSERT_TRUE(store.update_user(gone).value());
  UserRecord without = make_user("eve", "correct horse");
  without.password_hash.clear();
  ASSERT_TRUE(store.update_user(without).value());
  const HttpResponse wrong = log_in("ann", "wrong horse");
  EXPECT_EQ(wrong.status, 401);
  for (const auto& [name, password] : {std::pair<std::string, std::string>{"nobody", "correct horse"},
                                       {"bob", "correct horse"}, {"eve", "correct horse"}, {"eve", ""}}) {
    const HttpResponse other = log_in(name, password.empty() ? "x" : password);
    EXPECT_EQ(other.status, wrong.status);
    EXPECT_EQ(other.body, wrong.body);
    EXPECT_EQ(other.headers, wrong.headers);
  }
}

TEST_F(Auth, GuessingIsThrottledByNameWhetherItExistsOrNot) {
  settings_changed([](Settings& settings) { settings.users.login_attempts = 3; });
  make_user("ann", "correct horse");
  for (const std::string name : {"ann", "nobody"}) {
    for (int i = 0; i < 3; ++i) {
      address = "192.0.2." + std::to_string(10 + i + static_cast<int>(name.size()) * 10);
      tls = true;
      EXPECT_EQ(log_in(name, "wrong horse").status, 401);
    }
    address = "192.0.2.200";
    EXPECT_EQ(log_in(name, "correct horse").status, 429);
  }
}

TEST_F(Auth, ASuccessIsNoAttempt) {
  settings_changed([](Settings& settings) { settings.users.login_attempts = 2; });
  make_user("ann", "correct horse");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(log_in("ann", "correct horse").status, 200);
}

TEST_F(Auth, PlainPasswordsTravelOverTlsOrFromThisMachineOnly) {
  make_user("ann", "correct horse");
  address = "192.0.2.7";
  EXPECT_EQ(log_in("ann", "correct horse").status, 400);
  tls = true;
  EXPECT_EQ(log_in("ann", "correct horse").status, 200);
  tls = false;
  address = "::1";
  EXPECT_EQ(log_in("ann", "correct horse").status, 200);
}

TEST_F(Auth, RefusesBodiesThatAreWrong) {
  for (const auto& [body, complaint] : std::vector<std::pair<std::string, std::string>>{
           {"", "Send one of"},
           {"[]", "must be a JSON object"},
           {R"({"name":"a"})", "\"password\" is missing"},
           {R"({"name":"a","email":"b","password":"c"})", "Send one of"},
           {R"({"name":"a","password":1})", "\"password\" must be a string"},
           {R"({"name":"a","password":"b","role":"admin"})", "\"role\" is no member"},
           {R"({"admin_token":"a","password":"b"})", "not both"}}) {
    const HttpResponse refused = post("/api/auth/login", body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_SAYS(refused, complaint);
  }
  const HttpResponse method = send(request("GET", "/api/auth/login"));
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(find_header(method.headers, "Allow"), "POST");
}

TEST_F(Auth, ARefreshTokenServesOnce) {
  make_user("ann", "correct horse");
  const Signed first = sign_in("ann", "correct horse");
  const HttpResponse answer = post("/api/auth/refresh", R"({"refresh_token":")" + first.refresh + "\"}");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Signed second = signed_by(answer);
  EXPECT_NE(second.refresh, first.refresh);
  EXPECT_EQ(second.get("/api/auth/profile").status, 200);

  const HttpResponse reused = post("/api/auth/refresh", R"({"refresh_token":")" + first.refresh + "\"}");
  EXPECT_EQ(reused.status, 401);
  EXPECT_SAYS(reused, "used before");
  // The thief's and the owner's session are one and the same: it is over for both.
  EXPECT_EQ(post("/api/auth/refresh", R"({"refresh_token":")" + second.refresh + "\"}").status, 401);
  EXPECT_EQ(second.get("/api/auth/profile").status, 401);
}

TEST_F(Auth, AccessTokensAndRefreshTokensEnd) {
  make_user("ann", "correct horse");
  const Signed session = sign_in("ann", "correct horse");
  clock.advance_ms(settings.users.session_s * 1000);
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
  const Signed again = signed_by(post("/api/auth/refresh", R"({"refresh_token":")" + session.refresh + "\"}"));
  EXPECT_EQ(again.get("/api/auth/profile").status, 200);
  clock.advance_ms(settings.users.refresh_days * 86'400'000LL);
  EXPECT_EQ(post("/api/auth/refresh", R"({"refresh_token":")" + again.refresh + "\"}").status, 401);
}

TEST_F(Auth, LogoutEndsTheSessionAtOnceOnEveryGateway) {
  make_user("ann", "correct horse");
  const Signed session = sign_in("ann", "correct horse");
  const auto other = another_gateway();
  EXPECT_EQ(other->handle(session.request("GET", "/api/auth/profile")).status, 200);
  EXPECT_EQ(session.post("/api/auth/logout").status, 204);
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
  EXPECT_EQ(other->handle(session.request("GET", "/api/auth/profile")).status, 401);
  EXPECT_EQ(post("/api/auth/refresh", R"({"refresh_token":")" + session.refresh + "\"}").status, 401);
}

TEST_F(Auth, LogoutTakesARefreshTokenAlone) {
  make_user("ann", "correct horse");
  const Signed session = sign_in("ann", "correct horse");
  EXPECT_EQ(post("/api/auth/logout", R"({"refresh_token":")" + session.refresh + "\"}").status, 204);
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
}

TEST_F(Auth, CookiesCannotBeReadByPagesAndStayAtHome) {
  make_user("ann", "correct horse");
  for (const bool over_tls : {false, true}) {
    tls = over_tls;
    const HttpResponse answer = post("/api/auth/login", R"({"name":"ann","password":"correct horse","cookie":true})");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer, "access_token"), "<none>");
    EXPECT_EQ(at(answer, "refresh_token"), "<none>");
    int cookies = 0;
    for (const auto& [name, value] : answer.headers) {
      if (name != "Set-Cookie") continue;
      ++cookies;
      EXPECT_NE(value.find("; Path=/; "), value.npos);
      EXPECT_NE(value.find("; HttpOnly; SameSite=Strict"), value.npos);
      EXPECT_EQ(value.starts_with("__Host-"), over_tls);
      EXPECT_EQ(value.ends_with("; Secure"), over_tls);
    }
    EXPECT_EQ(cookies, 2);
  }
}

TEST_F(Auth, WhatChangesSomethingByCookieNeedsTheSessionsToken) {
  make_user("ann", "correct horse");
  make_user("bob", "correct horse");
  Browser ann = browse("ann", "correct horse");
  Browser bob = browse("bob", "correct horse");
  EXPECT_EQ(ann.send("GET", "/api/auth/profile").status, 200);
  EXPECT_EQ(at(ann.send("GET", "/api/auth/profile"), "csrf_token"), ann.csrf);
  const std::string own = ann.csrf;
  for (const std::string& token : {std::string(), bob.csrf, own + "x", std::string("null")}) {
    ann.csrf = token;
    EXPECT_EQ(ann.send("DELETE", "/api/auth/sessions").status, 403);
    EXPECT_EQ(ann.send("POST", "/api/auth/logout").status, 403);
  }
  ann.csrf = own;
  EXPECT_EQ(ann.send("POST", "/api/auth/logout").status, 204);
  EXPECT_EQ(ann.send("GET", "/api/auth/profile").status, 401);
}

TEST_F(Auth, PagesOfOtherSitesGetNothingByCookie) {
  make_user("ann", "correct horse");
  const Browser ann = browse("ann", "correct horse");
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"Origin", "https://evil.example"},
                                                                                    {"Origin", "null"},
                                                                                    {"Origin", "http://gateway.example:1"},
                                                                                    {"Sec-Fetch-Site", "cross-site"},
                                                                                    {"Sec-Fetch-Site", "same-site"}}) {
    Browser foreign = ann;
    foreign.more = {{name, value}};
    EXPECT_EQ(foreign.send("GET", "/api/auth/profile").status, 403) << value;
    EXPECT_EQ(foreign.send("POST", "/api/auth/logout").status, 403) << value;
    EXPECT_EQ(foreign.send("POST", "/api/auth/refresh").status, 403) << value;
    EXPECT_EQ(foreign.send("POST", "/api/auth/login", R"({"name":"ann","password":"correct horse","cookie":true})").status, 403);
  }
  Browser own = ann;
  own.more = {{"Origin", "http://gateway.example:8889"}, {"Sec-Fetch-Site", "same-origin"}};
  EXPECT_EQ(own.send("GET", "/api/auth/profile").status, 200);
}

TEST_F(Auth, TwoPagesThatRefreshAtOnceStaySignedIn) {
  make_user("ann", "correct horse");
  Browser one = browse("ann", "correct horse");
  Browser two = one;
  EXPECT_EQ(one.send("POST", "/api/auth/refresh").status, 200);
  EXPECT_EQ(two.send("POST", "/api/auth/refresh").status, 409);
  EXPECT_EQ(one.send("GET", "/api/auth/profile").status, 200);
  clock.advance_ms(11'000);
  EXPECT_EQ(two.send("POST", "/api/auth/refresh").status, 401);
  EXPECT_EQ(one.send("GET", "/api/auth/profile").status, 401);
}

TEST_F(Auth, ADisabledUserAndANewAdminTokenEndSessionsAtOnce) {
  UserRecord ann = make_user("ann", "correct horse");
  const Signed session = sign_in("ann", "correct horse");
  const Signed admin = signed_by(post("/api/auth/login", R"({"admin_token":")" + admin_token + "\"}"));
  ann.enabled = false;
  ASSERT_TRUE(store.update_user(ann).value());
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
  EXPECT_EQ(post("/api/auth/refresh", R"({"refresh_token":")" + session.refresh + "\"}").status, 401);
  EXPECT_EQ(admin.get("/api/auth/profile").status, 200);
  ASSERT_TRUE(replace_admin_token(store, random).ok());
  EXPECT_EQ(admin.get("/api/auth/profile").status, 401);
}

TEST_F(Auth, ANewPasswordEndsAllOtherSessions) {
  make_user("ann", "correct horse");
  const Signed here = sign_in("ann", "correct horse");
  const Signed there = sign_in("ann", "correct horse");
  EXPECT_EQ(here.patch("/api/auth/profile", R"({"password":"battery staple"})").status, 400);
  EXPECT_EQ(here.patch("/api/auth/profile", R"({"password":"battery staple","current_password":"wrong"})").status, 403);
  EXPECT_EQ(here.patch("/api/auth/profile", R"({"password":"short","current_password":"correct horse"})").status, 400);
  EXPECT_EQ(here.patch("/api/auth/profile", R"({"password":"battery staple","current_password":"correct horse"})").status, 200);
  EXPECT_EQ(here.get("/api/auth/profile").status, 200);
  EXPECT_EQ(there.get("/api/auth/profile").status, 401);
  EXPECT_EQ(log_in("ann", "correct horse").status, 401);
  EXPECT_EQ(log_in("ann", "battery staple").status, 200);
}

TEST_F(Auth, NobodyGivesHimselfARole) {
  make_user("ann", "correct horse");
  const Signed ann = sign_in("ann", "correct horse");
  for (const char* body : {R"({"role":"admin"})", R"({"terms":{}})", R"({"enabled":true})", R"({"id":"u-x"})"}) {
    EXPECT_EQ(ann.patch("/api/auth/profile", body).status, 400);
  }
  EXPECT_EQ(at(ann.get("/api/auth/profile"), "user.role"), "user");
}

TEST_F(Auth, SessionsAreListedAndEndedByTheirOwner) {
  make_user("ann", "correct horse");
  make_user("bob", "correct horse");
  const Signed one = sign_in("ann", "correct horse");
  const Signed two = sign_in("ann", "correct horse");
  const Signed bob = sign_in("bob", "correct horse");
  const HttpResponse list = one.get("/api/auth/sessions");
  EXPECT_EQ(at(list, "total"), "2");
  EXPECT_EQ(list.body.find(two.access), std::string::npos);
  EXPECT_EQ(bob.erase("/api/auth/sessions/" + two.id).status, 404);
  EXPECT_EQ(two.get("/api/auth/profile").status, 200);
  EXPECT_EQ(one.erase("/api/auth/sessions/" + two.id).status, 204);
  EXPECT_EQ(two.get("/api/auth/profile").status, 401);
  const Signed three = sign_in("ann", "correct horse");
  EXPECT_EQ(at(one.erase("/api/auth/sessions"), "ended"), "1");
  EXPECT_EQ(three.get("/api/auth/profile").status, 401);
  EXPECT_EQ(bob.get("/api/auth/profile").status, 200);
}

TEST_F(Auth, BothNamesOfAPathReachOneHandler) {
  make_user("ann", "correct horse");
  const Signed ann = signed_by(post("/api/client/auth/login", R"({"username":"ann","password":"correct horse"})"));
  EXPECT_EQ(ann.get("/api/client/users/profile").body, ann.get("/api/auth/profile").body);
  EXPECT_EQ(ann.post("/api/client/auth/logout").status, 204);
}

TEST_F(Auth, AForgedOrForeignJwtIsNobody) {
  make_user("ann", "correct horse");
  Signed session = sign_in("ann", "correct horse");
  std::string changed = session.access;
  changed[changed.size() - 3] = changed[changed.size() - 3] == 'A' ? 'B' : 'A';
  session.access = changed;
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
  session.access = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIifQ.";
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
}

}  // namespace
}  // namespace moongate
