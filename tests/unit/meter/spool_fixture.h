// What tests of the spool share: a directory that goes away, a disk that can be full, records that tell who
// wrote them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "meter/ledger_entry.h"
#include "meter/spool.h"
#include "meter/spool_frame.h"

namespace moongate {

class Folder {
 public:
  Folder() {
    // In memory where there is such a file system: these tests sync thousands of times.
    const std::filesystem::path memory = "/dev/shm";
    std::string name =
        (::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path()) /
        "moongate-spool-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::vector<std::filesystem::path> ending(const std::string& extension) const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().extension() == extension) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::filesystem::path path_;
};

// Refuses when it is told to; else it is the disk.
struct DiskMood {
  std::atomic<bool> full{false};
  std::atomic<bool> broken{false};
  std::atomic<int> creates{0};
  std::function<void()> while_syncing;
};
class MoodyFiles final : public SpoolFiles {
 public:
  explicit MoodyFiles(DiskMood& mood) : mood_(mood) {}
  Result<int> create(const std::filesystem::path& path, std::string_view header, std::size_t bytes) override {
    ++mood_.creates;
    if (mood_.full) return Error(ErrorKind::kUnavailable, "no space left on the test's device");
    return disk_.create(path, header, bytes);
  }
  Status sync(char* pages, std::size_t bytes, const std::filesystem::path& path) override {
    if (mood_.while_syncing) mood_.while_syncing();
    if (mood_.broken) return Error(ErrorKind::kInternal, "the test's disk is broken");
    return disk_.sync(pages, bytes, path);
  }

 private:
  DiskMood& mood_;
  DiskSpoolFiles disk_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline LedgerRecord record_of(const std::string& id, std::int64_t ended_at_ms = 1'700'000'000'000) {
  LedgerRecord record;
  record.request_id = id;
  record.ended_at_ms = ended_at_ms;
  record.gateway = "test";
  record.client = "somebody";
  record.provider = "anthropic";
  record.model = record.upstream_model = "claude-sonnet-4-5";
  record.operation = "messages";
  record.outcome = "done";
  record.status = 200;
  record.input_tokens = 12;
  record.output_tokens = 34;
  record.raw_usage = R"({"input_tokens":12,"output_tokens":34})";
  return record;
}

inline std::string entry_of(const std::string& id) {
  std::string bytes;
  encode(record_of(id), bytes);
  return bytes;
}

// Every payload in the directory's segments, in the order of their names.
inline std::vector<std::string> payloads_in(const Folder& folder) {
  std::vector<std::string> found;
  for (const std::filesystem::path& path : folder.ending(".seg")) {
    Result<SpoolReader> reader = SpoolReader::open(path);
    if (!reader) {
      ADD_FAILURE() << reader.error().describe();
      continue;
    }
    for (;;) {
      const Result<SpoolFrame> frame = reader->next(std::filesystem::file_size(path));
      EXPECT_TRUE(frame.ok());
      if (!frame || frame->kind != SpoolFrame::Kind::kFrame) break;
      found.emplace_back(frame->payload);
    }
  }
  return found;
}

class SpoolTest : public ::testing::Test {
 protected:
  // Turned by hand.
  std::unique_ptr<Spool> open(int writers = 1, std::size_t segment_bytes = 64 * 1024,
                              std::uint64_t max_bytes = 64 << 20) {
    Result<std::unique_ptr<Spool>> spool = try_open(writers, segment_bytes, max_bytes);
    EXPECT_TRUE(spool.ok()) << (spool ? "" : spool.error().describe());
    return spool ? std::move(*spool) : nullptr;
  }
  Result<std::unique_ptr<Spool>> try_open(int writers, std::size_t segment_bytes, std::uint64_t max_bytes) {
    SpoolOptions options;
    options.dir = folder_.path();
    options.writers = writers;
    options.segment_bytes = segment_bytes;
    options.max_bytes = max_bytes;
    options.background = false;
    options.on_change = [this](SpoolState state, const std::string&) { changes_.push_back(state); };
    return Spool::open(options, clock_, logger_, std::make_unique<MoodyFiles>(mood_));
  }
  // Segments of the file's kind that the process which wrote them never closed.
  void crash(std::unique_ptr<Spool> spool) {
    const std::filesystem::path kept = folder_.path() / "kept";
    std::filesystem::create_directory(kept);
    for (const auto& path : folder_.ending(".seg")) std::filesystem::copy_file(path, kept / path.filename());
    spool.reset();
    for (const auto& path : folder_.ending(".seg")) std::filesystem::remove(path);
    for (const auto& entry : std::filesystem::directory_iterator(kept)) {
      std::filesystem::rename(entry.path(), folder_.path() / entry.path().filename());
    }
    std::filesystem::remove(kept);
  }
  std::size_t logged(const std::string& sentence) const {
    const std::string text = log_.text();
    std::size_t count = 0;
    for (std::size_t at = text.find(sentence); at != std::string::npos; at = text.find(sentence, at + 1))
      ++count;
    return count;
  }

  Folder folder_;
  DiskMood mood_;
  ManualClock clock_;
  MemorySink log_;
  Logger logger_{log_, clock_, LogLevel::kInfo};
  std::vector<SpoolState> changes_;
};

}  // namespace moongate
