#include "limit_bench.h"

namespace moongate {
namespace {

TEST(LimitBook, WhoOnlyLooksTakesNothing) {
  const ManualClock clock{kNoon};
  BookBench bench(clock);
  OneClient client(requests_limit(1));
  const auto used_and_fits = [&] {
    const Demand demand = client.demand();
    LimitChecks checks = limit_checks_of(demand, 1);
    std::int64_t now_ms = 0;
    bench.book.look(demand, checks, now_ms);
    EXPECT_EQ(checks.count, 1U);
    return std::pair(checks.begin()->used, checks.begin()->fits);
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(used_and_fits(), std::pair(std::int64_t{0}, true));
  EXPECT_TRUE(bench.passes(client.demand()));
  EXPECT_EQ(used_and_fits(), std::pair(std::int64_t{1}, false));
}

}  // namespace
}  // namespace moongate
