#include "cache/redis_wire.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace moongate {
namespace {

using Next = RedisReplyReader::Next;
using Type = RedisReply::Type;

TEST(RedisCommand, IsAnArrayOfBulkStrings) {
  std::string out = "before";
  append_redis_command(out, {"SET", "key", std::string_view("a\r\n\0b", 5), ""});
  EXPECT_EQ(out, "before*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\na\r\n" + std::string("\0b", 2) + "\r\n$0\r\n\r\n");
  out.clear();
  append_redis_command(out, {"GET", std::string(1234, 'x')});
  EXPECT_EQ(out, "*2\r\n$3\r\nGET\r\n$1234\r\n" + std::string(1234, 'x') + "\r\n");
}

const std::string kReplies = std::string("+OK\r\n") + "-ERR no such thing\r\n" + ":-42\r\n" + "$-1\r\n" + "$0\r\n\r\n" +
                             "$5\r\na\r\n" + std::string("\0b", 2) + "\r\n" + "*-1\r\n" + "*0\r\n" +
                             "*3\r\n:1\r\n$1\r\nx\r\n*2\r\n$-1\r\n+deep\r\n" + "$3\r\nend\r\n";

void expect_replies(RedisReplyReader& reader, const std::function<void(RedisReply&)>& next) {
  RedisReply reply;
  next(reply);
  EXPECT_EQ(reply.type, Type::kStatus);
  EXPECT_EQ(reply.text, "OK");
  next(reply);
  EXPECT_EQ(reply.type, Type::kError);
  EXPECT_EQ(reply.text, "ERR no such thing");
  next(reply);
  EXPECT_EQ(reply.type, Type::kInteger);
  EXPECT_EQ(reply.integer, -42);
  next(reply);
  EXPECT_EQ(reply.type, Type::kNil);
  next(reply);
  EXPECT_EQ(reply.type, Type::kText);
  EXPECT_EQ(reply.text, "");
  next(reply);
  EXPECT_EQ(reply.text, std::string("a\r\n\0b", 5));
  next(reply);
  EXPECT_EQ(reply.type, Type::kNil);
  next(reply);
  EXPECT_EQ(reply.type, Type::kArray);
  EXPECT_TRUE(reply.elements.empty());
  next(reply);
  ASSERT_EQ(reply.elements.size(), 3U);
  EXPECT_EQ(reply.elements[0].integer, 1);
  EXPECT_EQ(reply.elements[1].text, "x");
  ASSERT_EQ(reply.elements[2].elements.size(), 2U);
  EXPECT_EQ(reply.elements[2].elements[0].type, Type::kNil);
  EXPECT_EQ(reply.elements[2].elements[1].text, "deep");
  next(reply);
  EXPECT_EQ(reply.text, "end");
  EXPECT_EQ(reader.next(reply), Next::kMore);
}

TEST(RedisReplies, AreReadWhateverTheyAre) {
  RedisReplyReader reader;
  ASSERT_TRUE(reader.feed(kReplies.data(), kReplies.size()));
  expect_replies(reader, [&](RedisReply& reply) { ASSERT_EQ(reader.next(reply), Next::kReply); });
}

TEST(RedisReplies, AreReadWhereverTheyAreCut) {
  for (std::size_t piece = 1; piece < 20; ++piece) {
    RedisReplyReader reader;
    std::size_t at = 0;
    expect_replies(reader, [&](RedisReply& reply) {
      Next next = Next::kMore;
      while ((next = reader.next(reply)) == Next::kMore && at < kReplies.size()) {
        const std::size_t n = std::min(piece, kReplies.size() - at);
        ASSERT_TRUE(reader.feed(kReplies.data() + at, n));
        at += n;
      }
      ASSERT_EQ(next, Next::kReply);
    });
  }
}

TEST(RedisReplies, AreNotTakenFromWhatIsNoRedis) {
  for (const std::string text : {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n", ":1a\r\n", "*99999999\r\n",
                                 "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
    RedisReplyReader reader;
    ASSERT_TRUE(reader.feed(text.data(), text.size()));
    RedisReply reply;
    EXPECT_EQ(reader.next(reply), Next::kBroken) << text;
  }
}

TEST(RedisReplies, AreGivenUpWhenTheyDoNotEnd) {
  RedisReplyReader reader;
  const std::string head = "$1000000000\r\n";
  ASSERT_TRUE(reader.feed(head.data(), head.size()));
  const std::string piece(1 << 20, 'x');
  RedisReply reply;
  int pieces = 0;
  while (reader.next(reply) == Next::kMore && pieces < 100) {
    ASSERT_TRUE(reader.feed(piece.data(), piece.size()));
    ++pieces;
  }
  EXPECT_LE(pieces, 10);
}

}  // namespace
}  // namespace moongate
