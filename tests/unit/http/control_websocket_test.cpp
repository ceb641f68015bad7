#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <vector>

#include "control_port.h"

namespace moongate {
namespace {

const std::string kAsk =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

enum Opcode : unsigned char { kMore = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// A client's frame, masked with a key that a test can read through. `fin`: the message ends with it.
std::string frame(Opcode opcode, std::string_view payload, bool fin = true, bool masked = true) {
  std::string out;
  out += static_cast<char>((fin ? 0x80 : 0) | opcode);
  const char mask_bit = masked ? static_cast<char>(0x80) : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
  } else if (payload.size() < 65536) {
    out += static_cast<char>(mask_bit | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(mask_bit | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  if (!masked) return out.append(payload);
  const std::string key = "\x01\x02\x03\x04";
  out += key;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ key[i % 4]);
  return out;
}

struct Frame {
  int opcode = -1;  // -1: the connection has ended
  std::string payload;
  int code() const {  // of a close frame
    return payload.size() < 2 ? 0 : static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
  }
};

Frame read_frame(Caller& caller) {
  const std::string head = caller.bytes(2);
  if (head.size() < 2) return {};
  EXPECT_EQ(head[1] & 0x80, 0) << "a server masks nothing";
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size >= 126) {
    const std::string more = caller.bytes(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : more) size = size * 256 + static_cast<unsigned char>(c);
  }
  return {head[0] & 15, caller.bytes(size)};
}

// Keeps what the server told; says back what it is told unless a test wants otherwise.
class Told : public WebSocketHandler {
 public:
  explicit Told(bool echo = true) : echo_(echo) {}
  void opened(std::shared_ptr<WebSocketPeer> with) override {
    const std::scoped_lock lock(mutex_);
    peer_ = std::move(with);
    changed_.notify_all();
  }
  void message(std::string_view text) override {
    const std::scoped_lock lock(mutex_);
    EXPECT_FALSE(closed_);
    messages_.emplace_back(text);
    if (echo_) peer_->send("echo " + std::string(text));
    changed_.notify_all();
  }
  void closed() override {
    const std::scoped_lock lock(mutex_);
    EXPECT_FALSE(closed_) << "told twice";
    closed_ = true;
    changed_.notify_all();
  }
  std::shared_ptr<WebSocketPeer> peer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return peer_ != nullptr; });
    return peer_;
  }
  bool wait_until_closed() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_; });
    return true;
  }
  std::vector<std::string> messages() {
    const std::scoped_lock lock(mutex_);
    return messages_;
  }

 private:
  const bool echo_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<WebSocketPeer> peer_;
  std::vector<std::string> messages_;
  bool closed_ = false;
};

struct ControlWebSocket : ControlPort {
  std::shared_ptr<Told> told = std::make_shared<Told>();

  void serve_websocket(ControlServer::Options options = {}) {
    serve([this](const HttpRequest& request) {
      if (request.path == "/plain") return echo(request);
      HttpResponse response;
      response.status = 101;
      response.headers.emplace_back("X-Own", "yes");
      response.websocket = request.path == "/other" ? std::make_shared<Told>() : told;
      return response;
    }, options);
  }
  std::unique_ptr<Caller> open(const std::string& ask = kAsk) {
    auto caller = call();
    std::string head;
    caller->say(ask);
    while (!head.ends_with("\r\n\r\n")) {
      const std::string next = caller->bytes(1);
      if (next.empty()) break;
      head += next;
    }
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos) << head;
    EXPECT_NE(head.find("X-Own: yes"), std::string::npos);
    EXPECT_EQ(head.find("permessage-deflate"), std::string::npos);
    return caller;
  }
};

TEST_F(ControlWebSocket, MessagesGoBothWays) {
  serve_websocket();
  auto caller = open();
  EXPECT_EQ(read_frame(caller->say(frame(kText, "hello"))).payload, "echo hello");
  EXPECT_TRUE(told->peer()->send("by the way"));
  const Frame news = read_frame(*caller);
  EXPECT_EQ(news.opcode, kText);
  EXPECT_EQ(news.payload, "by the way");
}

TEST_F(ControlWebSocket, AMessageMayComeInFragmentsWithAPingBetween) {
  serve_websocket();
  auto caller = open();
  caller->say(frame(kText, "one ", false)).say(frame(kPing, "there?")).say(frame(kMore, "two ", false)).say(frame(kMore, "three"));
  const Frame pong = read_frame(*caller);
  EXPECT_EQ(pong.opcode, kPong);
  EXPECT_EQ(pong.payload, "there?");
  EXPECT_EQ(read_frame(*caller).payload, "echo one two three");
}

TEST_F(ControlWebSocket, TheLargestMessageIsTakenAndALargerOneEndsTheConnection) {
  serve_websocket();
  auto caller = open();
  EXPECT_EQ(read_frame(caller->say(frame(kText, std::string(65536, 'a')))).payload.size(), 65536u + 5);
  EXPECT_EQ(read_frame(caller->say(frame(kText, std::string(65537, 'a')))).code(), 1009);
  caller.reset();
  EXPECT_TRUE(told->wait_until_closed());
  EXPECT_EQ(told->messages().size(), 1u);
}

TEST_F(ControlWebSocket, FragmentsCannotAddUpToMore) {
  serve_websocket();
  auto caller = open();
  caller->say(frame(kText, std::string(60'000, 'a'), false)).say(frame(kMore, std::string(6'000, 'a'), false));
  EXPECT_EQ(read_frame(*caller).code(), 1009);
}

TEST_F(ControlWebSocket, AFrameWithoutAMaskIsAProtocolError) {
  serve_websocket();
  auto caller = open();
  EXPECT_EQ(read_frame(caller->say(frame(kText, "bare", true, false))).code(), 1002);
  caller.reset();
  EXPECT_TRUE(told->wait_until_closed());
}

TEST_F(ControlWebSocket, TextThatIsNoUtf8IsRefused) {
  serve_websocket();
  auto caller = open();
  EXPECT_EQ(read_frame(caller->say(frame(kText, "\xff\xfe"))).code(), 1007);
}

TEST_F(ControlWebSocket, BinaryMessagesAreRefused) {
  serve_websocket();
  auto caller = open();
  EXPECT_EQ(read_frame(caller->say(frame(kBinary, "01"))).code(), 1003);
  caller->say(frame(kClose, "\x03\xeb"));
  EXPECT_EQ(read_frame(*caller).opcode, -1);
  EXPECT_TRUE(told->messages().empty());
}

TEST_F(ControlWebSocket, TheClientsCloseIsAnsweredAndTold) {
  serve_websocket();
  auto caller = open();
  const Frame answer = read_frame(caller->say(frame(kClose, "\x03\xe8")));
  EXPECT_EQ(answer.opcode, kClose);
  EXPECT_EQ(answer.code(), 1000);
  caller.reset();
  EXPECT_TRUE(told->wait_until_closed());
  EXPECT_FALSE(told->peer()->send("too late"));
}

TEST_F(ControlWebSocket, WhatWaitsIsSentBeforeTheOwnersClose) {
  serve_websocket();
  auto caller = open();
  const auto peer = told->peer();
  EXPECT_TRUE(peer->send("last words"));
  peer->close(1008, "signed out");
  EXPECT_FALSE(peer->send("after that"));
  EXPECT_EQ(read_frame(*caller).payload, "last words");
  const Frame close = read_frame(*caller);
  EXPECT_EQ(close.code(), 1008);
  EXPECT_EQ(close.payload.substr(2), "signed out");
  caller->say(frame(kClose, "\x03\xf0"));
  caller.reset();
  EXPECT_TRUE(told->wait_until_closed());
}

TEST_F(ControlWebSocket, ALongReasonIsCutBetweenCharacters) {
  serve_websocket();
  auto caller = open();
  std::string reason(122, 'a');
  told->peer()->close(1000, reason + "ü");
  EXPECT_EQ(read_frame(*caller).payload.substr(2), reason);
}

TEST_F(ControlWebSocket, AClientThatLeavesWithoutAWordIsTold) {
  serve_websocket();
  open().reset();
  EXPECT_TRUE(told->wait_until_closed());
}

TEST_F(ControlWebSocket, ASlowClientFillsItsQueueAndNothingElse) {
  told = std::make_shared<Told>(false);
  serve_websocket();
  auto slow = open();
  const auto peer = told->peer();
  const std::string piece(64 * 1024, 'x');
  std::size_t taken = 0;
  while (peer->send(piece)) ++taken;
  EXPECT_LE(peer->waiting_bytes(), 1u << 20);
  EXPECT_GE(taken, 16u);
  std::size_t got = 0;
  for (; got < taken; ++got) ASSERT_EQ(read_frame(*slow).payload.size(), piece.size());
  while (!peer->send("there is room again")) std::this_thread::yield();
  EXPECT_EQ(read_frame(*slow).payload, "there is room again");
}

TEST_F(ControlWebSocket, ASilentClientIsPingedAndThenGivenUp) {
  ControlServer::Options options;
  options.websocket_idle_ms = 400;
  serve_websocket(options);
  auto caller = open();
  EXPECT_EQ(read_frame(*caller).opcode, kPing);
  EXPECT_TRUE(told->wait_until_closed());
}

TEST_F(ControlWebSocket, MoreThanAllowedAreRefused) {
  ControlServer::Options options;
  options.max_websockets = 1;
  serve_websocket(options);
  auto first = open();
  const std::string answer = call()->say(kAsk).until("again later.");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
}

TEST_F(ControlWebSocket, AnOrdinaryRequestForAWebSocketsPathIsRefused) {
  serve_websocket();
  EXPECT_TRUE(call()->say("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n").until("<end>").starts_with("HTTP/1.1 400 "));
}

TEST_F(ControlWebSocket, FramesBeforeTheAnswerAreRefused) {
  serve_websocket();
  EXPECT_TRUE(call()->say(kAsk + frame(kText, "hasty")).until("<end>").starts_with("HTTP/1.1 400 "));
}

TEST_F(ControlWebSocket, TheServersEndIsToldWith1001) {
  serve_websocket();
  auto caller = open();
  told->peer();
  auto ended = std::async(std::launch::async, [this] { server.reset(); });
  EXPECT_EQ(read_frame(*caller).code(), 1001);
  caller->say(frame(kClose, "\x03\xe9"));
  caller.reset();
  ended.get();
  EXPECT_TRUE(told->wait_until_closed());
  EXPECT_FALSE(told->peer()->send("nobody is there"));  // the peer outlives all
}

TEST_F(ControlWebSocket, AClientThatDoesNotAnswerCannotHoldTheServersEnd) {
  serve_websocket();
  auto caller = open();
  told->peer();
  server.reset();
  EXPECT_TRUE(told->wait_until_closed());
}

TEST_F(ControlWebSocket, ManyAtOnceAreServedWhileOrdinaryRequestsAre) {
  serve_websocket();
  std::string ask = kAsk;
  ask.replace(ask.find("/ws"), 3, "/other");
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 60; ++i) callers.push_back(open(ask));
  for (int i = 0; i < 60; ++i) callers[static_cast<std::size_t>(i)]->say(frame(kText, std::to_string(i)));
  EXPECT_TRUE(call()->say("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").starts_with("HTTP/1.1 200 "));
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(read_frame(*callers[static_cast<std::size_t>(i)]).payload, "echo " + std::to_string(i));
  }
}

}  // namespace
}  // namespace moongate
