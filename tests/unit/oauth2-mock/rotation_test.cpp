#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

struct KeyRotation : OAuthTest {
  const IssuedAccount first = make_account();
  HttpResponse rotate(const std::string& query = "") {
    return admin("POST", std::string(kAccountsPath) + "/" + first.id + "/rotate" + query);
  }
  // As Google's libraries send it in place of an access token.
  std::string self_signed(const IssuedAccount& account) const { return assertion(account, {{"aud", "https://aiplatform.googleapis.com/"}}); }
  int status_of(const IssuedAccount& account) { return assert_grant(assertion(account)).status; }
  std::string listed() { return boost::json::serialize(json_of(admin("GET", std::string(kAccountsPath) + "/" + first.id))); }
};

TEST_F(KeyRotation, GivesANewFileAndEndsTheOldKey) {
  const HttpResponse answer = rotate();
  ASSERT_EQ(answer.status, 200) << answer.body;
  const IssuedAccount second(json_of(answer));
  EXPECT_EQ(second.email, first.email);
  EXPECT_EQ(second.id, first.id);
  EXPECT_NE(second.key_id, first.key_id);
  EXPECT_EQ(status_of(second), 200);
  EXPECT_EQ(status_of(first), 400);
  EXPECT_FALSE(service->verifier().verify(self_signed(first), now()).ok());
  EXPECT_TRUE(service->verifier().verify(self_signed(second), now()).ok());
  EXPECT_EQ(listed().find("PRIVATE"), std::string::npos);
  const AuditRecord noted = store.list_audit(1)->front();
  EXPECT_EQ(noted.actor + " " + noted.action + " " + noted.subject, "admin virtual-account.rotate " + first.id);
}

TEST_F(KeyRotation, LetsTheOldKeyLiveAWhile) {
  const IssuedAccount second(json_of(rotate("?grace_s=600")));
  EXPECT_EQ(status_of(first), 200);
  EXPECT_EQ(status_of(second), 200);
  EXPECT_NE(listed().find(first.key_id), std::string::npos);
  EXPECT_NE(json_of(get("/robot/v1/metadata/x509/" + first.email)).if_contains(first.key_id), nullptr);
  const auto verified = service->verifier().verify(self_signed(first), now());
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->expires_at_s, now() + 600) << "nobody may keep it longer";
  clock.advance_ms(600'000);
  EXPECT_EQ(status_of(first), 400) << "without anybody having read the store again";
  EXPECT_FALSE(service->verifier().verify(self_signed(first), now()).ok());
  EXPECT_EQ(status_of(second), 200);
}

TEST_F(KeyRotation, TakesOnlyASensibleGrace) {
  for (const char* query : {"?grace_s=-1", "?grace_s=x", "?grace_s=99999999", "?other=1", "?grace_s="}) {
    EXPECT_EQ(rotate(query).status, 400) << query;
  }
  EXPECT_EQ(status_of(first), 200);
  EXPECT_EQ(admin("POST", std::string(kAccountsPath) + "/118/rotate").status, 404);
  EXPECT_EQ(send("POST", std::string(kAccountsPath) + "/" + first.id + "/rotate").status, 401);
}

}  // namespace
}  // namespace moongate
