#include "net/address.h"

#include <unistd.h>

#include "net/resolver.h"
#include "unit/net/loop.h"

namespace moongate {
namespace {

TEST(ParseAddress, TakesBothFamilies) {
  EXPECT_EQ(parse_address("127.0.0.1:8888")->text(), "127.0.0.1:8888");
  EXPECT_EQ(parse_address("[::1]:0")->text(), "[::1]:0");
  EXPECT_EQ(parse_address("0.0.0.0:80")->host(), "0.0.0.0");
  EXPECT_EQ(parse_address(":65535")->port(), 65535);
}

TEST(ParseAddress, SaysWhatIsWrong) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:80 ", "127.0.0.1:+80", "256.0.0.1.:80", "[::1:80"}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(address.error().message.find("\"" + std::string(text) + "\""), std::string::npos);
    EXPECT_NE(address.error().message.find("host:port"), std::string::npos) << "it says what to write";
  }
}

TEST(ListenOn, TakesAFreePortAndTellsIt) {
  const int fd = listen_on(parse_address("127.0.0.1:0").value(), 16, false, "listen.proxy").value();
  EXPECT_GT(local_address(fd).port(), 0);
  Address peer;
  EXPECT_EQ(accept_on(fd, peer), -1) << "nobody waits, and it does not block";
  close(fd);
}

TEST(ListenOn, APortInUseIsToldWithTheSettingToChange) {
  const int fd = listen_on(parse_address("127.0.0.1:0").value(), 16, false, "listen.proxy").value();
  const Address taken = local_address(fd);
  const auto second = listen_on(taken, 16, false, "listen.proxy");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConnect);
  EXPECT_NE(second.error().message.find(taken.text()), std::string::npos);
  EXPECT_NE(second.error().message.find("--set listen.proxy="), std::string::npos);
  close(fd);
}

TEST(ListenOn, WorkersMayShareAPort) {
  const int fd = listen_on(parse_address("127.0.0.1:0").value(), 16, true, "listen.proxy").value();
  const int second = listen_on(local_address(fd), 16, true, "listen.proxy").value();
  close(fd);
  close(second);
}

class ResolverTest : public testing::Test {
 protected:
  Result<std::vector<Address>> ask(const std::string& host, MonoMs deadline = 0) {
    Signal signal(loop_.reactor);
    return loop_.run(resolver_.resolve(signal, host, 443, deadline));
  }
  ManualClock clock_;
  Resolver resolver_{clock_};
  Loop loop_{clock_};
};

TEST_F(ResolverTest, NumbersNeedNoQuestion) {
  EXPECT_EQ(ask("192.0.2.7")->at(0).text(), "192.0.2.7:443");
  EXPECT_EQ(ask("2001:db8::1")->at(0).text(), "[2001:db8::1]:443");
}

TEST_F(ResolverTest, KnowsLocalhostAndAnswersAtOnceAfterwards) {
  const auto first = ask("localhost");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->at(0).port(), 443);
  Signal signal(loop_.reactor);
  bool answered = false;
  const auto again = [](Resolver& resolver, Signal& waits, bool& flag) -> Task<void> {
    flag = (co_await resolver.resolve(waits, "localhost", 80, 0)).ok();
  };
  spawn(again(resolver_, signal, answered));
  EXPECT_TRUE(answered) << "without a turn of the loop";
}

TEST_F(ResolverTest, ANameThatIsNoneFails) {
  // "..": no resolver of any kind takes it, so nothing is asked of a network.
  const auto answer = ask("no..such..name.invalid");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kConnect);
  EXPECT_EQ(answer.error().retry, Retry::kYes);
  EXPECT_NE(answer.error().message.find("no..such..name.invalid"), std::string::npos);
}

TEST_F(ResolverTest, QuestionsForOneNameAtOnceAreAllAnswered) {
  int answered = 0;
  const auto body = [](Reactor& reactor, Resolver& resolver, int& count) -> Task<void> {
    Signal signal(reactor);
    if (co_await resolver.resolve(signal, "localhost", 80, 0)) ++count;
  };
  for (int i = 0; i < 20; ++i) spawn(body(loop_.reactor, resolver_, answered));
  EXPECT_TRUE(loop_.until([&] { return answered == 20; }));
}

TEST_F(ResolverTest, TheDeadlineEndsTheWait) {
  // No thread answers: only the deadline can end it.
  Resolver silent(clock_, 30'000, 0);
  Signal signal(loop_.reactor);
  std::optional<ErrorKind> kind;
  const auto body = [](Resolver& resolver, Signal& waits, MonoMs deadline,
                       std::optional<ErrorKind>& out) -> Task<void> {
    const auto answer = co_await resolver.resolve(waits, "localhost", 80, deadline);
    if (!answer) out = answer.error().kind;
  };
  spawn(body(silent, signal, loop_.reactor.now_ms() + 100, kind));
  loop_.reactor.turn(0);
  EXPECT_FALSE(kind);
  clock_.advance_ms(200);
  loop_.reactor.turn(0);
  EXPECT_EQ(kind, ErrorKind::kTimeout);
}

}  // namespace
}  // namespace moongate
