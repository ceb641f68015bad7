// The policy in lua/, by its own tests.
#include <gtest/gtest.h>

#include "script/policy_test.h"

namespace moongate {
namespace {

TEST(TheDefaultPolicy, PassesItsOwnTests) {
  const PolicyTestReport report = report_policy_tests(MOONGATE_SOURCE_DIR "/lua", {});
  EXPECT_EQ(0, report.failed) << report.text;
  EXPECT_GE(report.passed, 16) << report.text;
}

}  // namespace
}  // namespace moongate
