#include "net/stream.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "crypto/certificate.h"
#include "net/address.h"
#include "net/tls.h"
#include "unit/crypto/temp_directory.h"
#include "unit/net/loop.h"

namespace moongate {
namespace {

// Reads until the peer ends; what came, and how it ended.
Task<std::pair<std::string, IoResult>> read_to_end(Stream& stream, Signal& signal) {
  std::string text;
  char bytes[1000];
  for (;;) {
    const IoResult n = stream.read(bytes, sizeof bytes);
    if (n.ok()) text.append(bytes, n.bytes);
    if (n.would_block()) co_await signal.wait();
    if (n.ended()) co_return std::pair(text, n);
  }
}

class StreamTest : public testing::Test {
 protected:
  void SetUp() override { connect_pair(); }
  void connect_pair() {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    left_.close();
    right_.close();
    ASSERT_TRUE(left_.open(loop_.reactor, pair[0], true) && right_.open(loop_.reactor, pair[1], true));
    left_.set_signal(&left_signal_);
    right_.set_signal(&right_signal_);
  }
  static Task<void> send(Stream& stream, Signal& signal, std::string text, bool& sent) {
    sent = (co_await write_all(stream, signal, text, 0)).ok();
    stream.shutdown_write();
  }

  ManualClock clock_;
  Loop loop_{clock_};
  Signal left_signal_{loop_.reactor}, right_signal_{loop_.reactor};
  Stream left_, right_;
};

TEST_F(StreamTest, CarriesMoreThanTheSocketHoldsAndEndsCleanly) {
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i);
  bool sent = false;
  spawn(send(left_, left_signal_, text, sent));
  EXPECT_FALSE(sent) << "it waits for the reader";
  const auto [got, end] = loop_.run(read_to_end(right_, right_signal_));
  EXPECT_TRUE(got == text);
  EXPECT_EQ(end.state, IoResult::State::kEof);
  EXPECT_TRUE(sent && right_.peer_closed());
}

TEST_F(StreamTest, BytesBeforeTheEndAreReadThoughTheEndIsKnown) {
  const iovec piece{const_cast<char*>("abc"), 3};
  ASSERT_TRUE(left_.write(&piece, 1).ok());
  left_.close();
  ASSERT_TRUE(loop_.until([this] { return right_.peer_closed(); }));
  char c[2];
  EXPECT_EQ(right_.read(c, 1).bytes, 1u);
  EXPECT_EQ(right_.read(c, 2).bytes, 2u);
  EXPECT_EQ(right_.read(c, 2).state, IoResult::State::kEof);
}

TEST_F(StreamTest, PiecesGoOutInOrder) {
  const iovec pieces[] = {
      {const_cast<char*>("ab"), 2}, {const_cast<char*>(""), 0}, {const_cast<char*>("cd"), 2}};
  EXPECT_EQ(left_.write(pieces, 3).bytes, 4u);
  left_.shutdown_write();
  EXPECT_EQ(loop_.run(read_to_end(right_, right_signal_)).first, "abcd");
}

TEST_F(StreamTest, WritingTimesOutWhenNobodyReads) {
  std::optional<ErrorKind> kind;
  const auto body = [](Stream& stream, Signal& signal, MonoMs deadline,
                       std::optional<ErrorKind>& out) -> Task<void> {
    const std::string text(3'000'000, 'x');
    const Status status = co_await write_all(stream, signal, text, deadline);
    if (!status) out = status.error().kind;
  };
  spawn(body(left_, left_signal_, loop_.reactor.now_ms() + 50, kind));
  loop_.reactor.turn(0);
  EXPECT_FALSE(kind);
  clock_.advance_ms(100);
  ASSERT_TRUE(loop_.until([&] { return kind.has_value(); }));
  EXPECT_EQ(kind, ErrorKind::kTimeout);
}

TEST_F(StreamTest, WritingToAPeerThatIsGoneIsClosed) {
  right_.close();
  loop_.reactor.turn(0);
  const Status status = loop_.run(write_all(left_, left_signal_, "x", 0));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kClosed);
}

TEST_F(StreamTest, AResetIsNoEnd) {
  const int listener = listen_on(parse_address("127.0.0.1:0").value(), 4, false, "x").value();
  ASSERT_TRUE(loop_.run(connect_to(left_, left_signal_, {local_address(listener)}, 0)));
  Address peer;
  ASSERT_TRUE(right_.open(loop_.reactor, accept_on(listener, peer), true));
  EXPECT_EQ(peer.host(), "127.0.0.1");
  right_.reset();
  EXPECT_EQ(loop_.run(read_to_end(left_, left_signal_)).second.state, IoResult::State::kError);
  close(listener);
}

TEST_F(StreamTest, ConnectingPassesOverAddressesThatRefuse) {
  const int closed = listen_on(parse_address("127.0.0.1:0").value(), 4, false, "x").value();
  const Address nobody = local_address(closed);
  close(closed);
  const int listener = listen_on(parse_address("127.0.0.1:0").value(), 4, false, "x").value();
  EXPECT_TRUE(loop_.run(connect_to(left_, left_signal_, {nobody, local_address(listener)}, 0)));
  close(listener);
  left_.close();
  const Status refused = loop_.run(connect_to(left_, left_signal_, {nobody}, 0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConnect);
  EXPECT_EQ(refused.error().retry, Retry::kYes);
  EXPECT_NE(refused.error().message.find(nobody.text()), std::string::npos);
  EXPECT_FALSE(loop_.run(connect_to(left_, left_signal_, {}, 0)));
}

// The left side is the server, the right one the client.
class TlsTest : public StreamTest {
 protected:
  void SetUp() override {
    StreamTest::SetUp();
    signal(SIGPIPE, SIG_IGN);  // as the gateway does: OpenSSL writes to the descriptor itself
    const SystemClock now;
    const auto files =
        ensure_server_certificate(directory_.path(), {"gate.test", "127.0.0.1"}, now.unix_seconds()).value();
    certificate_ = files.certificate.string();
    server_ = TlsServer::create({certificate_, files.key.string(), false}).value();
    client_ = TlsClient::create(certificate_).value();
  }
  // Both handshakes at once; the client's and the server's.
  std::pair<Status, Status> shake(const std::string& host) {
    left_.start_tls(server_->new_session(), true);
    session_ = client_->new_session(host, host + ":443");
    right_.start_tls(session_, false);
    std::optional<Status> served;
    const auto serve = [](Stream& stream, Signal& signal, std::optional<Status>& out) -> Task<void> {
      out = co_await stream.handshake(signal, 0);
      if (!*out) stream.close();
    };
    spawn(serve(left_, left_signal_, served));
    Status client = loop_.run(right_.handshake(right_signal_, 0));
    if (!client) right_.close();
    EXPECT_TRUE(loop_.until([&] { return served.has_value(); }));
    return {client, *served};
  }
  const TempDirectory directory_;
  std::string certificate_;
  std::unique_ptr<TlsServer> server_;
  std::unique_ptr<TlsClient> client_;
  ssl_st* session_ = nullptr;
};

TEST_F(TlsTest, CarriesMoreThanTheSocketHoldsAndEndsCleanly) {
  const auto [client, server] = shake("gate.test");
  ASSERT_TRUE(client) << client.error().message;
  ASSERT_TRUE(server);
  std::string text;
  for (int i = 0; text.size() < 2'000'000; ++i) text += std::to_string(i);
  bool sent = false;
  spawn(send(left_, left_signal_, text, sent));
  const auto [got, end] = loop_.run(read_to_end(right_, right_signal_));
  EXPECT_TRUE(got == text);
  EXPECT_EQ(end.state, IoResult::State::kEof);
  EXPECT_TRUE(sent);
}

TEST_F(TlsTest, SmallPiecesGoOutTogether) {
  ASSERT_TRUE(shake("127.0.0.1").first) << "an address is verified too";
  const iovec pieces[] = {{const_cast<char*>("ab"), 2}, {const_cast<char*>("cd"), 2}};
  EXPECT_EQ(left_.write(pieces, 2).bytes, 4u);
  left_.shutdown_write();
  EXPECT_EQ(loop_.run(read_to_end(right_, right_signal_)).first, "abcd");
}

TEST_F(TlsTest, ACertificateForAnotherNameIsRefused) {
  const auto [client, server] = shake("other.test");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::kConnect);
  EXPECT_NE(client.error().message.find("certificate refused"), std::string::npos) << client.error().message;
}

TEST_F(TlsTest, ACertificateOfNobodyKnownIsRefused) {
  const TempDirectory other;
  const SystemClock now;
  const auto files = ensure_server_certificate(other.path(), {"gate.test"}, now.unix_seconds()).value();
  client_ = TlsClient::create(files.certificate.string()).value();
  EXPECT_FALSE(shake("gate.test").first);
}

TEST_F(TlsTest, AnEndWithoutGoodbyeIsAnError) {
  ASSERT_TRUE(shake("gate.test").first);
  const iovec piece{const_cast<char*>("half"), 4};
  ASSERT_TRUE(left_.write(&piece, 1).ok());
  shutdown(left_.fd(), SHUT_WR);  // FIN without close_notify: what a cut in the middle looks like
  const auto [got, end] = loop_.run(read_to_end(right_, right_signal_));
  EXPECT_EQ(got, "half");
  EXPECT_EQ(end.state, IoResult::State::kError);
}

TEST_F(TlsTest, ABrokenRecordIsAnError) {
  ASSERT_TRUE(shake("gate.test").first);
  ASSERT_EQ(write(left_.fd(), "this is no TLS record", 21), 21);
  EXPECT_EQ(loop_.run(read_to_end(right_, right_signal_)).second.state, IoResult::State::kError);
}

TEST_F(TlsTest, APeerThatSpeaksNoTlsFailsTheHandshake) {
  ASSERT_EQ(write(left_.fd(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28), 28);
  right_.start_tls(client_->new_session("gate.test", "k"), false);
  const Status status = loop_.run(right_.handshake(right_signal_, 0));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kConnect);
}

TEST_F(TlsTest, ASilentPeerTimesTheHandshakeOut) {
  right_.start_tls(client_->new_session("gate.test", "k"), false);
  std::optional<ErrorKind> kind;
  const auto body = [](Stream& stream, Signal& signal, MonoMs deadline,
                       std::optional<ErrorKind>& out) -> Task<void> {
    const Status status = co_await stream.handshake(signal, deadline);
    if (!status) out = status.error().kind;
  };
  spawn(body(right_, right_signal_, loop_.reactor.now_ms() + 50, kind));
  loop_.reactor.turn(0);  // the first event tells that the socket can be written
  clock_.advance_ms(100);
  ASSERT_TRUE(loop_.until([&] { return kind.has_value(); }));
  EXPECT_EQ(kind, ErrorKind::kTimeout);
}

TEST_F(TlsTest, TheSecondConnectionResumesTheSession) {
  ASSERT_TRUE(shake("gate.test").first);
  EXPECT_FALSE(SSL_session_reused(session_));
  const iovec piece{const_cast<char*>("x"), 1};
  ASSERT_TRUE(left_.write(&piece, 1).ok());
  left_.shutdown_write();
  loop_.run(read_to_end(right_, right_signal_));  // the tickets come with the first bytes
  connect_pair();
  ASSERT_TRUE(shake("gate.test").first);
  EXPECT_TRUE(SSL_session_reused(session_));
}

TEST_F(TlsTest, AReloadTakesTheNewCertificateAndABadOneKeepsTheOld) {
  std::ofstream(certificate_, std::ios::trunc) << "no PEM";
  const Status status = server_->reload();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find(certificate_), std::string::npos);
  EXPECT_TRUE(shake("gate.test").first);
}

TEST(TlsServer, NamesTheFileThatIsWrong) {
  const auto server = TlsServer::create({"/nowhere/server.crt", "/nowhere/server.key", false});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(server.error().message.find("/nowhere/server.crt"), std::string::npos);
  EXPECT_FALSE(TlsClient::create("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace moongate
