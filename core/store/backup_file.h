// The form of a back-up: lines of JSON, so that it can be written and read row by row, looked at with a pager,
// and moved from one kind of database to another.
//
//   {"moongate_backup":1,"program":"1.2.0","made_at":"…","from":"sqlite","schema":5,"scripts":"…",…}
//   {"file":"map","name":"map-config.json","content":"<base64>"}
//   {"table":"users","columns":["id","name","email"]}
//   ["u-1","ann",null]
//   {"end_table":"users","rows":1}
//   {"end":true,"files":1,"tables":1,"rows":1,"sha256":"<of every byte before this line>"}
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/digest_stream.h"

namespace moongate {

inline constexpr std::int64_t kBackupForm = 1;
inline constexpr std::size_t kMaxBackupLine = 64u << 20;
inline constexpr std::size_t kMaxBackupFileBytes = 16u << 20;  // one of the operator's files

struct BackupTotals {
  std::int64_t files = 0, tables = 0, rows = 0;
  std::string sha256;
  bool operator==(const BackupTotals&) const = default;
};

// Writes beside `path`, for its owner only, and puts the file in its place when it is whole: a back-up that
// broke off leaves nothing behind. "-" is standard output.
class BackupWriter {
 public:
  static Result<std::unique_ptr<BackupWriter>> create(const std::filesystem::path& path);
  ~BackupWriter();
  BackupWriter(const BackupWriter&) = delete;
  BackupWriter& operator=(const BackupWriter&) = delete;

  // kTooLarge: the line is longer than a reader takes. kInternal, kUnavailable: the disk.
  Status line(const boost::json::value& content);
  // Adds the last line; nothing may follow.
  Result<BackupTotals> finish(BackupTotals totals);

 private:
  BackupWriter(std::filesystem::path path, std::filesystem::path aside, std::FILE* file)
      : path_(std::move(path)), aside_(std::move(aside)), file_(file) {}
  Status put(std::string_view bytes);

  std::filesystem::path path_, aside_;  // aside_ empty: standard output
  std::FILE* file_;
  DigestStream digest_;
};

// Reads line by line, and knows at the last one whether all of them are as they were written.
class BackupReader {
 public:
  static Result<std::unique_ptr<BackupReader>> open(const std::filesystem::path& path);
  ~BackupReader();
  BackupReader(const BackupReader&) = delete;
  BackupReader& operator=(const BackupReader&) = delete;

  // The next line, until `at_end`. kInvalid: cut short, or longer than any that was written.
  Result<std::string_view> next();
  bool at_end() const { return ended_; }
  // Of all lines before the one that next() gave last.
  std::string digest_before() const { return digest_.hex(); }
  Error damaged(const std::string& what) const;

 private:
  BackupReader(std::filesystem::path path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::filesystem::path path_;
  std::FILE* file_;
  std::string buffer_;
  std::size_t used_ = 0;  // of the buffer: the line that was given last, which is not in the digest yet
  std::int64_t line_ = 0;
  bool drained_ = false, ended_ = false;
  DigestStream digest_;
};

// A line as what it must be; kInvalid for anything else.
Result<boost::json::object> backup_object(std::string_view line);
Result<boost::json::array> backup_row(std::string_view line);
// A member that must be there; an empty text or -1 when it is not, or is something else.
std::string backup_text(const boost::json::object& object, std::string_view name);
std::int64_t backup_number(const boost::json::object& object, std::string_view name);

}  // namespace moongate
