#include "unit/control/admin_fixture.h"
#include "unit/crypto/test_keys.h"

namespace moongate {
namespace {

constexpr char kSecret[] = "sk-canary-0123456789abcdefghij";

struct UpstreamAccounts : AdminTest {
  HttpResponse add(const std::string& credential, const std::string& more = "") {
    return post("upstream-accounts", R"({"name":"main","credential":)" + credential + more + "}");
  }
  static std::string anthropic(const std::string& more = "") {
    return std::string(R"({"type":"anthropic_api_key","api_key":")") + kSecret + "\"" + more + "}";
  }
  static std::string google(const std::string& token_uri) {
    const Json file{{"type", "service_account"},       {"project_id", "alias"},
                    {"private_key_id", "k1"},          {"private_key", RsaPrivateKey::generate()->pem().reveal()},
                    {"client_email", "a@alias.iam.gserviceaccount.com"}, {"token_uri", token_uri}};
    return boost::json::serialize(file);
  }
};

TEST_F(UpstreamAccounts, AreSealedAndShownByAHint) {
  const HttpResponse made = add(anthropic(), R"(,"models":[{"model":"claude-*"}],"weight":3)");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(at(made, "hint"), "***ghij");
  EXPECT_EQ(at(made, "weight"), "3");
  EXPECT_EQ(at(get("upstream-accounts"), "accounts.0.models.0.model"), "claude-*");
  const UpstreamAccountRecord kept = store.find_upstream_account("main").value().value();
  EXPECT_EQ(kept.sealed_credential.find(kSecret), std::string::npos);
  const auto box = SealedBox::derive(std::string(32, 'm'), kUpstreamCredentialPurpose);
  EXPECT_EQ(open_upstream_credential(box, "main", kept.sealed_credential)->reveal(), anthropic());
  EXPECT_FALSE(open_upstream_credential(box, "other", kept.sealed_credential));
  EXPECT_EQ(directory_changes, 1);
}

TEST_F(UpstreamAccounts, OfGoogleServeGeminiAndClaude) {
  const std::string file = google("https://oauth2.googleapis.com/token");
  const HttpResponse made = add(file);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(at(made, "hint"), "a@alias.iam.gserviceaccount.com");
  const auto accounts = read_stored_account("main", file, "", settings, {});
  ASSERT_TRUE(accounts.ok());
  ASSERT_EQ(accounts->size(), 2U);
  EXPECT_EQ((*accounts)[0]->provider, Provider::kVertex);
  EXPECT_EQ((*accounts)[1]->provider, Provider::kVertexClaude);
  EXPECT_NE((*accounts)[1]->rule_for("anything"), nullptr);
}

TEST_F(UpstreamAccounts, CannotSendATokenRequestWhereTheyLike) {
  for (const char* uri : {"http://169.254.169.254/token", "https://evil.test/token", "http://oauth2.googleapis.com/token",
                          "https://oauth2.googleapis.com.evil.test/token", "file:///etc/passwd", "https://oauth2.googleapis.com@evil.test/"}) {
    const HttpResponse answer = add(google(uri));
    EXPECT_EQ(answer.status, 400) << uri;
    EXPECT_SAYS(answer, "token_uri");
  }
}

TEST_F(UpstreamAccounts, CannotSendAKeyWhereTheyLike) {
  for (const char* url : {"http://api.evil.test", "https://169.254.169.254", "https://metadata.google.internal", "https://0.0.0.0",
                          "https://[::ffff:169.254.169.254]"}) {
    EXPECT_EQ(add(anthropic(std::string(R"(,"base_url":")") + url + "\"")).status, 400) << url;
    EXPECT_EQ(add(anthropic(), std::string(R"(,"models":[{"model":"x","domain":")") + url + "\"}]").status, 400) << url;
  }
  EXPECT_EQ(add(anthropic(R"(,"base_url":"http://127.0.0.1:9")")).status, 201);
}

TEST_F(UpstreamAccounts, ThatAreBrokenAreToldByPathAndNeverRepeated) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"type":"anthropic_api_key"})", "has no \"api_key\""},
      {R"({"type":"openai_key","api_key":"sk-canary-"})", "$.type"},
      {R"({"type":"anthropic_api_key","api_key":"sk-canary- with spaces"})", "$.api_key"},
      {R"({"type":"anthropic_api_key","api_key":"${MOONGATE_MASTER_KEY}"})", "${NAME} is for key files"},
      {R"({"type":"service_account","private_key":"sk-canary-","project_id":"a","client_email":"a@b"})", "$.private_key"},
      {R"("sk-canary-text")", "\"credential\" must be an object"},
  };
  for (const auto& [credential, part] : cases) {
    const HttpResponse answer = add(credential);
    EXPECT_EQ(answer.status, 400) << credential;
    EXPECT_SAYS(answer, part);
    EXPECT_EQ(answer.body.find("sk-canary-"), std::string::npos);
  }
  EXPECT_SAYS(post("upstream-accounts", R"({"name":"main"})"), "\"credential\" is missing");
  EXPECT_SAYS(add(anthropic(), R"(,"weight":0)"), "\"weight\" must be a whole number from 1 to 1000");
  EXPECT_SAYS(add(anthropic(), R"(,"models":[{"mdoel":"x"}])"), "model");
  EXPECT_SAYS(add(anthropic(), R"(,"models":{})"), "\"models\" must be a list");
  EXPECT_EQ(at(get("upstream-accounts"), "accounts"), "[]");
}

TEST_F(UpstreamAccounts, AreSwitchedChangedAndTakenOut) {
  add(anthropic());
  UpstreamAccountRecord record = store.find_upstream_account("main").value().value();
  record.enabled = false;
  record.disabled_reason = "the credential was refused";
  ASSERT_TRUE(store.update_upstream_account(record).value());
  EXPECT_EQ(at(get("upstream-accounts/main"), "disabled_reason"), "the credential was refused");
  EXPECT_EQ(at(patch("upstream-accounts/main", R"({"enabled":true})"), "disabled_reason"), "null");
  EXPECT_EQ(at(patch("upstream-accounts/main", R"({"models":[{"model":"claude-opus-*"}]})"), "models.0.model"), "claude-opus-*");
  EXPECT_SAYS(patch("upstream-accounts/main", R"({"models":[{"model":""}]})"), "model");
  const HttpResponse replaced = patch("upstream-accounts/main", R"({"credential":{"type":"anthropic_api_key","api_key":"sk-another-0123456789-last"}})");
  EXPECT_EQ(at(replaced, "hint"), "***last");
  EXPECT_SAYS(add(anthropic()), "409");
  EXPECT_EQ(erase("upstream-accounts/main").status, 204);
  EXPECT_EQ(erase("upstream-accounts/main").status, 404);
}

}  // namespace
}  // namespace moongate
