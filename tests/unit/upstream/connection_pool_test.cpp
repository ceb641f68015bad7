#include "upstream/connection_pool.h"

#include <sys/socket.h>
#include <unistd.h>

#include "unit/net/loop.h"

namespace moongate {
namespace {

class ConnectionPoolTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const int fd : peers_) close(fd);
  }
  // A connection whose other end is peers_.back().
  std::unique_ptr<UpstreamConnection> connection() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    auto made = std::make_unique<UpstreamConnection>();
    EXPECT_TRUE(made->stream.open(loop_.reactor, pair[0], true));
    peers_.push_back(pair[1]);
    return made;
  }
  UpstreamConnection* keep(const Endpoint& endpoint) {
    auto made = connection();
    UpstreamConnection* raw = made.get();
    pool_.give_back(endpoint, std::move(made));
    return raw;
  }
  const Endpoint a_{"a.test", 443, false, ""}, b_{"b.test", 443, false, ""};
  ManualClock clock_;
  Loop loop_{clock_};
  Resolver resolver_{clock_, 30'000, 0};
  ConnectionPool pool_{loop_.reactor, resolver_, {60'000, 3, ""}};
  std::vector<int> peers_;
};

TEST_F(ConnectionPoolTest, GivesTheOneThatWasUsedLast) {
  keep(a_);
  UpstreamConnection* last = keep(a_);
  const auto taken = pool_.take_idle(a_);
  EXPECT_EQ(taken.get(), last);
  EXPECT_EQ(taken->served, 1u);
  EXPECT_EQ(pool_.idle_count(), 1u);
}

TEST_F(ConnectionPoolTest, KeepsEndpointsApart) {
  keep(a_);
  EXPECT_EQ(pool_.take_idle(b_), nullptr);
  EXPECT_EQ(pool_.take_idle({"a.test", 444, false, ""}), nullptr);
  EXPECT_EQ(pool_.take_idle({"a.test", 443, true, ""}), nullptr);
  EXPECT_NE(pool_.take_idle({"a.test", 443, false, "/prefix"}), nullptr)
      << "the path is no part of the connection";
}

TEST_F(ConnectionPoolTest, ThrowsAwayWhatThePeerClosed) {
  UpstreamConnection* alive = keep(a_);
  keep(a_);
  close(peers_.back());
  peers_.pop_back();
  loop_.reactor.turn(0);
  EXPECT_EQ(pool_.take_idle(a_).get(), alive);
  EXPECT_EQ(pool_.idle_count(), 0u);
}

TEST_F(ConnectionPoolTest, ThrowsAwayWhatSpokeUnasked) {
  keep(a_);
  ASSERT_EQ(write(peers_[0], "HTTP/1.1 408 X\r\n", 16), 16);
  loop_.reactor.turn(0);
  EXPECT_EQ(pool_.take_idle(a_), nullptr);
  EXPECT_EQ(pool_.idle_count(), 0u);
}

TEST_F(ConnectionPoolTest, TakesBackNothingThatIsClosed) {
  auto made = connection();
  close(peers_.back());
  peers_.pop_back();
  loop_.reactor.turn(0);
  pool_.give_back(a_, std::move(made));
  EXPECT_EQ(pool_.idle_count(), 0u);
}

TEST_F(ConnectionPoolTest, KeepsSoManyOfAnEndpointAndNoMore) {
  for (int i = 0; i < 5; ++i) keep(a_);
  keep(b_);
  EXPECT_EQ(pool_.idle_count(), 4u);
}

TEST_F(ConnectionPoolTest, SweepingClosesWhatWasIdleForLong) {
  keep(a_);
  clock_.advance_ms(40'000);
  loop_.reactor.turn(0);
  UpstreamConnection* younger = keep(a_);
  pool_.sweep();
  EXPECT_EQ(pool_.idle_count(), 2u);
  clock_.advance_ms(30'000);
  loop_.reactor.turn(0);
  pool_.sweep();
  EXPECT_EQ(pool_.idle_count(), 1u);
  char byte = 0;
  EXPECT_EQ(read(peers_[0], &byte, 1), 0) << "the peer sees the end";
  EXPECT_EQ(pool_.take_idle(a_).get(), younger);
}

TEST_F(ConnectionPoolTest, ClearingClosesAll) {
  keep(a_);
  keep(b_);
  pool_.clear();
  EXPECT_EQ(pool_.idle_count(), 0u);
  EXPECT_EQ(pool_.take_idle(a_), nullptr);
}

}  // namespace
}  // namespace moongate
