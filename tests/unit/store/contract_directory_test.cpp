#include "unit/store/store_contract.h"

namespace moongate {
namespace {

// --- users

TEST_P(StoreContract, KeepsAUserWithAllItsFields) {
  UserRecord user = user_record("ada");
  user.role = "admin";
  user.enabled = false;
  EXPECT_TRUE(store->insert_user(user).value());
  EXPECT_EQ(store->find_user("u-ada").value(), user);
  EXPECT_EQ(store->find_user_by_name("ada").value(), user);
  EXPECT_EQ(store->find_user_by_email("ada@example.com").value(), user);
  EXPECT_FALSE(store->find_user("ada").value());
  EXPECT_FALSE(store->find_user_by_name("Ada").value());
  EXPECT_FALSE(store->find_user_by_name("ada ").value());
}

TEST_P(StoreContract, RefusesASecondUserWithTheSameIdNameOrEmail) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  for (int taken = 0; taken < 3; ++taken) {
    UserRecord other = user_record("bob");
    if (taken == 0) other.id = "u-ada";
    if (taken == 1) other.name = "ada";
    if (taken == 2) other.email = "ada@example.com";
    EXPECT_FALSE(store->insert_user(other).value()) << taken;
  }
  EXPECT_TRUE(store->insert_user(user_record("ADA")).value());
  EXPECT_EQ(store->list_users()->size(), 2U);
}

TEST_P(StoreContract, LetsAnyNumberOfUsersHaveNoEmail) {
  for (const char* name : {"ada", "bob"}) {
    UserRecord user = user_record(name);
    user.email.clear();
    ASSERT_TRUE(store->insert_user(user).value());
    EXPECT_EQ(store->find_user(user.id).value(), user);
    EXPECT_TRUE(store->update_user(user).value());
  }
  EXPECT_FALSE(store->find_user_by_email("").value());
}

TEST_P(StoreContract, ListsUsersByName) {
  for (const char* name : {"bob", "ada", "Zoe", "élise"})
    ASSERT_TRUE(store->insert_user(user_record(name)).value());
  std::vector<std::string> names;
  const auto listed = store->list_users().value();
  for (const UserRecord& user : listed) names.push_back(user.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Zoe", "ada", "bob", "élise"}));
}

TEST_P(StoreContract, ChangesEveryFieldOfAUserButItsIdAndBirth) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  UserRecord changed = user_record("countess");
  changed.id = "u-ada";
  changed.role = "admin";
  changed.enabled = false;
  changed.password_hash.clear();
  changed.terms.clear();
  changed.created_at_s = 5;
  ASSERT_TRUE(store->update_user(changed).value());
  changed.created_at_s = 1000;
  EXPECT_EQ(store->find_user("u-ada").value(), changed);
  EXPECT_FALSE(store->update_user(user_record("nobody")).value());
}

TEST_P(StoreContract, RefusesToGiveAUserTheNameOrEmailOfAnother) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ASSERT_TRUE(store->insert_user(user_record("bob")).value());
  UserRecord same_name = user_record("bob"), same_email = user_record("bob");
  same_name.name = "ada";
  same_email.email = "ada@example.com";
  EXPECT_EQ(store->update_user(same_name).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store->update_user(same_email).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store->find_user("u-bob").value(), user_record("bob"));
}

// --- clients

TEST_P(StoreContract, KeepsAClientWithAllItsFields) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ClientRecord client = caller_record("builder", "u-ada");
  client.enabled = false;
  EXPECT_TRUE(store->insert_client(client).value());
  EXPECT_EQ(store->find_client("c-builder").value(), client);
  EXPECT_EQ(store->find_client_by_name("builder").value(), client);
  EXPECT_FALSE(store->find_client_by_name("Builder").value());
  const ClientRecord unpaid = caller_record("unpaid", "");
  EXPECT_TRUE(store->insert_client(unpaid).value());
  EXPECT_EQ(store->list_clients().value(), (std::vector<ClientRecord>{client, unpaid}));
}

TEST_P(StoreContract, RefusesAClientOfAUserThatIsNotThere) {
  EXPECT_EQ(store->insert_client(caller_record("builder", "u-ada")).error().kind, ErrorKind::kInvalid);
  ASSERT_TRUE(store->insert_client(caller_record("builder", "")).value());
  EXPECT_EQ(store->update_client(caller_record("builder", "u-ada")).error().kind, ErrorKind::kInvalid);
}

TEST_P(StoreContract, ChangesAClientAndRefusesTheNameOfAnother) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_client(caller_record("two", "")).value());
  EXPECT_FALSE(store->insert_client(caller_record("one", "")).value());
  ClientRecord changed = caller_record("one", "u-ada");
  changed.enabled = false;
  changed.terms = "";
  ASSERT_TRUE(store->update_client(changed).value());
  EXPECT_EQ(store->find_client("c-one").value(), changed);
  changed.name = "two";
  EXPECT_EQ(store->update_client(changed).error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(store->update_client(caller_record("three", "")).value());
}

TEST_P(StoreContract, ErasesAClientWithItsKeys) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_client(caller_record("two", "")).value());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  ASSERT_TRUE(store->insert_key(key_record("b", "c-two")).value());
  EXPECT_TRUE(store->erase_client("c-one").value());
  EXPECT_FALSE(store->erase_client("c-one").value());
  EXPECT_EQ(store->list_keys("").value(), (std::vector<ApiKeyRecord>{key_record("b", "c-two")}));
}

// --- keys

TEST_P(StoreContract, KeepsAKeyWithAllItsFields) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ApiKeyRecord key = key_record("a", "c-one");
  key.enabled = false;
  key.last_used_at_s = 1500;
  EXPECT_TRUE(store->insert_key(key).value());
  EXPECT_EQ(store->find_key("k-a").value(), key);
  EXPECT_FALSE(store->find_key("a").value());
}

TEST_P(StoreContract, RefusesAKeyWhoseIdOrDigestIsTakenOrWhoseClientIsNotThere) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  ApiKeyRecord same_id = key_record("b", "c-one"), same_digest = key_record("b", "c-one");
  same_id.id = "k-a";
  same_digest.sha256 = "sha256-of-a";
  EXPECT_FALSE(store->insert_key(same_id).value());
  EXPECT_FALSE(store->insert_key(same_digest).value());
  EXPECT_EQ(store->insert_key(key_record("b", "c-none")).error().kind, ErrorKind::kInvalid);
}

TEST_P(StoreContract, ListsKeysOfAClientFromTheOldest) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_client(caller_record("two", "")).value());
  ApiKeyRecord young = key_record("a", "c-one"), old = key_record("b", "c-one"),
               other = key_record("c", "c-two");
  young.created_at_s = 3000;
  other.created_at_s = 2000;
  for (const ApiKeyRecord& key : {young, old, other}) ASSERT_TRUE(store->insert_key(key).value());
  EXPECT_EQ(store->list_keys("c-one").value(), (std::vector<ApiKeyRecord>{old, young}));
  EXPECT_EQ(store->list_keys("").value(), (std::vector<ApiKeyRecord>{old, other, young}));
}

TEST_P(StoreContract, FollowsAKeyToItsClientAndUser) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ASSERT_TRUE(store->insert_client(caller_record("one", "u-ada")).value());
  ASSERT_TRUE(store->insert_client(caller_record("unpaid", "")).value());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  ASSERT_TRUE(store->insert_key(key_record("b", "c-unpaid")).value());
  const std::optional<KeyHolder> paid = store->find_holder("sha256-of-a").value();
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->key, key_record("a", "c-one"));
  EXPECT_EQ(paid->client, caller_record("one", "u-ada"));
  EXPECT_EQ(paid->user, user_record("ada"));
  const std::optional<KeyHolder> unpaid = store->find_holder("sha256-of-b").value();
  ASSERT_TRUE(unpaid);
  EXPECT_EQ(unpaid->client, caller_record("unpaid", ""));
  EXPECT_EQ(unpaid->user, UserRecord());
  EXPECT_FALSE(store->find_holder("sha256-of-c").value());
  EXPECT_FALSE(store->find_holder("SHA256-OF-A").value());
}

TEST_P(StoreContract, FollowsADisabledKeyOfADisabledUserAllTheSame) {
  UserRecord user = user_record("ada");
  user.enabled = false;
  ASSERT_TRUE(store->insert_user(user).value());
  ASSERT_TRUE(store->insert_client(caller_record("one", "u-ada")).value());
  ApiKeyRecord key = key_record("a", "c-one");
  key.enabled = false;
  ASSERT_TRUE(store->insert_key(key).value());
  const std::optional<KeyHolder> holder = store->find_holder("sha256-of-a").value();
  ASSERT_TRUE(holder);
  EXPECT_FALSE(holder->key.enabled);
  EXPECT_FALSE(holder->user.enabled);
}

TEST_P(StoreContract, TellsWhatStandsForAClientThatHasNoKey) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ASSERT_TRUE(store->insert_client(caller_record("map-client", "u-ada")).value());
  const std::optional<KeyHolder> holder = store->find_holder_by_client("map-client").value();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->key, ApiKeyRecord());
  EXPECT_EQ(holder->client, caller_record("map-client", "u-ada"));
  EXPECT_EQ(holder->user, user_record("ada"));
  EXPECT_FALSE(store->find_holder_by_client("c-map-client").value());
}

TEST_P(StoreContract, ChangesAKeyButNotItsSecretNorItsAge) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_client(caller_record("two", "")).value());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  ApiKeyRecord wish = key_record("other", "c-two");
  wish.id = "k-a";
  wish.enabled = false;
  wish.terms = "";
  wish.expires_at_s = 0;
  wish.created_at_s = wish.last_used_at_s = 7;
  ASSERT_TRUE(store->update_key(wish).value());
  ApiKeyRecord expected = key_record("a", "c-two");
  expected.name = "other";
  expected.enabled = false;
  expected.terms = "";
  expected.expires_at_s = 0;
  EXPECT_EQ(store->find_key("k-a").value(), expected);
  wish.client_id = "c-none";
  EXPECT_EQ(store->update_key(wish).error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(store->update_key(key_record("b", "c-one")).value());
}

TEST_P(StoreContract, GivesAKeyANewSecret) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  ASSERT_TRUE(store->insert_key(key_record("b", "c-one")).value());
  EXPECT_TRUE(store->replace_key_secret("k-a", "new", "mg-new").value());
  EXPECT_FALSE(store->find_holder("sha256-of-a").value());
  EXPECT_EQ(store->find_holder("new").value()->key.prefix, "mg-new");
  EXPECT_EQ(store->replace_key_secret("k-a", "sha256-of-b", "mg-b").error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(store->replace_key_secret("k-none", "x", "y").value());
  EXPECT_TRUE(store->erase_key("k-a").value());
  EXPECT_FALSE(store->erase_key("k-a").value());
}

TEST_P(StoreContract, RemembersWhenAKeyWasLastUsedAndNeverGoesBack) {
  ASSERT_TRUE(store->insert_client(caller_record("one", "")).value());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  const std::int64_t before = store->directory_generation().value();
  ASSERT_TRUE(store->touch_keys({{"k-a", 2000}, {"k-none", 2000}}).ok());
  ASSERT_TRUE(store->touch_keys({{"k-a", 1500}}).ok());
  ASSERT_TRUE(store->touch_keys({}).ok());
  EXPECT_EQ(store->find_key("k-a").value()->last_used_at_s, 2000);
  EXPECT_EQ(store->directory_generation().value(), before);
}

// --- upstream accounts

TEST_P(StoreContract, KeepsChangesAndErasesAnUpstreamAccount) {
  UpstreamAccountRecord account{"main", "c2VhbGVk", "…wxyz", R"(["claude-*"])", 3, true, "", 1000};
  EXPECT_TRUE(store->insert_upstream_account(account).value());
  EXPECT_FALSE(store->insert_upstream_account(account).value());
  EXPECT_EQ(store->find_upstream_account("main").value(), account);
  account = {"main", "b3RoZXI=", "robot@x", "[]", 1, false, "low credit", 1000};
  EXPECT_TRUE(store->update_upstream_account(account).value());
  EXPECT_EQ(store->list_upstream_accounts().value(), (std::vector<UpstreamAccountRecord>{account}));
  account.name = "none";
  EXPECT_FALSE(store->update_upstream_account(account).value());
  EXPECT_TRUE(store->erase_upstream_account("main").value());
  EXPECT_FALSE(store->erase_upstream_account("main").value());
  EXPECT_FALSE(store->find_upstream_account("main").value());
}

// --- generation

TEST_P(StoreContract, RaisesTheGenerationWithEveryChangeOfTheDirectoryAndWithNothingElse) {
  std::int64_t last = store->directory_generation().value();
  const auto raised = [&] {
    const std::int64_t before = last;
    last = store->directory_generation().value();
    return last > before;
  };
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  EXPECT_TRUE(raised());
  ASSERT_FALSE(store->insert_user(user_record("ada")).value());
  EXPECT_FALSE(raised());
  ASSERT_TRUE(store->insert_client(caller_record("one", "u-ada")).value());
  EXPECT_TRUE(raised());
  ASSERT_FALSE(store->insert_client(caller_record("two", "u-none")).ok());
  EXPECT_FALSE(raised());
  ASSERT_TRUE(store->insert_key(key_record("a", "c-one")).value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->update_key(key_record("a", "c-one")).value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->insert_upstream_account({"main", "", "", "", 1, true, "", 1}).value());
  EXPECT_TRUE(raised());
  ASSERT_FALSE(store->erase_key("k-none").value());
  EXPECT_FALSE(raised());
  ASSERT_TRUE(store->append_ledger({ledger_record("1")}).ok());
  EXPECT_FALSE(raised());
}

}  // namespace
}  // namespace moongate
