#include "crypto/base64.h"
#include "store/rekey.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

constexpr std::int64_t kRoom = 1'000'000;

ConfigVersion version(const std::string& kind, const std::string& digest, std::int64_t bytes = 10) {
  ConfigVersion record;
  record.kind = kind;
  record.digest = digest;
  record.at_s = 1000;
  record.actor = "ada";
  record.note = "because of 'ünïcode'";
  record.bytes = bytes;
  record.sealed = "sealed-" + digest;
  return record;
}

std::string digests(Store& store, const std::string& kind) {
  std::string all;
  const auto listed = store.list_versions(kind).value();
  for (const ConfigVersion& each : listed) all += each.digest + " ";
  return all;
}

TEST_P(StoreContract, KeepsVersionsOfEachKindNewestFirst) {
  const auto first = store->append_version(version("map", "a"), 10, kRoom).value();
  const auto second = store->append_version(version("policy", "b"), 10, kRoom).value();
  const auto third = store->append_version(version("map", "c"), 10, kRoom).value();
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_EQ(digests(*store, "map"), "c a ");
  EXPECT_EQ(digests(*store, "policy"), "b ");
  EXPECT_EQ(store->list_versions("map")->front().sealed, "");
  ConfigVersion expected = version("map", "a");
  expected.id = first;
  EXPECT_EQ(store->find_version("map", first).value(), expected);
  EXPECT_FALSE(store->find_version("policy", first).value());
  EXPECT_FALSE(store->find_version("map", third + 1).value());
}

TEST_P(StoreContract, LetsTheOldestVersionsGo) {
  for (const char* digest : {"a", "b", "c"}) ASSERT_TRUE(store->append_version(version("map", digest), 2, kRoom).ok());
  ASSERT_TRUE(store->append_version(version("policy", "p"), 2, kRoom).ok());
  EXPECT_EQ(digests(*store, "map"), "c b ");
  ASSERT_TRUE(store->append_version(version("map", "d", 95), 9, 104).ok());
  EXPECT_EQ(digests(*store, "map"), "d ") << "95 and 10 bytes are more than 104";
  ASSERT_TRUE(store->append_version(version("map", "e", 500), 9, 100).ok());
  EXPECT_EQ(digests(*store, "map"), "e ") << "the newest stays, however large";
  EXPECT_EQ(digests(*store, "policy"), "p ");
}

TEST_P(StoreContract, SealsVersionsAnew) {
  const SealedBox old = SealedBox::derive("old", kConfigVersionPurpose), fresh = SealedBox::derive("new", kConfigVersionPurpose);
  SystemRandom random;
  ConfigVersion record = version("map", "a");
  record.sealed = base64_encode(old.seal("text", std::string(kConfigVersionContext) + "a", random));
  const auto first = store->append_version(record, 9, kRoom).value(), second = store->append_version(record, 9, kRoom).value();
  ASSERT_TRUE(rekey(*store, {{SealedKind::kConfigVersion, old, fresh, std::string(kConfigVersionContext)}}, random).ok());
  for (const std::int64_t id : {first, second}) {
    const std::string sealed = store->find_version("map", id).value()->sealed;
    EXPECT_EQ(fresh.open(*base64_decode(sealed), "version a"), "text");
  }
}

TEST_P(StoreContract, RotatesAVirtualAccountsKey) {
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  const auto before = store->directory_generation().value();
  const VirtualAccountKey second{"key-2", "public 2", "certificate 2", 0}, third{"key-3", "public 3", "certificate 3", 0};
  EXPECT_TRUE(store->rotate_virtual_account_key("1", second, 5000).value());
  EXPECT_GT(store->directory_generation().value(), before);
  VirtualAccountRecord record = store->find_virtual_account("1").value().value();
  EXPECT_EQ(record.key_id, "key-2");
  EXPECT_EQ(record.public_key_pem, "public 2");
  EXPECT_EQ(record.certificate_pem, "certificate 2");
  const VirtualAccountRecord made = account_record("1");
  const VirtualAccountKey first{made.key_id, made.public_key_pem, made.certificate_pem, 5000};
  EXPECT_EQ(record.old_keys, std::vector<VirtualAccountKey>{first});
  EXPECT_EQ(store->list_virtual_accounts()->front(), record);
  ASSERT_TRUE(store->erase_expired(4999).ok());
  EXPECT_EQ(store->find_virtual_account("1").value()->old_keys.size(), 1U);
  ASSERT_TRUE(store->erase_expired(5000).ok());
  EXPECT_TRUE(store->find_virtual_account("1").value()->old_keys.empty());

  EXPECT_TRUE(store->rotate_virtual_account_key("1", third, 6000).value());
  EXPECT_TRUE(store->rotate_virtual_account_key("1", {"key-4", "public 4", "certificate 4", 0}, 0).value());
  record = store->find_virtual_account("1").value().value();
  EXPECT_EQ(record.key_id, "key-4");
  EXPECT_TRUE(record.old_keys.empty()) << "a rotation at once ends the older keys, too";
  EXPECT_FALSE(store->rotate_virtual_account_key("2", third, 0).value());
}

TEST_P(StoreContract, TakesOldKeysWithAVirtualAccount) {
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  ASSERT_TRUE(store->rotate_virtual_account_key("1", {"key-2", "p", "c", 0}, 5000).value());
  ASSERT_TRUE(store->erase_virtual_account("1").value());
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  EXPECT_TRUE(store->find_virtual_account("1").value()->old_keys.empty());
}

}  // namespace
}  // namespace moongate
