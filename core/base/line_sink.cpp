// Line sinks: a bounded queue drained by one writer thread per open target.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace moongate {
namespace {

constexpr std::size_t kQueueBytes = 16u << 20;  // beyond this, lines are dropped and counted

class NullSink final : public LineSink {
 public:
  void append(std::string) override {}
  std::uint64_t dropped() const override { return 0; }
  void flush() override {}
  void reopen() override {}
};

class ThreadedSink final : public LineSink {
 public:
  ThreadedSink(int fd, std::string path) : fd_(fd), path_(std::move(path)), writer_([this] { run(); }) {}

  ~ThreadedSink() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    writer_.join();
    if (!path_.empty()) ::close(fd_);
  }

  void append(std::string lines) override {
    {
      std::lock_guard lock(mutex_);
      if (pending_.size() + lines.size() > kQueueBytes) {
        ++dropped_;
        return;
      }
      pending_ += lines;
      if (sleeping_) wake_.notify_one();
    }
  }

  std::uint64_t dropped() const override {
    std::lock_guard lock(mutex_);
    return dropped_;
  }

  void flush() override {
    std::unique_lock lock(mutex_);
    wake_.notify_all();
    idle_.wait(lock, [this] { return pending_.empty() && !writing_; });
  }

  void reopen() override {
    std::lock_guard lock(mutex_);
    reopen_ = !path_.empty();
    wake_.notify_all();
  }

 private:
  void run() {
    std::string batch;
    std::unique_lock lock(mutex_);
    for (;;) {
      sleeping_ = true;
      wake_.wait(lock, [this] { return stop_ || reopen_ || !pending_.empty(); });
      sleeping_ = false;
      if (reopen_) {
        reopen_ = false;
        const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (fd >= 0) {
          ::close(fd_);
          fd_ = fd;
        }
      }
      if (pending_.empty()) {
        if (stop_) return;
        continue;
      }
      batch.clear();
      batch.swap(pending_);
      writing_ = true;
      lock.unlock();
      const bool written = write_all(batch);
      if (batch.capacity() > (1u << 20)) batch = std::string();
      lock.lock();
      if (!written) ++dropped_;
      writing_ = false;
      idle_.notify_all();
    }
  }

  bool write_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n < 0) {
        if (errno == EINTR) continue;
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  int fd_;
  const std::string path_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::string pending_;
  std::uint64_t dropped_ = 0;
  bool stop_ = false;
  bool reopen_ = false;
  bool writing_ = false;
  bool sleeping_ = false;
  std::thread writer_;
};

}  // namespace

Result<std::unique_ptr<LineSink>> open_line_sink(const std::string& target) {
  if (target == "off") return std::unique_ptr<LineSink>(std::make_unique<NullSink>());
  if (target == "-") return std::unique_ptr<LineSink>(std::make_unique<ThreadedSink>(STDOUT_FILENO, ""));
  if (target == "stderr") return std::unique_ptr<LineSink>(std::make_unique<ThreadedSink>(STDERR_FILENO, ""));
  const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) {
    return Error(ErrorKind::kInvalid, "cannot open the log file " + target + ": " + std::strerror(errno) +
                                          "; create its folder or choose another with log.access / log.error");
  }
  return std::unique_ptr<LineSink>(std::make_unique<ThreadedSink>(fd, target));
}

}  // namespace moongate
