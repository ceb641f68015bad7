// The policy in lua/, by its own tests.
#include "script/policy_test.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

TEST(TheDefaultPolicy, PassesItsOwnTests) {
  const PolicyTestReport report = report_policy_tests(MOONGATE_SOURCE_DIR "/lua", {});
  EXPECT_EQ(0, report.failed) << report.text;
  EXPECT_GE(report.passed, 16) << report.text;
}

}  // namespace
}  // namespace moongate
