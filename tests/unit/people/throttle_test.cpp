// Attempts are counted per name and address, for a while, and passwords are checked a few at a time.
#include "people/throttle.h"

#include <gtest/gtest.h>

#include "people/password_desk.h"
#include "unit/crypto/seeded_random.h"

namespace moongate {
namespace {

TEST(Counters, EndWithTheirTime) {
  ManualClock clock;
  LocalCounters counters(clock);
  EXPECT_EQ(counters.add("a", 1, 1000), 1);
  clock.advance_ms(999);
  EXPECT_EQ(counters.add("a", 2, 1000), 3);
  EXPECT_EQ(counters.add("b", 1, 1000), 1);
  clock.advance_ms(1);
  EXPECT_EQ(counters.add("a", 1, 1000), 1);
}

TEST(Counters, AreBounded) {
  ManualClock clock;
  LocalCounters counters(clock, 3);
  EXPECT_EQ(counters.add("oldest", 1, 1000), 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(counters.add("n" + std::to_string(i), 1, 2000), 1);
  EXPECT_EQ(counters.add("n9", 1, 2000), 2);
  EXPECT_EQ(counters.add("oldest", 1, 1000), 1);
}

TEST(Counters, OfGatewaysWithOneCacheAreTheSame) {
  const SystemClock clock;
  Resolver resolver(clock);
  auto caches = open_cache("memory://", {}, resolver, nullptr).value();
  auto one = SharedCounters::start(*caches, clock).value();
  auto two = SharedCounters::start(*caches, clock).value();
  EXPECT_FALSE(one->has_limits());
  EXPECT_EQ(one->add("a", 1, 60'000), 1);
  EXPECT_EQ(two->add("a", 1, 60'000), 2);
  EXPECT_EQ(one->add("a", -1, 60'000), 1);
}

TEST(Throttle, AnIpv6MachineHasOneAddress) {
  EXPECT_EQ(throttled_address("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(throttled_address("2001:db8::1"), "2001:db8::/64");
  EXPECT_EQ(throttled_address("2001:db8:0:0:ffff::1"), "2001:db8::/64");
  EXPECT_NE(throttled_address("2001:db8:0:1::1"), "2001:db8::/64");
}

TEST(Throttle, SpellingsOfANameCountTogether) {
  ManualClock clock;
  LocalCounters counters(clock);
  const SessionKeys keys{Secret(std::string(32, 'm'))};
  Throttle throttle(counters, keys, 2);
  HttpRequest request;
  const auto refused = [&](std::string_view name, std::string address) {
    request.remote_address = std::move(address);
    return throttle.begin("login", name, request).has_value();
  };
  EXPECT_FALSE(refused("ann", "192.0.2.1"));
  EXPECT_FALSE(refused("ANN", "192.0.2.2"));
  EXPECT_TRUE(refused("Ann", "192.0.2.3"));
  EXPECT_FALSE(refused("bob", "192.0.2.3"));
}

TEST(PasswordDesk, RefusesRatherThanPilesUp) {
  SeededRandom random;
  PasswordDesk none(random, {0, 0});
  EXPECT_EQ(none.hash(Secret("correct horse")).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(none.verify(Secret("correct horse"), "").error().kind, ErrorKind::kUnavailable);
  PasswordDesk one(random, {1, 0});
  const std::string hash = one.hash(Secret("correct horse")).value();
  EXPECT_TRUE(one.verify(Secret("correct horse"), hash).value());
  EXPECT_FALSE(one.verify(Secret("wrong horse"), hash).value());
  EXPECT_FALSE(one.verify(Secret("correct horse"), "").value());
}

}  // namespace
}  // namespace moongate
