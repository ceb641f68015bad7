#include "redis_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "net/address.h"

namespace moongate {
namespace {

constexpr int kStartMs = 20'000;

int free_port() {
  auto listener = listen_on(*parse_address("127.0.0.1:0"), 1, false, "the test");
  if (!listener) return 0;
  const int port = local_address(*listener).port();
  ::close(*listener);
  return port;
}

// Runs a program to its end or until `ready` stands in its output (which it goes on writing to the pipe).
struct Started {
  pid_t pid = -1;
  std::string problem;
};

Started start_program(const std::vector<std::string>& words, const std::string& ready) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return {-1, "no pipe"};
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(output[1], STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(output[1]);
  std::string said;
  for (;;) {
    pollfd waiting{output[0], POLLIN, 0};
    if (::poll(&waiting, 1, kStartMs) <= 0) break;
    char bytes[4096];
    const ssize_t n = ::read(output[0], bytes, sizeof bytes);
    if (n <= 0) break;
    said.append(bytes, static_cast<std::size_t>(n));
    if (!ready.empty() && said.find(ready) != std::string::npos) return {pid, ""};  // the pipe stays open
  }
  ::close(output[0]);
  int status = 0;
  if (!ready.empty()) ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (ready.empty() && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    return {-1, words[0] + " is not installed, and this test needs it: apt-get install " +
                    (words[0] == "redis-server" ? "redis-server" : "openssl")};
  }
  return {-1, words[0] + " failed: " + said};
}

}  // namespace

RedisServer::~RedisServer() {
  kill();
  if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

std::string RedisServer::make_directory() {
  if (!directory_.empty()) return "";
  std::string name = std::filesystem::temp_directory_path() / "moongate-redis-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return std::string("mkdtemp: ") + std::strerror(errno);
  directory_ = name;
  return "";
}

std::string RedisServer::prepare_tls() {
  if (std::string problem = make_directory(); !problem.empty()) return problem;
  with_tls_ = true;
  return start_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=redis of a test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        directory_ + "/key.pem", "-out", directory_ + "/ca.pem"},
                       "")
      .problem;
}

std::string RedisServer::start(const std::vector<std::string>& options) {
  if (std::string problem = make_directory(); !problem.empty()) return problem;
  // The port was free a moment ago; should another program have taken it since, another one is tried.
  std::string problem;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (port_ == 0 || attempt > 0) port_ = free_port();
    std::vector<std::string> words = {"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
                                      "--unixsocket", socket(), "--dir", directory_, "--save", "", "--appendonly", "no",
                                      "--daemonize", "no", "--logfile", "", "--enable-debug-command", "yes"};
    if (with_tls_) {
      if (tls_port_ == 0 || attempt > 0) tls_port_ = free_port();
      const std::vector<std::string> tls = {"--tls-port", std::to_string(tls_port_), "--tls-cert-file",
                                            directory_ + "/ca.pem", "--tls-key-file", directory_ + "/key.pem",
                                            "--tls-auth-clients", "no"};
      words.insert(words.end(), tls.begin(), tls.end());
    }
    words.insert(words.end(), options.begin(), options.end());
    // The last line that Redis writes before it serves, when it has a unix socket.
    Started started = start_program(words, "The server is now ready to accept connections at");
    if (started.problem.empty()) {
      pid_ = started.pid;
      return "";
    }
    problem = started.problem;
    if (problem.find("Address already in use") == std::string::npos) break;
  }
  return problem;
}

void RedisServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace moongate
