#include <atomic>
#include <thread>
#include <vector>

#include "unit/store/store_contract.h"

namespace moongate {
namespace {

TEST_P(StoreContract, KeepsAVirtualAccountWithAllItsFields) {
  VirtualAccountRecord record = account_record("1");
  record.enabled = false;
  record.metadata_default = true;
  record.external_secret_sha256 = std::string(64, 'e');
  EXPECT_TRUE(store->insert_virtual_account(record).value());
  EXPECT_EQ(store->find_virtual_account("1").value(), record);
  EXPECT_FALSE(store->find_virtual_account("2").value());
  EXPECT_FALSE(store->find_virtual_account("").value());
}

TEST_P(StoreContract, RefusesASecondAccountWithTheSameIdEmailOrKey) {
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  EXPECT_FALSE(store->insert_virtual_account(account_record("1")).value());
  VirtualAccountRecord same_email = account_record("2");
  same_email.email = account_record("1").email;
  EXPECT_FALSE(store->insert_virtual_account(same_email).value());
  VirtualAccountRecord same_key = account_record("3");
  same_key.key_id = account_record("1").key_id;
  same_key.metadata_default = true;
  EXPECT_FALSE(store->insert_virtual_account(same_key).value());
  EXPECT_EQ(store->list_virtual_accounts()->size(), 1U);
}

TEST_P(StoreContract, ListsVirtualAccountsFromTheOldest) {
  VirtualAccountRecord young = account_record("1"), old = account_record("2");
  young.created_at_s = 2000;
  old.providers.clear();
  old.models.clear();
  ASSERT_TRUE(store->insert_virtual_account(young).value());
  ASSERT_TRUE(store->insert_virtual_account(old).value());
  EXPECT_EQ(store->list_virtual_accounts().value(), (std::vector<VirtualAccountRecord>{old, young}));
}

TEST_P(StoreContract, GivesTheMetadataMarkToTheNewestAccountThatAsksForIt) {
  VirtualAccountRecord first = account_record("1"), second = account_record("2");
  first.metadata_default = second.metadata_default = true;
  ASSERT_TRUE(store->insert_virtual_account(first).value());
  ASSERT_TRUE(store->insert_virtual_account(second).value());
  ASSERT_TRUE(store->insert_virtual_account(account_record("3")).value());
  EXPECT_FALSE(store->find_virtual_account("1").value()->metadata_default);
  EXPECT_TRUE(store->find_virtual_account("2").value()->metadata_default);
}

TEST_P(StoreContract, KeepsTheMetadataMarkWhereItIsWhenTheNewAccountIsRefused) {
  VirtualAccountRecord first = account_record("1");
  first.metadata_default = true;
  ASSERT_TRUE(store->insert_virtual_account(first).value());
  EXPECT_FALSE(store->insert_virtual_account(first).value());
  EXPECT_TRUE(store->find_virtual_account("1").value()->metadata_default);
}

TEST_P(StoreContract, MovesTheMetadataMarkAndTakesItAway) {
  for (const char* id : {"1", "2"}) ASSERT_TRUE(store->insert_virtual_account(account_record(id)).value());
  EXPECT_TRUE(store->set_virtual_account_metadata_default("1", true).value());
  EXPECT_TRUE(store->set_virtual_account_metadata_default("2", true).value());
  EXPECT_FALSE(store->find_virtual_account("1").value()->metadata_default);
  EXPECT_FALSE(store->set_virtual_account_metadata_default("3", true).value());
  EXPECT_TRUE(store->find_virtual_account("2").value()->metadata_default) << "nobody else took it";
  EXPECT_TRUE(store->set_virtual_account_metadata_default("1", false).value());
  EXPECT_TRUE(store->find_virtual_account("2").value()->metadata_default);
  EXPECT_TRUE(store->set_virtual_account_metadata_default("2", false).value());
  EXPECT_FALSE(store->find_virtual_account("2").value()->metadata_default);
}

TEST_P(StoreContract, ChangesAndErasesAVirtualAccount) {
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  EXPECT_TRUE(store->set_virtual_account_enabled("1", false).value());
  EXPECT_TRUE(store->set_virtual_account_enabled("1", false).value()) << "already so, but there";
  EXPECT_FALSE(store->find_virtual_account("1").value()->enabled);
  EXPECT_TRUE(store->set_virtual_account_external_secret("1", "abc").value());
  EXPECT_EQ(store->find_virtual_account("1").value()->external_secret_sha256, "abc");
  EXPECT_TRUE(store->erase_virtual_account("1").value());
  EXPECT_FALSE(store->erase_virtual_account("1").value());
  EXPECT_FALSE(store->set_virtual_account_enabled("1", true).value());
  EXPECT_FALSE(store->set_virtual_account_external_secret("1", "abc").value());
  EXPECT_TRUE(store->insert_virtual_account(account_record("1")).value())
      << "nothing of it is left in the way";
}

TEST_P(StoreContract, ErasesTheRefreshTokensOfAnErasedAccountOnly) {
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  RefreshTokenRecord of_other = refresh_record("b", "g");
  of_other.account_id = "2";
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  ASSERT_TRUE(store->insert_refresh_token(of_other).value());
  ASSERT_TRUE(store->erase_virtual_account("1").value());
  EXPECT_FALSE(store->find_refresh_token("a").value());
  EXPECT_TRUE(store->find_refresh_token("b").value());
}

TEST_P(StoreContract, KeepsListsChangesAndErasesOAuthClients) {
  OAuthClientRecord record = client_record("one");
  record.rotate_refresh_tokens = true;
  OAuthClientRecord bare = client_record("two");
  bare.secret_sha256.clear();
  bare.redirect_uris.clear();
  bare.created_at_s = 1;
  EXPECT_TRUE(store->insert_oauth_client(record).value());
  EXPECT_FALSE(store->insert_oauth_client(record).value());
  EXPECT_TRUE(store->insert_oauth_client(bare).value());
  EXPECT_EQ(store->find_oauth_client("one").value(), record);
  EXPECT_FALSE(store->find_oauth_client("ONE").value());
  EXPECT_EQ(store->list_oauth_clients().value(), (std::vector<OAuthClientRecord>{bare, record}));
  EXPECT_TRUE(store->set_oauth_client_enabled("one", false).value());
  EXPECT_FALSE(store->find_oauth_client("one").value()->enabled);
  EXPECT_TRUE(store->erase_oauth_client("one").value());
  EXPECT_FALSE(store->erase_oauth_client("one").value());
  EXPECT_FALSE(store->set_oauth_client_enabled("one", true).value());
  EXPECT_TRUE(store->insert_oauth_client(record).value());
}

TEST_P(StoreContract, ErasesTheRefreshTokensOfAnErasedClient) {
  ASSERT_TRUE(store->insert_oauth_client(client_record("client")).value());
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  ASSERT_TRUE(store->erase_oauth_client("client").value());
  EXPECT_FALSE(store->find_refresh_token("a").value());
}

TEST_P(StoreContract, KeepsARefreshTokenOfAClientWithoutARow) {
  EXPECT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  EXPECT_FALSE(store->insert_refresh_token(refresh_record("a", "f")).value());
  EXPECT_EQ(store->find_refresh_token("a").value(), refresh_record("a", "f"));
  EXPECT_FALSE(store->find_refresh_token("b").value());
}

TEST_P(StoreContract, RotatesARefreshTokenOnce) {
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  EXPECT_TRUE(store->rotate_refresh_token("a", refresh_record("b", "f")).value());
  EXPECT_EQ(store->find_refresh_token("a").value()->state, RefreshTokenState::kUsed);
  EXPECT_EQ(store->find_refresh_token("b").value()->state, RefreshTokenState::kActive);
  EXPECT_FALSE(store->rotate_refresh_token("a", refresh_record("c", "f")).value());
  EXPECT_FALSE(store->rotate_refresh_token("nobody", refresh_record("c", "f")).value());
  EXPECT_FALSE(store->find_refresh_token("c").value());
}

TEST_P(StoreContract, LeavesATokenActiveWhenItsSuccessorCannotBeKept) {
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  EXPECT_FALSE(store->rotate_refresh_token("a", refresh_record("a", "f")).value());
  EXPECT_EQ(store->find_refresh_token("a").value()->state, RefreshTokenState::kActive);
}

TEST_P(StoreContract, LetsOneOfManyRotateAToken) {
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  std::atomic<int> winners = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      winners +=
          store->rotate_refresh_token("a", refresh_record("next" + std::to_string(i), "f")).value() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
}

TEST_P(StoreContract, RevokesAWholeFamilyAndNoOther) {
  for (const char* name : {"a", "b"})
    ASSERT_TRUE(store->insert_refresh_token(refresh_record(name, "f")).value());
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("c", "g")).value());
  EXPECT_EQ(store->revoke_refresh_family("f").value(), 2);
  EXPECT_EQ(store->revoke_refresh_family("f").value(), 0);
  EXPECT_EQ(store->find_refresh_token("a").value()->state, RefreshTokenState::kRevoked);
  EXPECT_EQ(store->find_refresh_token("c").value()->state, RefreshTokenState::kActive);
  EXPECT_FALSE(store->rotate_refresh_token("a", refresh_record("d", "f")).value());
}

TEST_P(StoreContract, ListsSigningKeysFromTheNewest) {
  const SigningKeyRecord old{"k1", "sealed", "certificate", 1000}, young{"k2", "sealed", "certificate", 2000};
  EXPECT_TRUE(store->insert_signing_key(old).value());
  EXPECT_TRUE(store->insert_signing_key(young).value());
  EXPECT_FALSE(store->insert_signing_key(old).value());
  EXPECT_EQ(store->list_signing_keys().value(), (std::vector<SigningKeyRecord>{young, old}));
  EXPECT_TRUE(store->erase_signing_key("k1").value());
  EXPECT_FALSE(store->erase_signing_key("k1").value());
}

TEST_P(StoreContract, RemembersARevocationUntilItsTokenHasExpired) {
  ASSERT_TRUE(store->revoke_token({"jti", 2000}).ok());
  ASSERT_TRUE(store->revoke_token({"jti", 1500}).ok());
  EXPECT_EQ(store->list_revoked_tokens(1999).value(), (std::vector<RevokedTokenRecord>{{"jti", 2000}}));
  ASSERT_TRUE(store->revoke_token({"jti", 3000}).ok());
  EXPECT_EQ(store->list_revoked_tokens(1999).value(), (std::vector<RevokedTokenRecord>{{"jti", 3000}}));
  EXPECT_TRUE(store->list_revoked_tokens(3000)->empty());
}

TEST_P(StoreContract, ForgetsWhatHasExpired) {
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("a", "f")).value());
  ASSERT_TRUE(store->revoke_token({"jti", 2000}).ok());
  ASSERT_TRUE(store->erase_expired(1999).ok());
  EXPECT_TRUE(store->find_refresh_token("a").value());
  EXPECT_EQ(store->list_revoked_tokens(0)->size(), 1U);
  ASSERT_TRUE(store->erase_expired(2000).ok());
  EXPECT_FALSE(store->find_refresh_token("a").value());
  EXPECT_TRUE(store->list_revoked_tokens(0)->empty());
}

TEST_P(StoreContract, KeepsOneAdminTokenDigest) {
  EXPECT_FALSE(store->admin_token_sha256().value());
  ASSERT_TRUE(store->set_admin_token_sha256("one").ok());
  ASSERT_TRUE(store->set_admin_token_sha256("two").ok());
  EXPECT_EQ(store->admin_token_sha256().value(), "two");
}

TEST_P(StoreContract, TakesHostileTextForText) {
  OAuthClientRecord record = client_record("x'); DROP TABLE oauth_clients; --");
  record.name = std::string("nul\0inside", 10);
  ASSERT_TRUE(store->insert_oauth_client(record).value());
  EXPECT_EQ(store->find_oauth_client(record.id).value(), record);
  EXPECT_EQ(store->list_oauth_clients()->size(), 1U);
}

}  // namespace
}  // namespace moongate
