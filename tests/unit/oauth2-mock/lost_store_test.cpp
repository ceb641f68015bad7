#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

// A store that can be lost while the service runs.
class LosableStore final : public MemoryStore {
 public:
  bool lost = false;

  Result<std::optional<OAuthClientRecord>> find_oauth_client(std::string_view id) override {
    if (lost) return gone();
    return MemoryStore::find_oauth_client(id);
  }
  Result<bool> insert_virtual_account(const VirtualAccountRecord& record) override {
    if (lost) return gone();
    return MemoryStore::insert_virtual_account(record);
  }
  Result<std::vector<VirtualAccountRecord>> list_virtual_accounts() override {
    if (lost) return gone();
    return MemoryStore::list_virtual_accounts();
  }
  Status revoke_token(const RevokedTokenRecord& record) override {
    if (lost) return gone();
    return MemoryStore::revoke_token(record);
  }
  Result<std::optional<std::string>> admin_token_sha256() override {
    if (lost) return gone();
    return MemoryStore::admin_token_sha256();
  }

 private:
  static Error gone() { return Error(ErrorKind::kUnavailable, "the disk at /secret/place is full"); }
};

struct LostStore : OAuthTest {
  LosableStore losable;
  OAuthService over{losable, clock, random, log, settings, master_key, {}};

  void SetUp() override {
    const std::vector<SigningKeyRecord> records = store.list_signing_keys().value();
    for (const SigningKeyRecord& record : records) {
      ASSERT_TRUE(losable.insert_signing_key(record).value());
    }
    ASSERT_TRUE(losable.set_admin_token_sha256(sha256_hex(admin_token)).ok());
    ASSERT_TRUE(over.start().ok());
  }
  HttpResponse post(const std::string& path, const std::string& body, const HeaderList& headers = {}) {
    HttpRequest made = request("POST", path, body);
    made.headers.insert(made.headers.end(), headers.begin(), headers.end());
    return over.handle(made);
  }
};

constexpr char kDemoForm[] = "grant_type=client_credentials&client_id=test&client_secret=test";

TEST_F(LostStore, IsAFailureThatGooglesLibrariesRetryAndTellsNothingOfItsReason) {
  losable.lost = true;
  const HttpResponse response = post("/token", kDemoForm);
  EXPECT_SAYS(response, "503 internal_failure");
  EXPECT_EQ(response.body.find("/secret/place"), std::string::npos);
  EXPECT_NE(sink.text().find("/secret/place"), std::string::npos) << "the log does tell";
  losable.lost = false;
  EXPECT_EQ(post("/token", kDemoForm).status, 200);
}

TEST_F(LostStore, LetsNobodyAdministrate) {
  losable.lost = true;
  EXPECT_EQ(post(kAccountsPath, R"({"name":"a"})", {{"Authorization", "Bearer " + admin_token}}).status, 503);
}

TEST_F(LostStore, DoesNotClaimThatATokenWasRevoked) {
  const std::string bearer = text_of(json_of(post("/token", kDemoForm)), "access_token");
  losable.lost = true;
  EXPECT_SAYS(post("/revoke", "token=" + bearer), "503 internal_failure");
}

TEST_F(LostStore, LeavesTheLastSnapshotInUse) {
  const std::string bearer = text_of(json_of(post("/token", kDemoForm)), "access_token");
  losable.lost = true;
  EXPECT_FALSE(over.refresh().ok());
  EXPECT_TRUE(over.verifier().verify(bearer, now()).ok());
}

}  // namespace
}  // namespace moongate
