// One process of worker.command: in a folder and a process group of its own, with nothing inherited.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate {

// What a child gets beside its arguments. Not a sandbox: it runs as the gateway's user, sees the network and whatever files
// that user can read (docs/conversations.md). It cannot gain privileges, dump core, write files over 1 GiB, or outlive the
// thread that started it.
class WorkerProcess {
 public:
  struct Options {
    std::vector<std::string> words;        // the command
    std::vector<std::string> environment;  // "NAME=value"
    std::filesystem::path folder;          // exists, 0700; removed with the process
    int cpu_seconds = 600;
  };
  // kUnavailable: it cannot be started; the message is for the log.
  static Result<std::unique_ptr<WorkerProcess>> start(const Options& options);
  // Ends the whole group at once, takes the folder away.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Goes to its standard input as it takes it; then that is closed.
  void give(std::string text) { to_write_ = std::move(text); }

  enum class Line : std::uint8_t {
    kWhole,
    kNone,      // nothing in this time
    kTooLong,   // more than kMaxLine without an end; it had better end
    kEnded,     // no more output
  };
  static constexpr std::size_t kMaxLine = 4u << 20;
  // The next line of its standard output, without its end, waiting at most `wait_ms`.
  Line next_line(std::string& line, int wait_ms);
  // How it ended, for the log: "ended with 1", "was ended by signal 9"; waits for at most `wait_ms`, then ends it.
  std::string end(int wait_ms);
  std::uint64_t error_bytes() const { return error_bytes_; }  // on standard error; what they say is nobody's business here

 private:
  WorkerProcess(pid_t pid, int in, int out, int err, std::filesystem::path folder)
      : pid_(pid), in_(in), out_(out), err_(err), folder_(std::move(folder)) {}
  void write_some();
  bool read_some();
  void swallow_errors();

  pid_t pid_;  // and of its group; 0: it has been waited for
  int in_, out_, err_;
  std::filesystem::path folder_;
  std::string to_write_;
  std::size_t written_ = 0;
  std::string read_;
  std::size_t searched_ = 0;
  std::uint64_t error_bytes_ = 0;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace moongate
