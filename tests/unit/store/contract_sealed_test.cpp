#include "base/money.h"
#include "crypto/base64.h"
#include "store/rekey.h"
#include "store/schema_admin.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

const SealedBox kOld = SealedBox::derive("old master key", "purpose"),
                kNew = SealedBox::derive("new one", "purpose");

struct Sealing {
  SystemRandom random;
  std::string seal(const SealedBox& box, const std::string& plain, const std::string& context) {
    return base64_encode(box.seal(plain, context, random));
  }
  std::vector<RekeyPurpose> purposes() const {
    return {{SealedKind::kSigningKey, kOld, kNew, "signing key "},
            {SealedKind::kUpstreamCredential, kOld, kNew, "upstream "}};
  }
};

TEST_P(StoreContract, SealsEverySecretAnewAndASecondTimeNothing) {
  Sealing sealing;
  ASSERT_TRUE(
      store->insert_signing_key({"1", sealing.seal(kOld, "pem", "signing key 1"), "cert", 1}).value());
  ASSERT_TRUE(store
                  ->insert_upstream_account(
                      {"main", sealing.seal(kOld, "json", "upstream main"), "", "", 1, true, "", 1})
                  .value());
  EXPECT_EQ(rekey(*store, sealing.purposes(), sealing.random).value(), 2);
  EXPECT_EQ(rekey(*store, sealing.purposes(), sealing.random).value(), 0);
  const auto opened = [&](const std::string& sealed, const std::string& context) {
    return kNew.open(*base64_decode(sealed), context);
  };
  EXPECT_EQ(opened(store->list_signing_keys()->front().sealed_private_key, "signing key 1"), "pem");
  EXPECT_EQ(opened(store->find_upstream_account("main").value()->sealed_credential, "upstream main"), "json");
}

TEST_P(StoreContract, ChangesNoSecretWhenOneCannotBeOpened) {
  Sealing sealing;
  const SigningKeyRecord sound{"1", sealing.seal(kOld, "pem", "signing key 1"), "cert", 1};
  ASSERT_TRUE(store->insert_signing_key(sound).value());
  const SealedBox other = SealedBox::derive("a third", "purpose");
  ASSERT_TRUE(store
                  ->insert_upstream_account(
                      {"main", sealing.seal(other, "json", "upstream main"), "", "", 1, true, "", 1})
                  .value());
  const auto refused = rekey(*store, sealing.purposes(), sealing.random);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(refused.error().message.find("upstream account main"), std::string::npos);
  EXPECT_EQ(store->list_signing_keys()->front(), sound);
}

TEST_P(StoreContract, IsSeededOnceWithAUserABalanceAClientAndAKey) {
  SystemRandom random;
  EXPECT_TRUE(seed_store(*store, "digest", "mg-Ab3d", 1000, random).value());
  EXPECT_FALSE(seed_store(*store, "another", "mg-Cd5e", 1000, random).value());
  const auto holder = store->find_holder("digest").value();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->client.name, "demo");
  EXPECT_EQ(holder->user.name, "demo");
  EXPECT_EQ(store->balance(holder->user.id).value(), 50 * kNanosPerDollar);
  EXPECT_EQ(store->list_keys("")->size(), 1U);
}

}  // namespace
}  // namespace moongate
