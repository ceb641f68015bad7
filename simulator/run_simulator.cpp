// The simulator as a program of its own.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "simulator/simulator.h"

namespace moongate {
namespace {

constexpr const char* kUsage =
    "moongate_simulator [--listen HOST:PORT]  (127.0.0.1:8890)\n"
    "  --key FILE              PEM private key of the simulated service account (one is made otherwise)\n"
    "  --write-key-file FILE   writes that account's key file, as Google would issue it, for clients to use\n"
    "  --accept-any-token      Vertex takes any Bearer\n"
    "  --tls-certificate FILE --tls-key FILE   serves HTTPS\n";

int fail(const std::string& why) {
  std::fprintf(stderr, "moongate simulator: %s\n", why.c_str());
  return 1;
}

// Readable by its owner only: it holds a private key, and a gateway warns about others.
bool write_private(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = ::fchmod(fd, 0600) == 0;
  for (std::size_t at = 0; good && at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n > 0) at += static_cast<std::size_t>(n);
    good = n > 0 || (n < 0 && errno == EINTR);
  }
  return ::close(fd) == 0 && good;
}

}  // namespace

int run_simulator(const std::vector<std::string>& args) {
  Simulator::Options options;
  options.listen = "127.0.0.1:8890";
  std::string key_file, write_key_file;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string* value = args[i] == "--listen"            ? &options.listen
                         : args[i] == "--key"             ? &key_file
                         : args[i] == "--write-key-file"  ? &write_key_file
                         : args[i] == "--tls-certificate" ? &options.tls_certificate_file
                         : args[i] == "--tls-key"         ? &options.tls_key_file
                                                          : nullptr;
    if (value != nullptr && i + 1 < args.size()) {
      *value = args[++i];
    } else if (args[i] == "--accept-any-token") {
      options.accept_any_token = true;
    } else if (args[i] == "--help" || args[i] == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    } else {
      return fail((value != nullptr ? "a value is missing after " : "unknown argument ") + args[i] +
                  "; it takes:\n" + kUsage);
    }
  }
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
    return fail("--tls-certificate and --tls-key belong together");
  }
  if (!key_file.empty()) {
    std::ifstream file(key_file, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return fail("cannot read " + key_file + ": " + std::strerror(errno));
    options.service_account_key_pem = text.str();
  }

  // Before any thread is there, so that all of them leave these to sigwait below.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const SystemClock clock;
  options.clock = &clock;
  const auto simulator = Simulator::start(options);
  if (!simulator) return fail(simulator.error().describe());
  if (!write_key_file.empty() && !write_private(write_key_file, (*simulator)->service_account_json())) {
    return fail("cannot write " + write_key_file + ": " + std::strerror(errno));
  }
  std::printf("The simulator listens on %s\n", (*simulator)->url().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace moongate
