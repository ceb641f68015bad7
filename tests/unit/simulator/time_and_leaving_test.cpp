#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

class TimeAndLeaving : public SimulatorTest {
 protected:
  // Sends a request and returns once the simulator has logged it.
  void begin(TestClient& client, const std::string& faults, bool stream) {
    const std::size_t before = log().size();
    client.request("POST", "/v1/messages", anthropic_headers(faults), messages_body("hi", stream));
    for (int i = 0; i < 10'000 && log().size() == before; ++i) {
    }
  }
  bool answered() { return log().back().at("finished").as_bool(); }
};

TEST_F(TimeAndLeaving, LatencyHoldsTheHeadBack) {
  TestClient client(simulator->address());
  begin(client, "latency-ms=500", false);
  pass_ms(490);
  EXPECT_FALSE(answered());
  pass_ms(20);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(TimeAndLeaving, TheFirstEventComesLaterThanTheHead) {
  TestClient client(simulator->address());
  begin(client, "first-event-ms=500", true);
  ASSERT_TRUE(client.receive_until("\r\n\r\n"));
  pass_ms(490);
  EXPECT_EQ(client.received().find("message_start"), std::string::npos);
  EXPECT_FALSE(answered());
  pass_ms(20);
  EXPECT_TRUE(client.receive().whole);
}

TEST_F(TimeAndLeaving, EventsComeAtTheirPace) {
  TestClient client(simulator->address());
  begin(client, "events=3 pace-ms=100", true);
  ASSERT_TRUE(client.receive_until("w1 "));
  EXPECT_EQ(client.received().find("w2 "), std::string::npos);
  pass_ms(110);
  ASSERT_TRUE(client.receive_until("w2 "));
  EXPECT_EQ(client.received().find("w3 "), std::string::npos);
  pass_ms(100);
  EXPECT_TRUE(client.receive().whole);
}

TEST_F(TimeAndLeaving, AClientThatLeavesAStalledAnswerIsNoticedAndTimed) {
  for (const char* where : {"stall=before-head", "stall=mid-stream", "latency-ms=100000",
                            "first-event-ms=100000", "events=100 pace-ms=100000"}) {
    TestClient client(simulator->address());
    begin(client, where, true);
    pass_ms(64);
    client.close();
    const json::object entry = last_logged();
    EXPECT_EQ(entry.at("client_left_after_ms"), 64) << where;
    EXPECT_EQ(entry.at("completed"), false);
  }
}

TEST_F(TimeAndLeaving, AStallMidStreamComesAfterSomeEvents) {
  TestClient client(simulator->address());
  begin(client, "events=4 after=2 stall=mid-stream", true);
  EXPECT_TRUE(client.receive_until("w2 "));
  EXPECT_FALSE(answered());
}

TEST_F(TimeAndLeaving, AClientThatReadsNothingIsWaitedForAndNoticedWhenItLeaves) {
  TestClient client(simulator->address());
  begin(client, "events=64 event-bytes=1048576", true);
  pass_ms(10);
  EXPECT_FALSE(answered());
  client.close();
  EXPECT_EQ(last_logged().at("completed"), false);
}

TEST_F(TimeAndLeaving, AClientThatLeavesInTheMiddleOfItsBodyIsNoticed) {
  TestClient client(simulator->address());
  client.send("POST /v1/messages HTTP/1.1\r\nHost: s\r\nx-api-key: k\r\nContent-Length: 100\r\n\r\nhalf");
  client.close();
  const json::object entry = last_logged();
  EXPECT_EQ(entry.at("body_complete"), false);
  EXPECT_EQ(entry.at("body_length"), 4);
  EXPECT_EQ(entry.at("status"), nullptr);
}

TEST_F(TimeAndLeaving, ASlowReaderOfBodiesTakesItsTime) {
  TestClient client(simulator->address());
  const std::string body = messages_body("hi", false);
  client.send(
      "POST /v1/messages HTTP/1.1\r\nHost: s\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
      "x-simulator: read-ms=50\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  for (int i = 0; i < 10'000 && log().empty(); ++i) {
  }
  client.send(body);
  pass_ms(40);
  EXPECT_FALSE(answered());
  pass_ms(20);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(TimeAndLeaving, ABurstToOneClientDoesNotKeepOthersWaiting) {
  TestClient busy(simulator->address());
  begin(busy, "events=200000", true);
  // Answered while the other, unread stream is still under way.
  EXPECT_EQ(claude("hi").status, 200);
  busy.close();
}

TEST_F(TimeAndLeaving, TheSimulatorEndsWithStreamsStillOpen) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (const char* faults : {"stall=before-head", "stall=mid-stream", "events=9 pace-ms=100000",
                             "events=64 event-bytes=1048576"}) {
    clients.push_back(std::make_unique<TestClient>(simulator->address()));
    begin(*clients.back(), faults, true);
  }
  clients.push_back(std::make_unique<TestClient>(simulator->address()));  // one that never asks anything
  control("GET", "stats");
  simulator.reset();
  EXPECT_FALSE(clients.front()->receive().whole);
}

TEST_F(TimeAndLeaving, StatsAndResetTellAndForget) {
  claude("hi");
  claude("hi");
  access_token();
  json::value stats = parsed(control("GET", "stats").body);
  EXPECT_EQ(stats.at("requests"), 3);
  EXPECT_EQ(stats.at("connections"), 4);
  EXPECT_EQ(stats.at("tokens_issued"), 1);
  ASSERT_EQ(control("POST", "faults", "/ status=500").status, 200);
  EXPECT_EQ(control("POST", "reset").status, 200);
  stats = parsed(control("GET", "stats").body);
  EXPECT_EQ(stats.at("requests"), 0);
  EXPECT_LT(stats.at("connections").as_int64(), 7);
  EXPECT_TRUE(log().empty());
  EXPECT_EQ(claude("hi").status, 200);
  EXPECT_EQ(control("GET", "nothing").status, 404);
  EXPECT_EQ(control("POST", "faults", "x").status, 400);
}

TEST_F(TimeAndLeaving, TheLogTellsWhatCameAndWhatBecameOfIt) {
  claude("hi", "status=529");
  const json::object entry = last_logged();
  EXPECT_EQ(entry.at("method"), "POST");
  EXPECT_EQ(entry.at("target"), "/v1/messages");
  EXPECT_EQ(entry.at("status"), 529);
  EXPECT_EQ(entry.at("completed"), true);
  EXPECT_EQ(entry.at("client_left_after_ms"), nullptr);
  EXPECT_EQ(entry.at("headers").at("x-simulator"), "status=529");
}

TEST_F(TimeAndLeaving, APortInUseIsAnErrorThatSaysSo) {
  Simulator::Options options;
  options.listen = simulator->address();
  options.service_account_key_pem = test_key_pem();
  const auto second = Simulator::start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find(simulator->address()), std::string::npos);
  options.listen = "127.0.0.1:0";
  options.service_account_key_pem = "no key";
  EXPECT_FALSE(Simulator::start(options).ok());
}

}  // namespace
}  // namespace moongate::sim
