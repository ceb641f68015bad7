// Conversations, over every store.
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

ConversationRecord conversation_record(const std::string& name, const std::string& owner = "client:map") {
  ConversationRecord record;
  record.id = "s-" + name;
  record.owner = owner;
  record.title = "About " + name;
  record.model = "claude-sonnet-4-5";
  record.instructions = "Be brief; ünïcode 🌙";
  record.created_at_s = 1000;
  record.updated_at_s = 1000;
  return record;
}

MessageRecord message_record(const std::string& author, const std::string& text) {
  MessageRecord record;
  record.author = author;
  record.content = "[{\"type\":\"text\",\"text\":\"" + text + "\"}]";
  record.model = "claude-sonnet-4-5";
  record.request_id = author == "user" ? "" : "mg-1";
  record.input_tokens = 3;
  record.output_tokens = 4;
  record.created_at_s = 1500;
  return record;
}

std::vector<std::string> titles(const ConversationStore::ConversationList& list) {
  std::vector<std::string> found;
  for (const ConversationRecord& each : list.records) found.push_back(each.title);
  return found;
}

TEST_P(StoreContract, KeepsAConversationForItsOwnerAlone) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ConversationRecord record = conversation_record("tea", "user:u-ada");
  record.user_id = "u-ada";
  record.archived = true;
  EXPECT_TRUE(store->insert_conversation(record).value());
  EXPECT_FALSE(store->insert_conversation(record).value());
  EXPECT_EQ(store->find_conversation("user:u-ada", "s-tea").value(), record);
  EXPECT_FALSE(store->find_conversation("user:u-bob", "s-tea").value());
  EXPECT_FALSE(store->erase_conversation("user:u-bob", "s-tea").value());
  EXPECT_FALSE(store->clear_conversation("user:u-bob", "s-tea", 1).value());
  record.user_id = "u-nobody";
  record.id = "s-other";
  EXPECT_EQ(store->insert_conversation(record).error().kind, ErrorKind::kInvalid);
}

TEST_P(StoreContract, ListsConversationsFromTheOneChangedLastPageByPage) {
  for (int i = 0; i < 5; ++i) {
    ConversationRecord record = conversation_record(std::to_string(i));
    record.updated_at_s = 1000 + i % 3;
    record.archived = i == 4;
    ASSERT_TRUE(store->insert_conversation(record).value());
  }
  ASSERT_TRUE(store->insert_conversation(conversation_record("x", "client:other")).value());
  const auto first = store->list_conversations({"client:map", false, "", 2, 0}).value();
  EXPECT_EQ(first.total, 4);
  EXPECT_EQ(titles(first), (std::vector<std::string>{"About 2", "About 1"}));
  EXPECT_EQ(titles(store->list_conversations({"client:map", false, "", 2, 2}).value()),
            (std::vector<std::string>{"About 3", "About 0"}));
  EXPECT_EQ(titles(store->list_conversations({"client:map", true, "", 50, 0}).value()),
            (std::vector<std::string>{"About 4"}));
}

TEST_P(StoreContract, FindsConversationsByAnythingInTheirTitle) {
  for (const char* name : {"Tea 100%", "tea_pot", "coffee!"}) ASSERT_TRUE(store->insert_conversation(conversation_record(name)).value());
  const auto found = [&](const std::string& search) { return store->list_conversations({"client:map", false, search, 50, 0}).value().total; };
  EXPECT_EQ(found("TEA"), 2);
  EXPECT_EQ(found("0%"), 1);
  EXPECT_EQ(found("a_p"), 1);
  EXPECT_EQ(found("e!"), 1);
  EXPECT_EQ(found("%%"), 0);
}

TEST_P(StoreContract, ChangesWhatAConversationIsCalledAndHowItIsAnswered) {
  ASSERT_TRUE(store->insert_conversation(conversation_record("tea")).value());
  ConversationRecord changed = conversation_record("tea");
  changed.title = "Coffee";
  changed.model = "gemini-2.5-pro";
  changed.instructions = "";
  changed.archived = true;
  changed.updated_at_s = 1234;
  EXPECT_TRUE(store->update_conversation(changed).value());
  EXPECT_EQ(store->find_conversation("client:map", "s-tea").value(), changed);
  changed.owner = "client:other";
  EXPECT_FALSE(store->update_conversation(changed).value());
}

TEST_P(StoreContract, KeepsWhatWasSaidInATurnInOrder) {
  ASSERT_TRUE(store->insert_conversation(conversation_record("tea")).value());
  ASSERT_TRUE(store->begin_turn("s-tea", "t-1", 2000, 2060).value());
  MessageRecord question = message_record("user", "hello"), answer = message_record("assistant", "well 🌙");
  question.client_id = "m-1";
  answer.state = "partial";
  EXPECT_TRUE(store->end_turn("s-tea", "t-1", {question, answer}, 2010).value());
  ASSERT_TRUE(store->begin_turn("s-tea", "t-2", 2010, 2060).value());
  EXPECT_TRUE(store->end_turn("s-tea", "t-2", {message_record("user", "again")}, 2020).value());
  question.position = 1;
  answer.position = 2;
  const auto all = store->list_messages("s-tea", 0, 100).value();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], question);
  EXPECT_EQ(all[1], answer);
  EXPECT_EQ(all[2].position, 3);
  EXPECT_EQ(store->list_messages("s-tea", 1, 1).value(), (std::vector<MessageRecord>{answer}));
  const ConversationRecord after = *store->find_conversation("client:map", "s-tea").value();
  EXPECT_EQ(after.revision, 2);
  EXPECT_EQ(after.updated_at_s, 2020);
  EXPECT_EQ(store->find_message("s-tea", "m-1").value(), question);
  EXPECT_FALSE(store->find_message("s-tea", "").value());
  EXPECT_FALSE(store->find_message("s-other", "m-1").value());
}

TEST_P(StoreContract, GivesAConversationToOneTurnAtATime) {
  ASSERT_TRUE(store->insert_conversation(conversation_record("tea")).value());
  EXPECT_FALSE(store->begin_turn("s-none", "t-1", 2000, 2060).value());
  EXPECT_TRUE(store->begin_turn("s-tea", "t-1", 2000, 2060).value());
  EXPECT_FALSE(store->begin_turn("s-tea", "t-2", 2001, 2061).value());
  EXPECT_TRUE(store->begin_turn("s-tea", "t-1", 2050, 2110).value());
  EXPECT_FALSE(store->begin_turn("s-tea", "t-2", 2060, 2120).value());
  EXPECT_FALSE(store->end_turn("s-tea", "t-2", {message_record("user", "no")}, 2070).value());
  EXPECT_TRUE(store->end_turn("s-tea", "t-1", {}, 2070).value());
  EXPECT_EQ(store->find_conversation("client:map", "s-tea").value()->revision, 0);
  EXPECT_TRUE(store->begin_turn("s-tea", "t-2", 2071, 2080).value());
  EXPECT_TRUE(store->begin_turn("s-tea", "t-3", 2080, 2090).value());  // whoever had it is gone
  EXPECT_FALSE(store->end_turn("s-tea", "t-2", {message_record("user", "late")}, 2081).value());
  EXPECT_TRUE(store->list_messages("s-tea", 0, 100).value().empty());
}

TEST_P(StoreContract, ClearsAConversationAndLetsNoRunningAnswerComeBackIntoIt) {
  ASSERT_TRUE(store->insert_conversation(conversation_record("tea")).value());
  ASSERT_TRUE(store->begin_turn("s-tea", "t-1", 2000, 2060).value());
  ASSERT_TRUE(store->end_turn("s-tea", "t-1", {message_record("user", "hello")}, 2010).value());
  ASSERT_TRUE(store->begin_turn("s-tea", "t-2", 2011, 2060).value());
  EXPECT_TRUE(store->clear_conversation("client:map", "s-tea", 2012).value());
  EXPECT_FALSE(store->end_turn("s-tea", "t-2", {message_record("assistant", "late")}, 2013).value());
  EXPECT_TRUE(store->list_messages("s-tea", 0, 100).value().empty());
  EXPECT_EQ(store->find_conversation("client:map", "s-tea").value()->revision, 2);
}

TEST_P(StoreContract, ErasesAConversationWithItsMessages) {
  ASSERT_TRUE(store->insert_conversation(conversation_record("tea")).value());
  ASSERT_TRUE(store->begin_turn("s-tea", "t-1", 2000, 2060).value());
  ASSERT_TRUE(store->end_turn("s-tea", "t-1", {message_record("user", "hello")}, 2010).value());
  EXPECT_TRUE(store->erase_conversation("client:map", "s-tea").value());
  EXPECT_FALSE(store->erase_conversation("client:map", "s-tea").value());
  EXPECT_TRUE(store->list_messages("s-tea", 0, 100).value().empty());
  ASSERT_TRUE(store->insert_conversation(conversation_record("tea")).value());
  EXPECT_TRUE(store->list_messages("s-tea", 0, 100).value().empty());
}

}  // namespace
}  // namespace moongate
