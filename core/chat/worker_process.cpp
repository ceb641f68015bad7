#include "chat/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace moongate {
namespace {

constexpr rlim_t kMaxFile = 1u << 30;
constexpr rlim_t kMaxOpen = 1024;
constexpr int kReapStepMs = 10;

void close_if_open(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

// The file that execvp() would run, found before the fork: nothing may be allocated behind it.
std::string find_program(const std::string& name, const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) return name;
  for (const std::string& line : environment) {
    if (!line.starts_with("PATH=")) continue;
    std::string_view rest = std::string_view(line).substr(5);
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      const std::string file = std::string(rest.substr(0, colon)) + "/" + name;
      if (file.front() == '/' && ::access(file.c_str(), X_OK) == 0) return file;
      rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    }
  }
  return {};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

void limit(int what, rlim_t value) {
  const rlimit bound{value, value};
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &bound);
}

struct Child {
  const char* program;
  char** words;
  char** environment;
  const char* folder;
  int in, out, err, failed;  // `failed` tells the parent why nothing began; closed by a successful exec
  rlim_t cpu_seconds;
};

// Between fork and exec: calls that are safe there, and nothing else.
[[noreturn]] void become(const Child& child) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, kMaxFile);
  limit(RLIMIT_NOFILE, kMaxOpen);
  limit(RLIMIT_CPU, child.cpu_seconds);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int each = 1; each < NSIG; ++each) ::signal(each, SIG_DFL);
  ::umask(077);
  // Above the standard three first, so that none of them is overwritten before it was copied.
  const int failed = ::fcntl(child.failed, F_DUPFD_CLOEXEC, 3);
  const bool laid = ::dup2(child.in, 0) >= 0 && ::dup2(child.out, 1) >= 0 && ::dup2(child.err, 2) >= 0;
  if (failed > 3) ::syscall(SYS_close_range, 3, failed - 1, 0);
  ::syscall(SYS_close_range, failed + 1, ~0U, 0);
  if (laid && ::chdir(child.folder) == 0) ::execve(child.program, child.words, child.environment);
  const int why = errno;
  [[maybe_unused]] const ssize_t told = ::write(failed, &why, sizeof why);
  ::_exit(127);
}

struct Pipes {
  std::array<int, 2> in{-1, -1}, out{-1, -1}, err{-1, -1}, failed{-1, -1};
  bool open() {
    return ::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0 && ::pipe2(err.data(), O_CLOEXEC) == 0 &&
           ::pipe2(failed.data(), O_CLOEXEC) == 0;
  }
  ~Pipes() {
    for (auto* each : {&in, &out, &err, &failed}) {
      for (int& fd : *each) close_if_open(fd);
    }
  }
};

Error cannot_start(const std::string& why) { return Error(ErrorKind::kUnavailable, "a worker cannot be started: " + why); }

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const Options& options) {
  const std::string program = find_program(options.words.front(), options.environment);
  if (program.empty()) return cannot_start("there is no program " + options.words.front() + " in PATH");
  Pipes pipes;
  if (!pipes.open()) return cannot_start("no more file descriptors");
  std::vector<char*> words = pointers(options.words), environment = pointers(options.environment);
  const std::string folder = options.folder.string();
  const Child child{program.c_str(), words.data(), environment.data(), folder.c_str(), pipes.in[0], pipes.out[1], pipes.err[1],
                    pipes.failed[1], static_cast<rlim_t>(options.cpu_seconds)};
  const pid_t pid = ::fork();
  if (pid < 0) return cannot_start("fork: " + std::string(std::strerror(errno)));
  if (pid == 0) become(child);
  close_if_open(pipes.failed[1]);
  int why = 0;
  ssize_t told;
  do {
    told = ::read(pipes.failed[0], &why, sizeof why);  // ends with the exec, or with what went wrong
  } while (told < 0 && errno == EINTR);
  for (const int fd : {pipes.in[1], pipes.out[0], pipes.err[0]}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  std::unique_ptr<WorkerProcess> process(new WorkerProcess(pid, std::exchange(pipes.in[1], -1), std::exchange(pipes.out[0], -1),
                                                           std::exchange(pipes.err[0], -1), options.folder));
  if (told == sizeof why) return cannot_start(program + ": " + std::strerror(why));
  return process;
}

WorkerProcess::~WorkerProcess() {
  static_cast<void>(end(0));
  close_if_open(in_);
  close_if_open(out_);
  close_if_open(err_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void WorkerProcess::write_some() {
  while (in_ >= 0 && written_ < to_write_.size()) {
    const ssize_t n = ::write(in_, to_write_.data() + written_, to_write_.size() - written_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) break;  // it reads no more
    written_ += static_cast<std::size_t>(n);
  }
  close_if_open(in_);
}

void WorkerProcess::swallow_errors() {
  char scratch[4096];
  while (err_ >= 0) {
    const ssize_t n = ::read(err_, scratch, sizeof scratch);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return close_if_open(err_);
    error_bytes_ += static_cast<std::uint64_t>(n);
  }
}

// False: there is nothing more to come.
bool WorkerProcess::read_some() {
  char buffer[65536];
  const ssize_t n = ::read(out_, buffer, sizeof buffer);
  if (n > 0) read_.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

WorkerProcess::Line WorkerProcess::next_line(std::string& line, int wait_ms) {
  for (bool waited = false;; waited = true) {
    if (const std::size_t end = read_.find('\n', searched_); end != std::string::npos) {
      line = read_.substr(0, end);
      read_.erase(0, end + 1);
      searched_ = 0;
      return Line::kWhole;
    }
    searched_ = read_.size();
    if (searched_ > kMaxLine) return Line::kTooLong;
    if (ended_) {
      if (read_.empty()) return Line::kEnded;
      line = std::exchange(read_, {});
      searched_ = 0;
      return Line::kWhole;
    }
    if (waited) return Line::kNone;
    std::array<pollfd, 3> watched{{{out_, POLLIN, 0}, {err_, POLLIN, 0}, {in_, POLLOUT, 0}}};
    if (::poll(watched.data(), watched.size(), wait_ms) <= 0) return Line::kNone;
    if (watched[1].revents != 0) swallow_errors();
    if (watched[2].revents != 0) write_some();
    if (watched[0].revents != 0) ended_ = !read_some();
  }
}

std::string WorkerProcess::end(int wait_ms) {
  close_if_open(in_);
  for (int waited = 0; pid_ != 0; waited += kReapStepMs) {
    siginfo_t info{};
    // Without taking it: as long as it is there nobody else gets its group's number.
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0 && waited < wait_ms) {
      ::poll(nullptr, 0, kReapStepMs);
      continue;
    }
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
  }
  if (WIFSIGNALED(status_)) return "was ended by signal " + std::to_string(WTERMSIG(status_));
  return "ended with " + std::to_string(WEXITSTATUS(status_));
}

}  // namespace moongate
