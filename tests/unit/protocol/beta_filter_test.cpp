#include "protocol/beta_filter.h"

#include <gtest/gtest.h>

#include <vector>

namespace moongate {
namespace {

const std::vector<std::string> kAllowed = {"context-1m-2025-08-07", "interleaved-thinking-*"};

TEST(BetaFilter, KeepsWhatTheUpstreamKnowsInOrder) {
  EXPECT_EQ(
      filter_betas("oauth-2025-04-20, interleaved-thinking-2025-05-14 ,\tcontext-1m-2025-08-07", kAllowed),
      "interleaved-thinking-2025-05-14,context-1m-2025-08-07");
}

TEST(BetaFilter, DropsRepetitionsAndEmptyItems) {
  EXPECT_EQ(filter_betas(",context-1m-2025-08-07,,context-1m-2025-08-07,", kAllowed),
            "context-1m-2025-08-07");
}

TEST(BetaFilter, LeavesNothingWhenNothingIsAllowed) {
  EXPECT_EQ(filter_betas("context-1m-2025-08-07", {}), "");
  EXPECT_EQ(filter_betas("context-1m", kAllowed), "");
  EXPECT_EQ(filter_betas("", kAllowed), "");
  EXPECT_EQ(filter_betas("anything,else", std::vector<std::string>{"*"}), "anything,else");
}

}  // namespace
}  // namespace moongate
