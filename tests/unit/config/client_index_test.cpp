#include "config/client_index.h"

#include <gtest/gtest.h>

#include <random>

#include "config/same_bytes.h"
#include "config/snapshot.h"

namespace moongate {
namespace {

std::shared_ptr<MapConfig> map_with(const std::vector<std::string>& tokens) {
  auto map = std::make_shared<MapConfig>();
  for (const std::string& token : tokens) {
    Client client;
    client.id = "id-of-" + token;
    client.token = Secret(token);
    map->clients.push_back(std::move(client));
  }
  return map;
}

TEST(ClientIndex, FindsEachClientByItsWholeToken) {
  const ClientIndex index(map_with({"token-a", "token-b", "x"}), {1, 2});
  ASSERT_NE(index.find("token-a"), nullptr);
  EXPECT_EQ(index.find("token-a")->id, "id-of-token-a");
  EXPECT_EQ(index.find("x")->id, "id-of-x");
  for (const char* wrong : {"", "token-", "token-aa", "token-A", "token-c", "y"}) EXPECT_EQ(index.find(wrong), nullptr) << wrong;
  EXPECT_EQ(index.size(), 3U);
}

TEST(ClientIndex, ADisabledClientIsNotThere) {
  auto map = map_with({"token-a", "token-b"});
  map->clients[0].enabled = false;
  const ClientIndex index(map, {1, 2});
  EXPECT_EQ(index.find("token-a"), nullptr);
  EXPECT_NE(index.find("token-b"), nullptr);
}

TEST(ClientIndex, OfAnEmptyMapFindsNobody) {
  const ClientIndex index(map_with({}), {1, 2});
  EXPECT_EQ(index.find("token"), nullptr);
  EXPECT_EQ(index.find(""), nullptr);
}

TEST(ClientIndex, AnEmptyTokenLetsNobodyIn) {
  const ClientIndex index(map_with({""}), {1, 2});
  EXPECT_EQ(index.find(""), nullptr);
}

TEST(ClientIndex, FindsAllOfThousandsWhateverTheKey) {
  std::mt19937_64 random(20260101);
  std::vector<std::string> tokens;
  for (int i = 0; i < 5000; ++i) tokens.push_back("token-" + std::to_string(random()));
  for (const SipKey key : {SipKey{}, SipKey{random(), random()}, random_sip_key()}) {
    const ClientIndex index(map_with(tokens), key);
    for (const std::string& token : tokens) {
      ASSERT_NE(index.find(token), nullptr);
      EXPECT_EQ(index.find(token)->id, "id-of-" + token);
      EXPECT_EQ(index.find(token + "x"), nullptr);
    }
  }
}

TEST(ClientIndex, KeepsItsMapAlive) {
  auto map = map_with({"token-a"});
  const std::weak_ptr<MapConfig> watch = map;
  auto index = std::make_shared<const ClientIndex>(std::move(map), SipKey{1, 2});
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(index->find("token-a")->id, "id-of-token-a");
  index.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(SameBytes, SeesADifferenceAtEveryPlaceOfEveryLength) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'x');
    EXPECT_TRUE(same_bytes(text, std::string(length, 'x')));
    EXPECT_FALSE(same_bytes(text, text + "x"));
    for (std::size_t i = 0; i < length; ++i) {
      for (const int bit : {1, 0x80}) {
        std::string other = text;
        other[i] = static_cast<char>(other[i] ^ bit);
        EXPECT_FALSE(same_bytes(text, other)) << length << " " << i;
      }
    }
  }
}

TEST(SipKeys, AreNotTheSameTwice) {
  const SipKey a = random_sip_key(), b = random_sip_key();
  EXPECT_FALSE(a.k0 == b.k0 && a.k1 == b.k1);
}

}  // namespace
}  // namespace moongate
