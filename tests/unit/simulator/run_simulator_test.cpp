#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/certificate.h"
#include "net/address.h"
#include "net/tls.h"
#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "simulator-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(RunSimulator, ArgumentsThatMeanNothingEndItWithOne) {
  EXPECT_EQ(run_simulator({"--nonsense"}), 1);
  EXPECT_EQ(run_simulator({"--listen"}), 1);
  EXPECT_EQ(run_simulator({"--listen", "nowhere"}), 1);
  EXPECT_EQ(run_simulator({"--key", "/no/such/file"}), 1);
  EXPECT_EQ(run_simulator({"--tls-certificate", "x.pem"}), 1);
  EXPECT_EQ(run_simulator({"--help"}), 0);
}

TEST(RunSimulator, ServesUntilASignalAndWritesAKeyFileForItsOwnerAlone) {
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "key.json").string();
  // Blocked and pending, the signal is there as soon as the simulator waits for one.
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &terminate, nullptr);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(run_simulator({"--listen", "127.0.0.1:0", "--write-key-file", file}), 0);
  pthread_sigmask(SIG_UNBLOCK, &terminate, nullptr);

  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(parsed(text.str()).at("type"), "service_account");
}

Task<void> ask_over_tls(Reactor& reactor, TlsClient& tls, Address address, std::string& answer) {
  Signal signal(reactor);
  Stream stream;
  const Status connected = co_await connect_to(stream, signal, std::vector<Address>(1, address), 0);
  if (connected.ok()) {
    stream.start_tls(tls.new_session("localhost", "simulator"), false);
    const Status shaken = co_await stream.handshake(signal, 0);
    answer = shaken.ok() ? "" : shaken.error().message;
    if (shaken.ok()) {
      const Status sent = co_await write_all(
          stream, signal, "GET /__simulator/stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
          0);
      char room[4096];
      bool open = sent.ok();
      while (open) {
        const IoResult got = stream.read(room, sizeof room);
        if (got.ok()) answer.append(room, got.bytes);
        open = !got.ended();
        if (got.would_block()) co_await signal.wait();
      }
    }
  }
  stream.close();
  reactor.stop();
}

TEST(SimulatorOverTls, ServesTheSameWithACertificate) {
  const TemporaryDirectory directory;
  const SystemClock clock;
  const auto files =
      ensure_server_certificate(directory.path(), {"localhost", "127.0.0.1"}, clock.unix_seconds());
  ASSERT_TRUE(files.ok());
  Simulator::Options options;
  options.service_account_key_pem = test_key_pem();
  options.tls_certificate_file = files->certificate.string();
  options.tls_key_file = files->key.string();
  const auto simulator = Simulator::start(options);
  ASSERT_TRUE(simulator.ok());
  EXPECT_TRUE((*simulator)->url().starts_with("https://"));

  const auto tls = TlsClient::create(options.tls_certificate_file);
  ASSERT_TRUE(tls.ok());
  Reactor reactor(clock);
  std::string answer;
  spawn(ask_over_tls(reactor, **tls, *parse_address((*simulator)->address()), answer));
  reactor.run();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
}

}  // namespace
}  // namespace moongate::sim
