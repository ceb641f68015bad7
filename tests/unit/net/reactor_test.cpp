#include "net/reactor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "unit/net/loop.h"

namespace moongate {
namespace {

class ReactorTest : public testing::Test {
 protected:
  // Waits `times` times; "n" for each notification, "t" for each deadline.
  static Task<void> wait(Signal& signal, int times, MonoMs deadline, std::string& said) {
    for (int i = 0; i < times; ++i) said += co_await signal.wait(deadline) ? 'n' : 't';
  }
  ManualClock clock_;
  Loop loop_{clock_};
  Reactor& reactor_ = loop_.reactor;
  std::string said_;
};

TEST_F(ReactorTest, ANotificationBeforeTheWaitEndsItAtOnce) {
  Signal signal(reactor_);
  signal.notify();
  signal.notify();
  spawn(wait(signal, 1, 0, said_));
  EXPECT_EQ(said_, "n");
  spawn(wait(signal, 1, 0, said_));
  EXPECT_EQ(said_, "n") << "several count as one";
  signal.notify();
  EXPECT_EQ(said_, "n") << "who waits is resumed by the loop, not by the notifier";
  reactor_.turn(0);
  EXPECT_EQ(said_, "nn");
}

TEST_F(ReactorTest, NotificationsOfOneTurnWakeOnce) {
  Signal signal(reactor_);
  spawn(wait(signal, 2, 0, said_));
  signal.notify();
  signal.notify();
  reactor_.turn(0);
  reactor_.turn(0);
  EXPECT_EQ(said_, "n");
  signal.notify();
  reactor_.turn(0);
  EXPECT_EQ(said_, "nn");
}

TEST_F(ReactorTest, ADeadlineEndsTheWait) {
  Signal signal(reactor_);
  spawn(wait(signal, 1, reactor_.now_ms() + 100, said_));
  clock_.advance_ms(99);
  reactor_.turn(0);
  EXPECT_EQ(said_, "");
  clock_.advance_ms(1 + TimerWheel::kTickMs);
  reactor_.turn(0);
  EXPECT_EQ(said_, "t");
}

TEST_F(ReactorTest, ANotifiedWaitLeavesNoDeadlineBehind) {
  Signal signal(reactor_);
  spawn(wait(signal, 1, reactor_.now_ms() + 100, said_));
  signal.notify();
  reactor_.turn(0);
  EXPECT_EQ(said_, "n");
  spawn(wait(signal, 1, 0, said_));
  clock_.advance_ms(60'000);
  reactor_.turn(0);
  EXPECT_EQ(said_, "n");
  signal.notify();
  reactor_.turn(0);
  EXPECT_EQ(said_, "nn");
}

TEST_F(ReactorTest, ANotificationWinsOverADeadlineOfTheSameTurn) {
  Signal signal(reactor_);
  spawn(wait(signal, 1, reactor_.now_ms() + 10, said_));
  clock_.advance_ms(1000);
  signal.notify();
  reactor_.turn(0);
  EXPECT_EQ(said_, "n");
}

TEST_F(ReactorTest, ASignalMayGoWhileItIsQueued) {
  auto signal = std::make_unique<Signal>(reactor_);
  signal->notify();
  signal.reset();
  reactor_.turn(0);
}

TEST_F(ReactorTest, WorkOfOtherThreadsRunsInOrder) {
  std::thread other([this] {
    for (int i = 0; i < 100; ++i) reactor_.post([this, i] { said_ += static_cast<char>('0' + i % 10); });
  });
  EXPECT_TRUE(loop_.until([this] { return said_.size() == 100; }));
  other.join();
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(said_[i], static_cast<char>('0' + i % 10));
}

TEST_F(ReactorTest, APostEndsALongWait) {
  std::thread other([this] { reactor_.post([this] { said_ = "x"; }); });
  while (said_.empty()) reactor_.turn(60'000);  // a lost wake-up would time the test out
  other.join();
}

TEST_F(ReactorTest, PostedWorkMayPostMore) {
  reactor_.post([this] {
    reactor_.post([this] { said_ += 'b'; });
    said_ += 'a';
  });
  reactor_.turn(0);
  reactor_.turn(0);
  EXPECT_EQ(said_, "ab");
}

TEST_F(ReactorTest, StopEndsTheRun) {
  std::thread other([this] { reactor_.stop(); });
  reactor_.run();
  other.join();
  EXPECT_TRUE(reactor_.stopping());
}

TEST_F(ReactorTest, EveryTurnEndsWithItsHook) {
  int turns = 0;
  reactor_.set_turn_end([&] { ++turns; });
  reactor_.turn(0);
  reactor_.turn(0);
  EXPECT_EQ(turns, 2);
}

TEST_F(ReactorTest, ASocketTellsOfBytesAndOfTheEnd) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
  Socket socket;
  Signal signal(reactor_);
  ASSERT_TRUE(socket.open(reactor_, pair[0], true));
  socket.set_signal(&signal);
  reactor_.turn(0);
  EXPECT_FALSE(socket.readable || socket.peer_closed);
  EXPECT_TRUE(socket.writable);
  ASSERT_EQ(write(pair[1], "x", 1), 1);
  spawn(wait(signal, 1, 0, said_));
  ASSERT_TRUE(loop_.until([&] { return socket.readable; }));
  EXPECT_FALSE(said_.empty());
  EXPECT_FALSE(socket.peer_closed);
  close(pair[1]);
  EXPECT_TRUE(loop_.until([&] { return socket.peer_closed; }));
  socket.close();
  EXPECT_FALSE(socket.is_open());
}

}  // namespace
}  // namespace moongate
