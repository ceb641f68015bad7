#include "oauth2-mock/oauth_service.h"

#include <thread>

#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

struct Service : OAuthTest {};

TEST_F(Service, AnswersUnknownPathsWithJson404) {
  for (const char* path :
       {"/", "/nowhere", "/token/", "/Token", "//token", "/accounts.google.com", "/accounts.google.comtoken",
        "/evil.test/token", "/api/admin/service-accounts", "/oauth2/v1/certs/x", "/%74oken"}) {
    const HttpResponse response = get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_NE(response.body.find("NOT_FOUND"), std::string::npos);
    EXPECT_FALSE(service->serves(request("GET", path))) << path;
  }
  EXPECT_EQ(get("/nowhere?token=hunter2").body.find("hunter2"), std::string::npos);
}

TEST_F(Service, AnswersWrongMethodsWith405AndAllow) {
  const std::pair<const char*, const char*> cases[] = {{"/token", "POST"},
                                                       {"/oauth2/v1/certs", "GET"},
                                                       {"/tokeninfo", "GET, POST"},
                                                       {"/o/oauth2/auth", "GET, POST"},
                                                       {"/computeMetadata/v1/instance/", "GET"}};
  for (const auto& [path, allow] : cases) {
    const HttpResponse response = send("PUT", path);
    EXPECT_EQ(response.status, 405) << path;
    EXPECT_EQ(find_header(response.headers, "Allow"), allow) << path;
  }
  EXPECT_EQ(find_header(admin("PUT", std::string(kAccountsPath) + "/1").headers, "Allow"),
            "GET, PATCH, DELETE");
}

TEST_F(Service, AnswersHeadLikeGetWithoutABody) {
  const HttpResponse response = send("HEAD", "/oauth2/v1/certs");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST_F(Service, PublishesASnapshotAtStartAndAfterEachChange) {
  ASSERT_EQ(published.size(), 1U);
  const IssuedAccount account = make_account();
  ASSERT_EQ(published.size(), 2U);
  EXPECT_NE(published.back()->find_email(account.email), nullptr);
  EXPECT_EQ(published.front()->find_email(account.email), nullptr) << "the old one stays as it was";
  EXPECT_GT(published.back()->generation, published.front()->generation);
}

TEST_F(Service, TakesOverWhatAnotherProcessChanged) {
  OAuthService other(store, clock, random, log, settings, master_key, {});
  ASSERT_TRUE(other.start().ok());
  const IssuedAccount account = make_account();
  const std::string bearer = access_token(account);
  EXPECT_FALSE(other.verifier().verify(bearer, now()).ok());
  ASSERT_TRUE(other.refresh().ok());
  EXPECT_TRUE(other.verifier().verify(bearer, now()).ok());
}

TEST_F(Service, LeavesOutAnAccountWhoseKeyIsDamagedAndServesTheOthers) {
  const IssuedAccount account = make_account();
  VirtualAccountRecord broken;
  broken.id = "2";
  broken.email = "broken@alias";
  broken.key_id = "k2";
  broken.public_key_pem = "nonsense";
  ASSERT_TRUE(store.insert_virtual_account(broken).value());
  ASSERT_TRUE(service->refresh().ok());
  EXPECT_EQ(assert_grant(assertion(account)).status, 200);
  EXPECT_NE(sink.text().find("broken@alias"), std::string::npos);
}

TEST_F(Service, ServesSeveralThreadsAtOnce) {
  const IssuedAccount account = make_account();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const std::string bearer = access_token(account);
        EXPECT_TRUE(accepted(bearer));
        EXPECT_EQ(token({{"token", bearer}}, "/revoke").status, 200);
        EXPECT_FALSE(accepted(bearer));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace moongate
