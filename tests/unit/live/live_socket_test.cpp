#include "live/live_socket.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "unit/live/live_requests.h"

namespace moongate {
namespace {

class FakePeer final : public WebSocketPeer {
 public:
  bool send(std::string text) override {
    if (full) return false;
    sent.push_back(std::move(text));
    return true;
  }
  std::size_t waiting_bytes() const override { return waiting; }
  void close(int code, std::string_view reason) override { closed = std::to_string(code) + " " + std::string(reason); }
  std::vector<std::string> sent;
  std::size_t waiting = 0;
  bool full = false;
  std::string closed;
};

struct LiveSockets : testing::Test {
  LiveSockets() {
    caller.name = "vera";
    caller.role = Role::kViewer;
    open();
  }
  void open() {
    peer = std::make_shared<FakePeer>();
    socket = std::make_shared<LiveSocket>(hub, [this](const HttpRequest&) { return admission; }, HttpRequest(), caller);
    admission = caller;
    socket->opened(peer);
  }
  // The type of the last message, and how many there were.
  std::string last() const {
    if (peer->sent.empty()) return "none";
    return std::string(boost::json::parse(peer->sent.back()).at("type").as_string());
  }
  std::size_t count() const { return peer->sent.size(); }

  ManualClock clock;
  Metrics metrics{1};
  LiveHub hub{LiveHub::Parts{clock, metrics}};
  Caller caller;
  OrReply<Caller> admission;
  std::shared_ptr<FakePeer> peer;
  std::shared_ptr<LiveSocket> socket;
};

TEST_F(LiveSockets, NothingIsToldBeforeItWasAskedFor) {
  socket->request(TestRequest().seen());
  socket->tick("usage", "{}");
  EXPECT_EQ(count(), 0U);
  socket->message(R"({"subscribe":["requests"]})");
  socket->request(TestRequest().seen());
  socket->tick("usage", "{}");
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(last(), "request");
  socket->message(R"({"subscribe":[]})");
  socket->request(TestRequest().seen());
  EXPECT_EQ(count(), 1U);
}

TEST_F(LiveSockets, FiltersNameClientsModelsAccountsAndStatus) {
  TestRequest other("mg-2");
  other.client = "second";
  other.record.status = 503;
  const auto taken = [&](const std::string& filter) {
    peer->sent.clear();
    socket->message(R"({"subscribe":["requests"],"filter":)" + filter + "}");
    EXPECT_TRUE(peer->sent.empty()) << peer->sent.front();
    socket->request(TestRequest().seen());
    socket->request(other.seen());
    socket->request(TestRequest("mg-3").seen(true));
    std::string ids;
    for (const std::string& each : peer->sent) ids += boost::json::parse(each).at("request").at("id").as_string().c_str() + std::string(" ");
    return ids;
  };
  EXPECT_EQ(taken("{}"), "mg-1 mg-2 mg-3 ");
  EXPECT_EQ(taken(R"({"client":"second"})"), "mg-2 ");
  EXPECT_EQ(taken(R"({"model":"claude-*"})"), "mg-1 mg-2 mg-3 ");
  EXPECT_EQ(taken(R"({"model":"gemini-*"})"), "");
  EXPECT_EQ(taken(R"({"account":"main","client":""})"), "mg-1 mg-2 mg-3 ");
  EXPECT_EQ(taken(R"({"status":"5xx"})"), "mg-2 ");
  EXPECT_EQ(taken(R"({"status":200})"), "mg-1 ");
  EXPECT_EQ(taken(R"({"status":"error"})"), "mg-2 ");
  EXPECT_EQ(taken(R"({"status":"ok"})"), "mg-1 ");
}

TEST_F(LiveSockets, WhoIsBehindIsToldHowMuchWasLeftOut) {
  socket->message(R"({"subscribe":["requests","usage"]})");
  peer->waiting = 300 * 1024;
  for (int i = 0; i < 5; ++i) socket->request(TestRequest().seen());
  socket->tick("usage", R"({"type":"usage"})");
  EXPECT_EQ(count(), 0U);
  peer->waiting = 200 * 1024;  // still much
  socket->request(TestRequest().seen());
  EXPECT_EQ(count(), 0U);
  peer->waiting = 0;
  socket->request(TestRequest().seen());
  ASSERT_EQ(count(), 2U);
  EXPECT_EQ(peer->sent[0], R"({"type":"lagged","dropped":6})");
  EXPECT_EQ(last(), "request");
}

TEST_F(LiveSockets, WhatFoundNoRoomIsToldEvenWhenNothingFollows) {
  socket->message(R"({"subscribe":["requests"]})");
  peer->full = true;
  socket->request(TestRequest().seen());
  peer->full = false;
  socket->tick("usage", "{}");
  EXPECT_EQ(peer->sent, std::vector<std::string>{R"({"type":"lagged","dropped":1})"});
}

TEST_F(LiveSockets, AUserSeesTheirOwnOnly) {
  caller.role = Role::kUser;
  caller.user_id = "u-1";
  open();
  socket->message(R"({"subscribe":["requests"]})");
  TestRequest mine("mine"), theirs("theirs"), nobodys("nobodys");
  mine.user_id = "u-1";
  theirs.user_id = "u-2";
  for (TestRequest* each : {&theirs, &nobodys, &mine}) socket->request(each->seen());
  ASSERT_EQ(count(), 1U);
  EXPECT_NE(peer->sent[0].find("\"mine\""), std::string::npos);
  socket->message(R"({"subscribe":["usage"]})");
  EXPECT_EQ(last(), "error");
  caller.user_id = "";
  open();
  socket->message(R"({"subscribe":["requests"]})");
  socket->request(nobodys.seen());
  EXPECT_EQ(count(), 0U);
}

TEST_F(LiveSockets, ASessionThatIsOverEndsIt) {
  socket->message(R"({"subscribe":["requests"]})");
  socket->look_at_session();
  EXPECT_EQ(peer->closed, "");
  admission = api_error(503, "UNAVAILABLE", "the store is away");
  EXPECT_FALSE(socket->look_at_session());
  EXPECT_EQ(peer->closed, "");
  admission = api_error(401, "UNAUTHENTICATED", "no");
  EXPECT_TRUE(socket->look_at_session());
  EXPECT_EQ(peer->closed, "1008 the session is over");
  socket->request(TestRequest().seen());
  EXPECT_EQ(count(), 0U);
}

TEST_F(LiveSockets, AnotherRoleEndsIt) {
  Caller now = caller;
  now.role = Role::kUser;
  admission = now;
  socket->look_at_session();
  EXPECT_EQ(peer->closed, "1008 the role has changed");
}

TEST_F(LiveSockets, TheHubTellsWhatWorkersHandedOver) {
  socket->message(R"({"subscribe":["requests"]})");
  EXPECT_TRUE(hub.wants_begun());
  hub.take(batch_of(TestRequest("a").packed() + TestRequest("b").packed()));
  hub.turn();
  EXPECT_EQ(count(), 2U);
  socket->closed();
  EXPECT_FALSE(hub.wants_begun());
  hub.take(batch_of(TestRequest("c").packed()));
  hub.turn();
  EXPECT_EQ(count(), 2U);
  EXPECT_TRUE(hub.recent().find("c"));
}

TEST_F(LiveSockets, AHubThatIsNeverEmptiedStaysBounded) {
  socket->message(R"({"subscribe":["requests"]})");
  for (int i = 0; i < 1000; ++i) hub.take(batch_of(TestRequest(std::to_string(i)).packed()));
  hub.turn();
  EXPECT_EQ(count(), 256U);
}

}  // namespace
}  // namespace moongate
