// An answer on its way from a thread that may block to a worker.
#include "proxy/local_call.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace moongate {
namespace {

TEST(LocalCall, TellsHeadBodyAndEndOnce) {
  int woken = 0;
  LocalCall call([&] { ++woken; });
  EXPECT_FALSE(call.take().has_head);
  call.answer(HttpResponse::text(200, "whole"), false);
  const LocalCall::News news = call.take();
  EXPECT_TRUE(news.has_head);
  EXPECT_EQ(news.head.status, 200);
  EXPECT_EQ(news.bytes, "whole");
  EXPECT_TRUE(news.ended);
  EXPECT_FALSE(news.streams);
  EXPECT_FALSE(call.take().has_head);
  EXPECT_EQ(woken, 1);
}

TEST(LocalCall, PassesAStreamOnPieceByPiece) {
  LocalCall call([] {});
  call.answer(HttpResponse::text(200, ""), true);
  EXPECT_TRUE(call.write("one"));
  const LocalCall::News first = call.take();
  EXPECT_EQ(first.bytes, "one");
  EXPECT_TRUE(first.streams);
  EXPECT_FALSE(first.ended);
  EXPECT_TRUE(call.write("two"));
  call.end();
  const LocalCall::News rest = call.take();
  EXPECT_EQ(rest.bytes, "two");
  EXPECT_TRUE(rest.ended);
}

TEST(LocalCall, HoldsAWriterUntilThereIsRoomAgain) {
  LocalCall call([] {});
  const std::string piece(64 * 1024, 'x');
  ASSERT_TRUE(call.write(piece));
  std::atomic<bool> written{false};
  std::thread writer([&] { written = call.write("more"); });
  EXPECT_EQ(call.take().bytes.size(), piece.size());
  writer.join();
  EXPECT_TRUE(written);
  EXPECT_EQ(call.take().bytes, "more");
}

TEST(LocalCall, LetsAWriterGoWhenTheClientHasLeft) {
  LocalCall call([] {});
  ASSERT_TRUE(call.write(std::string(64 * 1024, 'x')));
  std::atomic<bool> written{true};
  std::thread writer([&] { written = call.write("more"); });
  EXPECT_FALSE(call.gone());
  call.leave();
  writer.join();
  EXPECT_FALSE(written);
  EXPECT_TRUE(call.gone());
}

}  // namespace
}  // namespace moongate
