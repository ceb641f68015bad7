#include "protocol/usage_of_request.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

TEST(UsageOfRequest, VideoIsSecondsTimesVideos) {
  EXPECT_EQ(requested_video_ms(R"({"durationSeconds":6,"sampleCount":2})"), 12'000);
  EXPECT_EQ(requested_video_ms(R"({"aspectRatio":"16:9","durationSeconds":"4"})"), 4'000);
  EXPECT_EQ(requested_video_ms(R"({"numberOfVideos":3})"), 24'000);
}

TEST(UsageOfRequest, WhatIsNotSaidOrMakesNoSenseIsTheUsualVideo) {
  for (const char* parameters : {"", "{}", "null", "[]", "{", R"({"durationSeconds":0})", R"({"durationSeconds":-6})",
                                 R"({"durationSeconds":1e9})", R"({"durationSeconds":"long"})",
                                 R"({"durationSeconds":99999999999999999999})", R"({"sampleCount":1000000})"}) {
    EXPECT_EQ(requested_video_ms(parameters), 8'000) << parameters;
  }
}

}  // namespace
}  // namespace moongate
