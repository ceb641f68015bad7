// Sessions, nonces and invitations: what is given once is given once.
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

SessionRecord session_record(const std::string& id, const std::string& user_id = "u-ada") {
  SessionRecord record;
  record.id = id;
  record.user_id = user_id;
  record.credential_sha256 = std::string(64, 'c');
  record.address = "127.0.0.1";
  record.agent = "Brøwser";
  record.created_at_s = 1000;
  record.last_seen_at_s = 1000;
  record.expires_at_s = 5000;
  return record;
}

SessionTokenRecord token_record(const std::string& sha256, const std::string& session, std::int64_t at_s = 1000) {
  return {sha256, session, 0, at_s, at_s + 4000};
}

TEST_P(StoreContract, KeepsASessionWithItsFirstTokenOrNeither) {
  EXPECT_TRUE(store->insert_session(session_record("s-1"), token_record("t1", "s-1")).value());
  EXPECT_FALSE(store->insert_session(session_record("s-1"), token_record("t2", "s-1")).value());
  EXPECT_FALSE(store->insert_session(session_record("s-2"), token_record("t1", "s-2")).value());
  EXPECT_EQ(store->find_session("s-1").value(), session_record("s-1"));
  EXPECT_FALSE(store->find_session("s-2").value());
  EXPECT_FALSE(store->find_session_token("t2").value());
  EXPECT_EQ(store->find_session_token("t1").value(), token_record("t1", "s-1"));
}

TEST_P(StoreContract, RotatesASessionsTokenForOneCaller) {
  ASSERT_TRUE(store->insert_session(session_record("s-1"), token_record("t1", "s-1")).value());
  EXPECT_TRUE(store->rotate_session_token("t1", token_record("t2", "s-1", 2000)).value());
  EXPECT_FALSE(store->rotate_session_token("t1", token_record("t3", "s-1", 2000)).value());
  EXPECT_FALSE(store->rotate_session_token("unknown", token_record("t3", "s-1", 2000)).value());
  EXPECT_EQ(store->find_session_token("t1").value()->used_at_s, 2000);
  EXPECT_EQ(store->find_session_token("t2").value()->used_at_s, 0);
  EXPECT_FALSE(store->find_session_token("t3").value());
  EXPECT_EQ(store->find_session("s-1").value()->last_seen_at_s, 2000);
  EXPECT_EQ(store->find_session("s-1").value()->expires_at_s, 6000);
}

TEST_P(StoreContract, TakesASessionsTokensWithIt) {
  ASSERT_TRUE(store->insert_session(session_record("s-1"), token_record("t1", "s-1")).value());
  ASSERT_TRUE(store->insert_session(session_record("s-2"), token_record("t2", "s-2")).value());
  EXPECT_TRUE(store->erase_session("s-1").value());
  EXPECT_FALSE(store->erase_session("s-1").value());
  EXPECT_FALSE(store->find_session_token("t1").value());
  EXPECT_FALSE(store->rotate_session_token("t1", token_record("t3", "s-1")).value());
  EXPECT_TRUE(store->find_session_token("t2").value());
}

TEST_P(StoreContract, ListsAndErasesTheSessionsOfOneUser) {
  SessionRecord newer = session_record("s-2");
  newer.created_at_s = 1500;
  ASSERT_TRUE(store->insert_session(session_record("s-1"), token_record("t1", "s-1")).value());
  ASSERT_TRUE(store->insert_session(newer, token_record("t2", "s-2")).value());
  ASSERT_TRUE(store->insert_session(session_record("s-3", ""), token_record("t3", "s-3")).value());
  EXPECT_EQ(store->list_sessions("u-ada", 2000).value(), (std::vector{newer, session_record("s-1")}));
  EXPECT_EQ(store->list_sessions("", 2000).value().size(), 1u);
  EXPECT_TRUE(store->list_sessions("u-ada", 5000).value().empty());
  EXPECT_TRUE(store->set_session_credential("s-2", "other").value());
  EXPECT_EQ(store->find_session("s-2").value()->credential_sha256, "other");
  EXPECT_EQ(store->erase_other_sessions("u-ada", "s-2").value(), 1);
  EXPECT_FALSE(store->find_session("s-1").value());
  EXPECT_TRUE(store->find_session("s-3").value());
}

TEST_P(StoreContract, GivesANonceOnceForItsPurposeAndTime) {
  const NonceRecord nonce{"n1", "reset", "{\"user\":\"ü\"}", 1000, 2000};
  EXPECT_TRUE(store->insert_nonce(nonce).value());
  EXPECT_FALSE(store->insert_nonce(nonce).value());
  EXPECT_FALSE(store->take_nonce("n1", "register", 1500).value());
  EXPECT_FALSE(store->take_nonce("n1", "reset", 2000).value());
  EXPECT_EQ(store->take_nonce("n1", "reset", 1999).value(), nonce);
  EXPECT_FALSE(store->take_nonce("n1", "reset", 1999).value());
}

TEST_P(StoreContract, KeepsLoginKeysNewestFirst) {
  EXPECT_TRUE(store->insert_login_key({"a", "sealed-a", 1000}).value());
  EXPECT_TRUE(store->insert_login_key({"b", "sealed-b", 2000}).value());
  EXPECT_FALSE(store->insert_login_key({"b", "sealed-c", 3000}).value());
  EXPECT_EQ(store->list_login_keys().value(),
            (std::vector<LoginKeyRecord>{{"b", "sealed-b", 2000}, {"a", "sealed-a", 1000}}));
  EXPECT_TRUE(store->erase_login_key("a").value());
  EXPECT_FALSE(store->erase_login_key("a").value());
}

TEST_P(StoreContract, LetsAnInvitationBeUsedOnce) {
  const InvitationRecord invitation{"i-1", "t1", "bob@example.com", "viewer", "ada", 1000, 2000, ""};
  EXPECT_TRUE(store->insert_invitation(invitation).value());
  InvitationRecord same = invitation;
  same.id = "i-2";
  EXPECT_FALSE(store->insert_invitation(same).value());
  EXPECT_EQ(store->find_invitation("t1").value(), invitation);
  EXPECT_FALSE(store->find_invitation("t2").value());
  EXPECT_FALSE(store->use_invitation("i-1", "u-bob", 2000).value());
  EXPECT_TRUE(store->use_invitation("i-1", "u-bob", 1500).value());
  EXPECT_FALSE(store->use_invitation("i-1", "u-eve", 1500).value());
  EXPECT_EQ(store->list_invitations().value().front().user_id, "u-bob");
  EXPECT_TRUE(store->erase_invitation("i-1").value());
  EXPECT_TRUE(store->list_invitations().value().empty());
}

TEST_P(StoreContract, ForgetsSessionsNoncesAndInvitationsWhoseTimeIsOver) {
  ASSERT_TRUE(store->insert_session(session_record("s-1"), token_record("t1", "s-1")).value());
  ASSERT_TRUE(store->insert_nonce({"n1", "reset", "", 1000, 5000}).value());
  ASSERT_TRUE(store->insert_invitation({"i-1", "t1", "", "user", "ada", 1000, 5000, ""}).value());
  ASSERT_TRUE(store->erase_expired(4999).ok());
  EXPECT_TRUE(store->find_session("s-1").value());
  ASSERT_TRUE(store->erase_expired(5000).ok());
  EXPECT_FALSE(store->find_session("s-1").value());
  EXPECT_FALSE(store->find_session_token("t1").value());
  EXPECT_FALSE(store->take_nonce("n1", "reset", 1500).value());
  EXPECT_FALSE(store->find_invitation("t1").value());
}

}  // namespace
}  // namespace moongate
