#include "live/recent_requests.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "unit/live/live_requests.h"

namespace moongate {
namespace {

std::vector<std::string> ids_of(const RecentRequests& recent) {
  std::vector<std::string> ids;
  recent.walk([&](const LiveRequest& request) {
    ids.push_back(request.id);
    return true;
  });
  return ids;
}

TEST(LiveRecord, ARequestComesOutAsItWentIn) {
  TestRequest made;
  made.error = "none worth telling";
  made.user_id = "u-ada";
  made.routes = {route_to("main"), route_to("other", Provider::kVertexClaude, "us-east5")};
  made.notes.add(noted(RequestNote::Kind::kAttempt, 40, 1));
  made.notes.add(noted(RequestNote::Kind::kAnswered, 90, 1, 429, 7));
  const LiveRequest seen = made.seen();
  EXPECT_EQ(seen.id, "mg-1");
  EXPECT_EQ(seen.client, "builder");
  EXPECT_EQ(seen.user_id, "u-ada");
  EXPECT_EQ(seen.identity_kind, "key");
  EXPECT_EQ(seen.ended_at_ms, 1'000'000);
  EXPECT_EQ(seen.path, "/v1/messages") << "a query may hold a key";
  EXPECT_EQ(seen.error, made.error);
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.outcome, Outcome::kDone);
  EXPECT_EQ(seen.usage, made.record.usage);
  EXPECT_EQ(seen.input_tokens(), 10);
  EXPECT_EQ(seen.output_tokens(), 11);
  EXPECT_EQ(seen.routes, (std::vector<std::string>{"anthropic/main", "vertex-claude/other@us-east5"}));
  ASSERT_EQ(seen.notes.size(), 2U);
  EXPECT_EQ(seen.notes[1].status, 429);
  EXPECT_EQ(seen.notes[1].at_us, 90U);
  EXPECT_FALSE(seen.running);
  EXPECT_TRUE(made.seen(true).running);
}

TEST(LiveRecord, TextsOfAnyLengthAreCutBetweenCharacters) {
  TestRequest made;
  made.model = std::string(511, 'm') + "ü" + std::string(100'000, 'x');
  made.client = std::string(100'000, 'c');
  EXPECT_EQ(made.seen().model, std::string(511, 'm'));
  EXPECT_EQ(made.seen().client.size(), 512U);
  EXPECT_LT(made.packed().size(), 4096U);
}

TEST(LiveRecord, NotesBeyondTheirPlaceAreLeftOut) {
  TestRequest made;
  for (std::uint32_t i = 0; i < 300; ++i) made.notes.add(noted(RequestNote::Kind::kAttempt, i));
  EXPECT_EQ(made.seen().notes.size(), 16U);
  EXPECT_EQ(made.seen().notes.back().at_us, 15U);
}

TEST(RecentRequests, TheNewestComeFirstWhicheverWorkerToldThem) {
  RecentRequests recent(10, 1u << 20);
  recent.add(batch_of(TestRequest("a", 100).packed() + TestRequest("c", 300).packed()));
  recent.add(batch_of(TestRequest("b", 200).packed() + TestRequest("running", 250).packed(true)));
  EXPECT_EQ(ids_of(recent), (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_EQ(recent.find("b")->ended_at_ms, 200);
  EXPECT_FALSE(recent.find("running"));
  EXPECT_FALSE(recent.find("nobody"));
}

TEST(RecentRequests, OnlyTheLastAreKept) {
  RecentRequests recent(3, 1u << 20);
  for (int i = 1; i <= 50; ++i) recent.add(batch_of(TestRequest("r" + std::to_string(i), i).packed()));
  EXPECT_EQ(ids_of(recent), (std::vector<std::string>{"r50", "r49", "r48"}));
  EXPECT_FALSE(recent.find("r47"));
}

TEST(RecentRequests, MemoryIsBoundedHoweverLargeRequestsAre) {
  TestRequest large("large");
  large.error = std::string(500, 'e');
  RecentRequests recent(1000, 4000);
  for (int i = 0; i < 100; ++i) recent.add(batch_of(large.packed()));
  EXPECT_LE(ids_of(recent).size() * large.packed().size(), 4000U);
}

TEST(RecentRequests, LookingWhileWorkersTellIsSafe) {
  RecentRequests recent(100, 1u << 20);
  std::atomic<bool> done{false};
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      for (int i = 0; i < 2000; ++i) recent.add(batch_of(TestRequest(std::to_string(w) + "-" + std::to_string(i), i).packed()));
    });
  }
  std::thread looker([&] {
    while (!done) {
      recent.walk([](const LiveRequest& request) {
        EXPECT_EQ(request.client, "builder");
        return true;
      });
    }
  });
  for (std::thread& worker : workers) worker.join();
  done = true;
  looker.join();
  EXPECT_EQ(ids_of(recent).size(), 100U);
}

}  // namespace
}  // namespace moongate
