#include "identity/key_directory.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "identity/key_holder_text.h"

namespace moongate {
namespace {

class KeyDirectoryTest : public testing::Test {
 protected:
  using Found = KeyDirectory::Found;
  static std::shared_ptr<const KeyHolder> holder(const std::string& id) {
    auto made = std::make_shared<KeyHolder>();
    made->key.id = id;
    return made;
  }
  Found find(std::string_view digest) { return keys_.find(digest, found_); }

  ManualClock clock_{1'700'000'000};
  KeyDirectory keys_{{30, 5, 64}, clock_};
  std::shared_ptr<const KeyHolder> found_;
};

TEST_F(KeyDirectoryTest, FindsWhatWasPut) {
  EXPECT_EQ(find("aa"), Found::kNotYet);
  keys_.put("aa", holder("k-1"), 1);
  ASSERT_EQ(find("aa"), Found::kHolder);
  EXPECT_EQ(found_->key.id, "k-1");
  EXPECT_EQ(find("ab"), Found::kNotYet);
}

TEST_F(KeyDirectoryTest, RemembersForAShorterTimeThatAKeyDoesNotExist) {
  keys_.put("aa", holder("k-1"), 1);
  keys_.put("bb", nullptr, 1);
  clock_.advance_ms(4'999);
  EXPECT_EQ(find("bb"), Found::kNobody);
  clock_.advance_ms(1);
  EXPECT_EQ(find("bb"), Found::kNotYet);
  EXPECT_EQ(find("aa"), Found::kHolder);
  clock_.advance_ms(25'000);
  EXPECT_EQ(find("aa"), Found::kNotYet);
}

TEST_F(KeyDirectoryTest, BelievesNothingOlderThanTheNewestGenerationHeardOf) {
  keys_.put("aa", holder("k-1"), 7);
  keys_.heard_of(7);
  EXPECT_EQ(find("aa"), Found::kHolder);
  keys_.heard_of(8);
  EXPECT_EQ(find("aa"), Found::kNotYet);
  keys_.put("aa", holder("k-1"), 7);  // read before the change, arriving after word of it
  EXPECT_EQ(find("aa"), Found::kNotYet);
  keys_.heard_of(3);
  EXPECT_EQ(keys_.generation(), 8);
}

TEST_F(KeyDirectoryTest, OneLooksUpAndTheOthersAreWokenOnce) {
  int woken = 0;
  EXPECT_TRUE(keys_.begin("aa", [&] { FAIL() << "the one who looks waits for nobody"; }));
  EXPECT_FALSE(keys_.begin("aa", [&] { ++woken; }));
  EXPECT_FALSE(keys_.begin("aa", [&] { ++woken; }));
  EXPECT_TRUE(keys_.begin("bb", [] {}));
  keys_.put("aa", holder("k-1"), 1);
  EXPECT_EQ(woken, 2);
  EXPECT_TRUE(keys_.begin("aa", [] {})) << "the look-up is over";
}

TEST_F(KeyDirectoryTest, AFailedLookUpWakesThoseWhoWaitAndLeavesNothing) {
  int woken = 0;
  EXPECT_TRUE(keys_.begin("aa", [] {}));
  EXPECT_FALSE(keys_.begin("aa", [&] { ++woken; }));
  keys_.give_up("aa");
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(find("aa"), Found::kNotYet);
  EXPECT_TRUE(keys_.begin("aa", [] {}));
}

TEST_F(KeyDirectoryTest, GuessedKeysDoNotFillTheMemory) {
  for (int i = 0; i < 10'000; ++i) keys_.put("guess-" + std::to_string(i), nullptr, 1);
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) kept += find("guess-" + std::to_string(i)) == Found::kNobody ? 1 : 0;
  EXPECT_LE(kept, 64 + 16);
}

TEST_F(KeyDirectoryTest, HandsOutWhenKeysWereUsedOnce) {
  keys_.touch("k-1", 100);
  keys_.touch("k-1", 90);
  keys_.touch("k-2", 50);
  auto used = keys_.take_used();
  std::sort(used.begin(), used.end());
  EXPECT_EQ(used, (std::vector<std::pair<std::string, std::int64_t>>{{"k-1", 100}, {"k-2", 50}}));
  EXPECT_TRUE(keys_.take_used().empty());
}

TEST_F(KeyDirectoryTest, ManyThreadsLookOneKeyUpOnce) {
  std::atomic<int> looked{0}, woken{0}, waited{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        const std::string digest = "key-" + std::to_string(n);
        std::shared_ptr<const KeyHolder> mine;
        if (keys_.find(digest, mine) != Found::kNotYet) continue;
        if (keys_.begin(digest, [&] { ++woken; })) {
          ++looked;
          keys_.put(digest, holder(digest), 1);
        } else {
          ++waited;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(woken, waited);
  EXPECT_GE(looked, 200);
}

TEST(KeyHolderText, GoesThereAndBack) {
  KeyHolder holder;
  holder.key = {"k-1", "abc", "mg-Ab3d", "laptop \"7\"", "c-1", true, R"({"trace":true})", 0, 99, 0};
  holder.client = {"c-1", "client", "u-1", true, "{}", 0};
  holder.user = {"u-1", "user", "", "user", "", false, "", 0};
  const auto known = parse_key_holder(render_key_holder(&holder, 12), "abc");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->generation, 12);
  EXPECT_EQ(known->holder->key, holder.key);
  EXPECT_EQ(known->holder->client, holder.client);
  EXPECT_FALSE(known->holder->user.enabled);
  EXPECT_EQ(known->holder->user.name, "user");
}

TEST(KeyHolderText, TellsThatThereIsNone) {
  const auto known = parse_key_holder(render_key_holder(nullptr, 3), "abc");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->holder, nullptr);
  EXPECT_EQ(known->generation, 3);
}

TEST(KeyHolderText, RefusesWhatIsNotOurs) {
  KeyHolder holder;
  holder.key.sha256 = "abc";
  const std::string text = render_key_holder(&holder, 12);
  EXPECT_FALSE(parse_key_holder(text, "abd")) << "an answer about another key";
  for (std::size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(parse_key_holder(text.substr(0, cut), "abc")) << cut;
  for (const char* bad : {"", "[]", "{}", R"({"v":2,"generation":1})", R"({"v":1,"generation":"1"})",
                          R"({"v":1,"generation":1,"key":{}})", R"({"v":1,"generation":1,"key":1,"client":1,"user":1})"}) {
    EXPECT_FALSE(parse_key_holder(bad, "abc")) << bad;
  }
}

}  // namespace
}  // namespace moongate
