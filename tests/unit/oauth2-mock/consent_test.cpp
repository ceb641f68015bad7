#include "unit/oauth2-mock/consent_fixture.h"

namespace moongate {
namespace {

TEST_F(ConsentTest, ShowsWhoAsksForWhat) {
  const HttpResponse page = open();
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_NE(page.body.find("Demonstration client"), std::string::npos);
  EXPECT_NE(page.body.find(kScope), std::string::npos);
  EXPECT_EQ(open({}, "/o/oauth2/auth").status, 200);
  EXPECT_EQ(open({}, "/accounts.google.com/o/oauth2/v2/auth").status, 200);
}

TEST_F(ConsentTest, RunsNoScriptAndCannotBeFramed) {
  const HttpResponse page = open();
  const std::string policy(find_header(page.headers, "Content-Security-Policy"));
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_NE(policy.find("form-action 'self' http://localhost:3000;"), std::string::npos) << policy;
  EXPECT_EQ(find_header(page.headers, "X-Frame-Options"), "DENY");
  EXPECT_EQ(find_header(page.headers, "Cache-Control"), "no-store");
  const std::string cookie(find_header(page.headers, "Set-Cookie"));
  EXPECT_NE(cookie.find("HttpOnly; SameSite=Strict"), std::string::npos) << cookie;
}

TEST_F(ConsentTest, EscapesWhatTheRequestBrings) {
  const HttpResponse page =
      open({{"login_hint", "\"><script>alert(1)</script>"}, {"state", "'\"><b>"}, {"scope", "<i>"}});
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.body.find("<script>"), std::string::npos);
  EXPECT_EQ(page.body.find("<i>"), std::string::npos);
  EXPECT_EQ(page.body.find("\"><b>"), std::string::npos);
}

TEST_F(ConsentTest, GoesBackWithACodeAndTheState) {
  const HttpResponse answer = decide(open(), "allow");
  EXPECT_EQ(answer.status, 303);
  EXPECT_TRUE(find_header(answer.headers, "Location").starts_with("http://localhost:3000/callback?"));
  EXPECT_EQ(brought(answer, "state"), "s&1");
  EXPECT_TRUE(brought(answer, "code").starts_with("4/0A"));
  EXPECT_EQ(brought(answer, "error"), "");
}

TEST_F(ConsentTest, GoesBackWithAccessDeniedWhenRefused) {
  for (const char* decision : {"deny", "", "whatever"}) {
    const HttpResponse answer = decide(open(), decision);
    EXPECT_EQ(answer.status, 303);
    EXPECT_EQ(brought(answer, "error"), "access_denied");
    EXPECT_EQ(brought(answer, "state"), "s&1");
    EXPECT_EQ(brought(answer, "code"), "");
  }
}

TEST_F(ConsentTest, SendsNobodyToAnAddressThatWasNotRegistered) {
  for (const char* uri :
       {"https://evil.test/callback", "http://localhost:3000/callback/", "http://localhost:3000/other",
        "http://localhost:3000@evil.test/callback", "http://localhost.evil.test/callback",
        "http://localhost:x/callback", "https://localhost:3000/callback", "HTTP://localhost/callback",
        "javascript:alert(1)", "http://localhost:3000/callback?x=1", "http://localhost:/callback"}) {
    const HttpResponse page = open({{"redirect_uri", uri}});
    EXPECT_EQ(page.status, 400) << uri;
    EXPECT_EQ(find_header(page.headers, "Location"), "") << uri;
    EXPECT_NE(page.body.find("redirect_uri_mismatch"), std::string::npos) << uri;
  }
  EXPECT_EQ(open({{"redirect_uri", ""}}).status, 400);
  EXPECT_EQ(open({{"client_id", "nobody"}}).status, 400);
  EXPECT_EQ(open({{"client_id", ""}}).status, 400);
}

TEST_F(ConsentTest, TellsTheClientWhatElseIsWrong) {
  const std::pair<Fields, std::string> cases[] = {{{{"response_type", "token"}}, "unsupported_response_type"},
                                                  {{{"response_type", ""}}, "unsupported_response_type"},
                                                  {{{"scope", ""}}, "invalid_scope"},
                                                  {{{"scope", "a\"b"}}, "invalid_scope"},
                                                  {{{"code_challenge_method", "S512"}}, "invalid_request"},
                                                  {{{"code_challenge", "short"}}, "invalid_request"},
                                                  {{{"code_challenge", ""}}, "invalid_request"},
                                                  {{{"prompt", "none"}}, "interaction_required"}};
  for (const auto& [changes, error] : cases) {
    const HttpResponse answer = open(changes);
    EXPECT_EQ(answer.status, 303);
    EXPECT_EQ(brought(answer, "error"), error) << changes.front().first;
    EXPECT_EQ(brought(answer, "state"), "s&1");
  }
}

TEST_F(ConsentTest, RefusesAParameterGivenTwice) {
  const HttpResponse page =
      get("/o/oauth2/auth?" + form_of(parameters()) + "&redirect_uri=https%3A%2F%2Fevil.test");
  EXPECT_EQ(page.status, 400);
  EXPECT_EQ(find_header(page.headers, "Location"), "");
}

TEST_F(ConsentTest, TakesNoDecisionThatDidNotComeFromItsOwnPage) {
  const HttpResponse page = open();
  const std::string form =
      form_of({{"request", hidden(page, "request")}, {"seal", hidden(page, "seal")}, {"decision", "allow"}});
  EXPECT_EQ(send("POST", "/o/oauth2/auth", form).status, 400) << "no cookie";
  EXPECT_EQ(send("POST", "/o/oauth2/auth", form, {{"Cookie", "mg_consent=guess"}}).status, 400)
      << "another cookie";
  EXPECT_EQ(decide(page, "allow", {}, {{"Origin", "https://evil.test"}}).status, 400);
  EXPECT_EQ(decide(page, "allow", {}, {{"Origin", "null"}}).status, 400);
  EXPECT_EQ(decide(page, "allow", {}, {{"Origin", "http://gate.test:8889"}}).status, 303);
  const std::string changed = form_of(
      {{"request", hidden(page, "request") + "&x=1"}, {"seal", hidden(page, "seal")}, {"decision", "allow"}});
  EXPECT_EQ(send("POST", "/o/oauth2/auth", changed, {{"Cookie", cookie(page)}}).status, 400)
      << "another request";
}

TEST_F(ConsentTest, NeedsTheAdminTokenForAClientOfTheStore) {
  const auto [id, secret] = make_client();
  const Fields changes = {{"client_id", id}, {"redirect_uri", "https://app.test/cb"}};
  EXPECT_EQ(decide(open(changes), "allow").status, 403);
  const HttpResponse again = decide(open(changes), "allow", {{"admin_token", "wrong"}});
  EXPECT_EQ(again.status, 403);
  EXPECT_NE(again.body.find("The admin token is wrong."), std::string::npos);
  EXPECT_EQ(decide(open(changes), "deny").status, 303);
  const HttpResponse answer = decide(again, "allow", {{"admin_token", admin_token}});
  EXPECT_EQ(answer.status, 303);
  EXPECT_TRUE(find_header(answer.headers, "Location").starts_with("https://app.test/cb?"));
}

TEST_F(ConsentTest, NeedsTheAdminTokenToActAsAnAccount) {
  const IssuedAccount account = make_account();
  EXPECT_EQ(decide(open(), "allow", {{"account", account.email}}).status, 403);
  const std::string token = admin_token;
  EXPECT_EQ(decide(open(), "allow", {{"account", account.email}, {"admin_token", token}}).status, 303);
  EXPECT_EQ(decide(open(), "allow", {{"account", "nobody@x"}, {"admin_token", token}}).status, 403);
}

TEST_F(ConsentTest, NeedsAChallengeFromAClientWithoutASecret) {
  const auto [id, secret] = make_client(R"(,"public":true)");
  const Fields changes = {{"client_id", id}, {"redirect_uri", "https://app.test/cb"}};
  Fields bare = changes;
  bare.insert(bare.end(), {{"code_challenge", ""}, {"code_challenge_method", ""}});
  EXPECT_EQ(brought(open(bare), "error"), "invalid_request");
  const std::string one = code(changes, {{"admin_token", admin_token}});
  EXPECT_EQ(exchange(one, {{"client_id", id}, {"client_secret", ""}, {"redirect_uri", "https://app.test/cb"}})
                .status,
            200);
}

}  // namespace
}  // namespace moongate
