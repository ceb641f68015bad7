#include "upstream/account_picker.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

using Allowed = std::optional<std::vector<WeightedAccount>>;

std::shared_ptr<const Account> account(std::string name, Provider provider, std::string_view pattern) {
  Account made;
  made.name = std::move(name);
  made.provider = provider;
  ModelRule rule;
  rule.wildcard = pattern.ends_with('*');
  rule.model = pattern.substr(0, pattern.size() - (rule.wildcard ? 1 : 0));
  made.models.push_back(rule);
  return std::make_shared<const Account>(std::move(made));
}

class AccountPickerTest : public testing::Test {
 protected:
  void SetUp() override { load(); }
  void load() {
    auto map = std::make_shared<MapConfig>();
    map->accounts = {
        account("a", Provider::kAnthropic, "claude-*"), account("b", Provider::kAnthropic, "claude-*"),
        account("c", Provider::kAnthropic, "other"), account("g", Provider::kGemini, "claude-*")};
    picker_.set_map(map);
  }
  std::string pick(std::string_view model, const Allowed& allowed = std::nullopt) {
    std::string names;
    for (const auto& each : picker_.pick(Provider::kAnthropic, model, allowed)) names += each->name;
    return names;
  }
  AccountPicker picker_;
};

TEST_F(AccountPickerTest, WeightsOfTwoAndOneGiveABA) {
  const Allowed allowed = std::vector<WeightedAccount>{{"a", 2}, {"b", 1}};
  std::string first;
  for (int i = 0; i < 6; ++i) first += pick("claude-x", allowed)[0];
  EXPECT_EQ(first, "abaaba");
}

TEST_F(AccountPickerTest, WithoutAListEachAccountOfTheProviderHasItsTurn) {
  EXPECT_EQ(pick("claude-x"), "ab");
  EXPECT_EQ(pick("claude-x"), "ba");
  EXPECT_EQ(pick("claude-x"), "ab");
}

TEST_F(AccountPickerTest, OnlyAllowedAccountsThatServeTheModelAreGiven) {
  const Allowed allowed = std::vector<WeightedAccount>{{"b", 1}, {"c", 5}, {"g", 5}, {"nobody", 5}};
  EXPECT_EQ(pick("claude-x", allowed), "b");
  EXPECT_EQ(pick("other", allowed), "c");
  EXPECT_EQ(pick("claude-x", std::vector<WeightedAccount>{}), "");
}

TEST_F(AccountPickerTest, AnUnknownModelIsServedByNone) {
  EXPECT_EQ(pick("gpt"), "");
  EXPECT_EQ(pick("claude"), "");
}

TEST_F(AccountPickerTest, AnOperationWithoutAModelMatchesEveryAccount) {
  std::string names = pick("");
  EXPECT_EQ(names.size(), 3u);
}

TEST_F(AccountPickerTest, CyclesOfDifferentModelsAreTheirOwn) {
  EXPECT_EQ(pick("claude-x")[0], 'a');
  EXPECT_EQ(pick("claude-y")[0], 'a');
  EXPECT_EQ(pick("claude-x")[0], 'b');
}

TEST_F(AccountPickerTest, AModelThatLooksLikeAListOpensNoOtherClientsAccounts) {
  // Once cycles were kept by model and list without a border between them.
  const Allowed both = std::vector<WeightedAccount>{{"b", 1}, {"a", 1}};
  EXPECT_EQ(pick("claude-x", both).size(), 2u);
  const std::string forged = std::string("claude-x\nb\1\0\0\0", 14);
  EXPECT_EQ(pick(forged, std::vector<WeightedAccount>{{"a", 1}}), "a");
}

TEST_F(AccountPickerTest, ANewMapStartsAnew) {
  EXPECT_EQ(pick("claude-x")[0], 'a');
  load();
  EXPECT_EQ(pick("claude-x")[0], 'a');
  picker_.set_map(std::make_shared<MapConfig>());
  EXPECT_EQ(pick("claude-x"), "");
}

TEST_F(AccountPickerTest, ManyMadeUpModelsDoNoHarm) {
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(pick("claude-" + std::to_string(i)), "ab");
}

}  // namespace
}  // namespace moongate
