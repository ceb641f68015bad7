#include "proxy/body_reader.h"

#include <sys/socket.h>
#include <unistd.h>

#include "unit/net/loop.h"

namespace moongate {
namespace {

const std::string kJson = R"({"messages":[{"role":"user","content":"hi"}],"model":"claude-x","stream":true})";

std::string chunked(std::string_view text, std::size_t size) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
    char line[20];
    std::snprintf(line, sizeof line, "%zx\r\n", std::min(size, text.size()));
    out += line + std::string(text.substr(0, size)) + "\r\n";
  }
  return out + "0\r\n\r\n";
}

class BodyReaderTest : public testing::Test {
 protected:
  void SetUp() override { connect_pair(); }
  void TearDown() override { hang_up(); }

  void connect_pair() {
    hang_up();
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    ASSERT_TRUE(client_.open(loop_.reactor, pair[0], true));
    client_.set_signal(&signal_);
    peer_ = pair[1];
  }
  void hang_up() {
    if (peer_ >= 0) close(std::exchange(peer_, -1));
  }
  // A new body of which `behind` came with the head.
  BodyReader& begin(Framing framing, std::uint64_t length, std::string_view behind = "", bool scan = true) {
    RequestHead head;
    head.framing = framing;
    head.content_length = length;
    behind_.assign(behind);
    reader_.emplace(client_, signal_, limits_);
    reader_->begin(head, behind_.data(), behind_.size(), scan);
    return *reader_;
  }
  BodyReader& begin_chunked(std::string_view behind = "") { return begin(Framing::kChunked, 0, behind); }
  void send(std::string_view text) {
    ASSERT_EQ(write(peer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string unsent() const {
    iovec pieces[64];
    const int count = reader_->unsent(pieces, 64);
    std::string text;
    for (int i = 0; i < count; ++i) text.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
    EXPECT_EQ(text.size(), reader_->unsent_bytes());
    return text;
  }
  Status read_all() { return loop_.run(reader_->read_all()); }

  ManualClock clock_;
  Loop loop_{clock_};
  Signal signal_{loop_.reactor};
  Stream client_;
  int peer_ = -1;
  BodyLimits limits_{64 * 1024, 256 * 1024, 30'000};
  std::string behind_;
  std::optional<BodyReader> reader_;
};

TEST_F(BodyReaderTest, WithoutABodyThereIsNothingToWaitFor) {
  BodyReader& body = begin(Framing::kNone, 0, "GET / HTTP/1.1\r\n");
  EXPECT_FALSE(body.exists() || body.awaits_client());
  EXPECT_TRUE(body.complete() && body.all_sent());
  EXPECT_EQ(body.length(), 0u);
  EXPECT_EQ(body.consumed_behind_head(), 0u);
}

TEST_F(BodyReaderTest, ALengthCutAnywhereIsPutTogether) {
  for (std::size_t cut = 0; cut <= kJson.size(); ++cut) {
    BodyReader& body = begin(Framing::kLength, kJson.size(), kJson.substr(0, cut));
    ASSERT_EQ(body.length(), kJson.size());
    send(kJson.substr(cut));
    ASSERT_TRUE(read_all());
    ASSERT_EQ(body.text(), kJson);
    ASSERT_EQ(body.scanner().capture(BodyReader::kModel).raw, "\"claude-x\"");
    ASSERT_FALSE(body.swallowed_more());
  }
}

TEST_F(BodyReaderTest, ChunksCutAnywhereArePutTogether) {
  const std::string raw = chunked(kJson, 7);
  for (std::size_t cut = 0; cut <= raw.size(); ++cut) {
    BodyReader& body = begin_chunked(raw.substr(0, cut));
    send(raw.substr(cut));
    ASSERT_TRUE(read_all());
    ASSERT_EQ(body.text(), kJson) << cut;
    ASSERT_EQ(body.length(), kJson.size());
    ASSERT_EQ(unsent(), kJson);
    ASSERT_EQ(body.scanner().capture(BodyReader::kStream).raw, "true");
  }
}

TEST_F(BodyReaderTest, ComingByteByByteWhileItIsSentKeepsTheOrder) {
  const std::string raw = chunked(kJson, 5);
  BodyReader& body = begin_chunked();
  std::string sent;
  for (const char c : raw) {
    send(std::string_view(&c, 1));
    ASSERT_TRUE(loop_.until([&] { return client_.readable(); }));
    ASSERT_EQ(body.try_read(), BodyReader::ReadResult::kProgress);
    const std::string some = unsent();
    if (some.size() < 3) continue;
    sent += some.substr(0, some.size() - 1);
    body.mark_sent(some.size() - 1);
  }
  sent += unsent();
  body.mark_sent(body.unsent_bytes());
  EXPECT_EQ(sent, kJson);
  EXPECT_TRUE(body.all_sent());
  EXPECT_EQ(body.text(), kJson) << "all of it is still held";
}

TEST_F(BodyReaderTest, TheNextRequestStaysUnreadBehindALength) {
  begin(Framing::kLength, kJson.size(), kJson.substr(0, 10));
  send(kJson.substr(10) + "GET /next");
  ASSERT_TRUE(read_all());
  char bytes[20];
  EXPECT_EQ(client_.read(bytes, sizeof bytes).bytes, 9u);
  EXPECT_FALSE(reader_->swallowed_more());
}

TEST_F(BodyReaderTest, TellsWhatWasItsOwnBehindTheHead) {
  const std::string raw = chunked(kJson, 20);
  EXPECT_EQ(begin_chunked(raw + "GET /next").consumed_behind_head(), raw.size());
  EXPECT_TRUE(reader_->complete());
  EXPECT_EQ(begin(Framing::kLength, 4, "bodyGET /next").consumed_behind_head(), 4u);
}

TEST_F(BodyReaderTest, TellsWhenItSwallowedTheNextRequest) {
  begin_chunked();
  send(chunked(kJson, 20) + "GET /next");
  ASSERT_TRUE(read_all());
  EXPECT_TRUE(reader_->swallowed_more());
}

TEST_F(BodyReaderTest, MalformedChunksAreTheClientsFault) {
  begin_chunked("5\r\nhel");
  send("lo5\r\n");
  const Status status = read_all();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(status.error().source, ErrorSource::kClient);
  begin_chunked("zz\r\n");
  EXPECT_FALSE(read_all()) << "behind the head too";
  EXPECT_FALSE(loop_.run(reader_->read_model(false)));
}

TEST_F(BodyReaderTest, MoreThanCanBeHeldIsRefused) {
  begin(Framing::kLength, limits_.held + 1);
  Status status = read_all();
  ASSERT_FALSE(status) << "before a byte is read";
  EXPECT_EQ(status.error().kind, ErrorKind::kTooLarge);

  const std::string raw = chunked(std::string(limits_.held + 4000, ' '), 4000);
  begin_chunked();
  send(raw);
  status = read_all();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kTooLarge);
}

TEST_F(BodyReaderTest, MoreThanIsAllowedAtAllIsRefusedWhileStreaming) {
  limits_.total = 100;
  BodyReader& body = begin_chunked(chunked(std::string(101, 'x'), 50));
  EXPECT_EQ(body.failure().kind, ErrorKind::kTooLarge);
  EXPECT_FALSE(read_all());
  begin_chunked(chunked(std::string(100, 'x'), 50));
  EXPECT_TRUE(read_all());
}

TEST_F(BodyReaderTest, ReadsNoFurtherThanTheModel) {
  BodyReader& body = begin(Framing::kLength, kJson.size());
  send(kJson.substr(0, kJson.find(",\"stream")));
  ASSERT_TRUE(loop_.run(body.read_model(false)));
  EXPECT_EQ(body.field("model"), "\"claude-x\"");
  EXPECT_EQ(body.field("stream"), std::nullopt);
  EXPECT_FALSE(body.complete());
  send(kJson.substr(kJson.find(",\"stream")));
  ASSERT_TRUE(loop_.run(body.read_model(true)));
  EXPECT_EQ(body.field("stream"), "true");
}

TEST_F(BodyReaderTest, WithoutAModelItReadsToTheEnd) {
  BodyReader& body = begin(Framing::kLength, 9, R"({"a": 1})");
  send(" ");
  ASSERT_TRUE(loop_.run(body.read_model(true)));
  EXPECT_EQ(body.field("model"), std::nullopt);
}

TEST_F(BodyReaderTest, TwoModelsAreAmbiguous) {
  const std::string twice = R"({"model":"a","x":{"model":"inner"},"model":"b"})";
  begin(Framing::kLength, twice.size(), twice);
  ASSERT_TRUE(read_all());
  EXPECT_TRUE(reader_->ambiguous_model());
  const std::string once = R"({"model":"a","x":{"model":"inner"}})";
  begin(Framing::kLength, once.size(), once);
  EXPECT_FALSE(reader_->ambiguous_model());
}

TEST_F(BodyReaderTest, AnyFieldCanBeAskedFor) {
  BodyReader& body = begin_chunked();
  send(chunked(kJson, 9));
  ASSERT_TRUE(loop_.run(body.read_field("messages")));
  EXPECT_EQ(body.field("messages"), R"([{"role":"user","content":"hi"}])");
  ASSERT_TRUE(loop_.run(body.read_field("absent")));
  EXPECT_TRUE(body.complete());
  EXPECT_EQ(body.field("absent"), std::nullopt);
}

TEST_F(BodyReaderTest, WhatWasSentCanBeSentAgainWhileItIsHeld) {
  BodyReader& body = begin(Framing::kLength, kJson.size(), kJson.substr(0, 30));
  body.mark_sent(20);
  send(kJson.substr(30));
  ASSERT_TRUE(read_all());
  EXPECT_EQ(unsent(), kJson.substr(20));
  body.mark_sent(body.unsent_bytes());
  EXPECT_TRUE(body.all_sent());
  ASSERT_TRUE(body.rewind());
  EXPECT_FALSE(body.all_sent());
  EXPECT_EQ(unsent(), kJson);
}

TEST_F(BodyReaderTest, WhatIsNoLongerHeldCannotBeSentAgain) {
  BodyReader& body = begin(Framing::kLength, kJson.size(), kJson.substr(0, 30));
  body.stop_holding();
  EXPECT_TRUE(body.rewind()) << "nothing has gone yet";
  body.mark_sent(30);
  EXPECT_EQ(body.held_bytes(), 0u);
  EXPECT_FALSE(body.rewind());
  send(kJson.substr(30));
  ASSERT_TRUE(read_all());
  EXPECT_EQ(unsent(), kJson.substr(30));
  EXPECT_EQ(body.received(), kJson.size());
}

TEST_F(BodyReaderTest, StopHoldingFreesWhatWasSentBefore) {
  BodyReader& body = begin(Framing::kLength, kJson.size(), kJson);
  body.mark_sent(kJson.size());
  EXPECT_EQ(body.held_bytes(), kJson.size());
  body.stop_holding();
  EXPECT_EQ(body.held_bytes(), 0u);
  EXPECT_TRUE(body.all_sent());
}

TEST_F(BodyReaderTest, AReplacementTakesThePlaceOfAll) {
  BodyReader& body = begin_chunked(chunked(kJson, 9));
  body.mark_sent(5);
  const std::string own = R"({"model":"other"})";
  body.replace(own);
  EXPECT_EQ(body.text(), own);
  EXPECT_EQ(body.length(), own.size());
  EXPECT_EQ(unsent(), own);
  EXPECT_EQ(body.field("model"), "\"other\"");
  body.replace("");
  EXPECT_EQ(body.length(), 0u);
  EXPECT_TRUE(body.all_sent());
}

TEST_F(BodyReaderTest, TheContinueIsSentByTheFirstReadThatWaits) {
  begin(Framing::kLength, 4).owe_continue();
  std::optional<bool> ok;
  const auto body = [](BodyReader& reader, std::optional<bool>& out) -> Task<void> {
    out = (co_await reader.read_all()).ok();
  };
  spawn(body(*reader_, ok));
  loop_.reactor.turn(0);
  char bytes[100];
  const ssize_t n = read(peer_, bytes, sizeof bytes);
  EXPECT_EQ(std::string(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0))),
            "HTTP/1.1 100 Continue\r\n\r\n");
  send("body");
  ASSERT_TRUE(loop_.until([&] { return ok.has_value(); }));
  EXPECT_TRUE(*ok);
  EXPECT_EQ(read(peer_, bytes, sizeof bytes), -1) << "once";
}

TEST_F(BodyReaderTest, ASilentClientTimesOut) {
  begin(Framing::kLength, 4, "bo");
  std::optional<ErrorKind> kind;
  const auto body = [](BodyReader& reader, std::optional<ErrorKind>& out) -> Task<void> {
    const Status status = co_await reader.read_all();
    if (!status) out = status.error().kind;
  };
  spawn(body(*reader_, kind));
  clock_.advance_ms(29'000);
  loop_.reactor.turn(0);
  EXPECT_FALSE(kind);
  clock_.advance_ms(2'000);
  ASSERT_TRUE(loop_.until([&] { return kind.has_value(); }));
  EXPECT_EQ(kind, ErrorKind::kTimeout);
}

TEST_F(BodyReaderTest, AClientThatLeavesInTheMiddleIsClosed) {
  begin(Framing::kLength, 4, "bo");
  hang_up();
  const Status status = read_all();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kClosed);
  EXPECT_EQ(status.error().source, ErrorSource::kClient);
}

}  // namespace
}  // namespace moongate
