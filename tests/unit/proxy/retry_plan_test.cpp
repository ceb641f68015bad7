#include "proxy/retry_plan.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

using F = UpstreamFault;
using Step = RetryPlan::Step;

UpstreamError refused(F fault, std::int64_t retry_after_ms = -1) {
  UpstreamError error;
  error.fault = fault;
  error.retry_after_ms = retry_after_ms;
  return error;
}

TEST(RetryPlanTest, AnotherAccountTakesOverWhatThisOneMayNot) {
  for (const F each : {F::kRateLimited, F::kExhausted, F::kSpendLimit, F::kUnauthenticated, F::kForbidden}) {
    EXPECT_EQ(plan_retry(refused(each), {.another_route = true}).step, Step::kNext) << to_string(each);
    EXPECT_EQ(plan_retry(refused(each), {}).step, Step::kDeliver) << to_string(each);
  }
}

TEST(RetryPlanTest, AShortWaitIsWaitedOnlyWhereNobodyElseCan) {
  EXPECT_EQ(plan_retry(refused(F::kRateLimited, 1500), {}).step, Step::kHere);
  EXPECT_EQ(plan_retry(refused(F::kRateLimited, 1500), {}).wait_ms, 1500);
  EXPECT_EQ(plan_retry(refused(F::kRateLimited, 2001), {}).step, Step::kDeliver);
  EXPECT_EQ(plan_retry(refused(F::kRateLimited, 1500), {.another_route = true}).step, Step::kNext);
  UpstreamError never = refused(F::kRateLimited, 10);
  never.never_retry = true;
  EXPECT_EQ(plan_retry(never, {}).step, Step::kDeliver);
}

TEST(RetryPlanTest, OverloadIsAskedAgainHereThenElsewhere) {
  const RetryPlan first = plan_retry(refused(F::kOverloaded), {.another_route = true});
  EXPECT_EQ(first.step, Step::kHere);
  EXPECT_EQ(first.wait_ms, 250);
  EXPECT_EQ(plan_retry(refused(F::kOverloaded), {.attempts = 2, .here = 2, .another_route = true}).step, Step::kNext);
  EXPECT_EQ(plan_retry(refused(F::kOverloaded), {.attempts = 2, .here = 2}).wait_ms, 500);
  EXPECT_EQ(plan_retry(refused(F::kOverloaded, 60'000), {}).step, Step::kDeliver);
}

TEST(RetryPlanTest, NothingIsRepeatedBeyondTheBoundOrWithoutItsBody) {
  for (int i = 0; i <= static_cast<int>(F::kCallerFault); ++i) {
    const UpstreamError error = refused(static_cast<F>(i), 10);
    EXPECT_EQ(plan_retry(error, {.attempts = 3, .another_route = true, .may_strip = true, .may_drop_betas = true, .retry_executed = true}).step,
              Step::kDeliver);
    EXPECT_EQ(plan_retry(error, {.replayable = false, .another_route = true, .may_strip = true, .may_drop_betas = true, .retry_executed = true}).step,
              Step::kDeliver);
  }
}

TEST(RetryPlanTest, WhatMayHaveBeenExecutedIsRepeatedOnlyWhereAskedFor) {
  EXPECT_EQ(plan_retry(refused(F::kServerError), {.another_route = true}).step, Step::kDeliver);
  EXPECT_EQ(plan_retry(refused(F::kServerError), {.another_route = true, .retry_executed = true}).step, Step::kNext);
}

TEST(RetryPlanTest, TheCallersMistakesAreTold) {
  for (const F each : {F::kRefused, F::kNotFound, F::kCallerFault}) {
    EXPECT_EQ(plan_retry(refused(each), {.another_route = true, .retry_executed = true}).step, Step::kDeliver);
  }
}

TEST(RetryPlanTest, SignaturesAndBetasAreMendedOnceHere) {
  EXPECT_EQ(plan_retry(refused(F::kBadSignature), {.another_route = true, .may_strip = true}).step, Step::kStrip);
  EXPECT_EQ(plan_retry(refused(F::kBadSignature), {.another_route = true}).step, Step::kDeliver);
  EXPECT_EQ(plan_retry(refused(F::kBadBeta), {.may_drop_betas = true}).step, Step::kDropBetas);
  EXPECT_EQ(plan_retry(refused(F::kBadBeta), {}).step, Step::kDeliver);
}

TEST(RetryBudgetTest, RetriesAreAShareOfRequestsAndABurst) {
  RetryBudget budget(20);
  int retries = 0;
  for (int i = 0; i < 1000; ++i) {
    budget.count_request();
    while (budget.take()) ++retries;
  }
  EXPECT_EQ(retries, 10 + 199);
  RetryBudget none(0);
  none.count_request();
  EXPECT_FALSE(none.take());
}

}  // namespace
}  // namespace moongate
