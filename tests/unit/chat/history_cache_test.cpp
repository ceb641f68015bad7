// What was said, beside the store.
#include "chat/history_cache.h"

#include <gtest/gtest.h>

#include "chat/chat_turn.h"
#include "net/resolver.h"

namespace moongate {
namespace {

class History : public testing::Test {
 protected:
  SystemClock clock;
  Resolver resolver{clock};
  std::unique_ptr<CacheFactory> factory = std::move(*open_cache("memory://", {}, resolver, nullptr));
  std::unique_ptr<HistoryCache> cache = std::move(*HistoryCache::start(*factory, clock));
};

TEST_F(History, IsBelievedOnlyForItsRevision) {
  EXPECT_FALSE(cache->find("s-1", 1));
  cache->keep("s-1", 1, "what was said");
  EXPECT_EQ(cache->find("s-1", 1), "what was said");
  EXPECT_FALSE(cache->find("s-1", 2));
  EXPECT_FALSE(cache->find("s-2", 1));
  cache->keep("s-1", 2, "");
  EXPECT_EQ(cache->find("s-1", 2), "");
  cache->forget("s-1");
  EXPECT_FALSE(cache->find("s-1", 2));
}

TEST_F(History, IsNotKeptWhereItIsTooLarge) {
  cache->keep("s-1", 1, "small");
  cache->keep("s-1", 1, std::string(300'000, 'x'));
  EXPECT_FALSE(cache->find("s-1", 1));
}

TEST_F(History, ComesBackAsItWas) {
  const std::vector<Said> said = {{"user", {boost::json::object{{"type", "text"}, {"text", "ü 🌙 \"x\""}}}}, {"assistant", {}}};
  const auto back = parse_said(render_said(said));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ((*back)[0].blocks, said[0].blocks);
  EXPECT_EQ((*back)[1].author, "assistant");
  for (const char* wrong : {"", "x", "{}", "[7]", R"([{"author":1,"blocks":[]}])", R"([{"author":"user"}])"}) EXPECT_FALSE(parse_said(wrong)) << wrong;
}

TEST(Permits, AreGivenBack) {
  Permits permits(1);
  {
    Permits::Permit first = permits.take();
    EXPECT_TRUE(first);
    EXPECT_FALSE(permits.take());
  }
  EXPECT_TRUE(permits.take());
}

}  // namespace
}  // namespace moongate
