#include "store/backup_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>

#include "crypto/random.h"

namespace moongate {
namespace {

namespace json = boost::json;

Error disk_error(const std::string& what, const std::filesystem::path& path, int code) {
  const ErrorKind kind = code == ENOENT                                     ? ErrorKind::kNotFound
                         : code == EACCES || code == EPERM || code == EROFS ? ErrorKind::kForbidden
                         : code == ENOSPC                                   ? ErrorKind::kUnavailable
                                                                            : ErrorKind::kInternal;
  return Error(kind, what + " " + path.string() + ": " + std::strerror(code));
}

}  // namespace

Result<std::unique_ptr<BackupWriter>> BackupWriter::create(const std::filesystem::path& path) {
  const bool to_output = path == "-";
  const std::filesystem::path aside = to_output ? "" : path.string() + "." + random_token(8) + ".new";
  const int fd = to_output ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                           : ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return disk_error("cannot write", path, errno);
  std::FILE* file = ::fdopen(fd, "wb");
  if (file == nullptr) {
    const int code = errno;
    ::close(fd);
    return disk_error("cannot write", path, code);
  }
  std::setvbuf(file, nullptr, _IOFBF, 1u << 18);
  return std::unique_ptr<BackupWriter>(new BackupWriter(path, aside, file));
}

BackupWriter::~BackupWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  if (!aside_.empty()) ::unlink(aside_.c_str());
}

Status BackupWriter::put(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
    return disk_error("cannot write", path_, errno);
  }
  return {};
}

Status BackupWriter::line(const json::value& content) {
  std::string text = json::serialize(content);
  if (text.size() >= kMaxBackupLine) {
    return Error(ErrorKind::kTooLarge, "a row of more than 64 MiB cannot be backed up");
  }
  text += '\n';
  digest_.add(text);
  return put(text);
}

Result<BackupTotals> BackupWriter::finish(BackupTotals totals) {
  totals.sha256 = digest_.hex();
  const json::object last = {{"end", true},
                             {"files", totals.files},
                             {"tables", totals.tables},
                             {"rows", totals.rows},
                             {"sha256", totals.sha256}};
  if (Status done = put(json::serialize(last) + "\n"); !done) return done.error();
  bool written = std::fflush(file_) == 0;
  if (written && !aside_.empty()) written = ::fsync(::fileno(file_)) == 0;
  int code = errno;
  written = std::fclose(file_) == 0 && written;
  file_ = nullptr;
  if (written && !aside_.empty() && ::rename(aside_.c_str(), path_.c_str()) != 0) {
    code = errno;
    written = false;
  }
  if (written) return totals;
  if (!aside_.empty()) ::unlink(aside_.c_str());
  return disk_error("cannot write", path_, code);
}

Result<std::unique_ptr<BackupReader>> BackupReader::open(const std::filesystem::path& path) {
  std::error_code unseen;
  if (std::filesystem::exists(path, unseen) && !std::filesystem::is_regular_file(path, unseen)) {
    return Error(ErrorKind::kInvalid, path.string() + " is no file; a back-up is read twice, so put it in one");
  }
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return disk_error("cannot read", path, errno);
  return std::unique_ptr<BackupReader>(new BackupReader(path, file));
}

BackupReader::~BackupReader() { std::fclose(file_); }

Error BackupReader::damaged(const std::string& what) const {
  return Error(ErrorKind::kInvalid, path_.string() + ":" + std::to_string(line_) + ": " + what +
                                        "; this file is damaged or is no back-up of moongate. Nothing was changed");
}

Result<std::string_view> BackupReader::next() {
  digest_.add(std::string_view(buffer_).substr(0, used_));
  buffer_.erase(0, used_);
  used_ = 0;
  std::size_t looked = 0;
  for (;;) {
    const std::size_t end = buffer_.find('\n', looked);
    if (end != buffer_.npos) {
      used_ = end + 1;
      ++line_;
      if (used_ == buffer_.size() && !drained_) {
        const int ahead = std::fgetc(file_);
        if (ahead == EOF) drained_ = true;
        else buffer_ += static_cast<char>(ahead);
      }
      ended_ = drained_ && used_ == buffer_.size();
      return std::string_view(buffer_).substr(0, end);
    }
    looked = buffer_.size();
    if (looked > kMaxBackupLine) return damaged("a line of more than 64 MiB");
    constexpr std::size_t kPiece = 1u << 18;
    buffer_.resize(looked + kPiece);
    const std::size_t got = std::fread(buffer_.data() + looked, 1, kPiece, file_);
    buffer_.resize(looked + got);
    if (got > 0) continue;
    if (std::ferror(file_) != 0) return disk_error("cannot read", path_, errno);
    ++line_;
    return damaged("the file is cut short");
  }
}

Result<json::object> backup_object(std::string_view line) {
  boost::system::error_code failed;
  json::value value = json::parse(line, failed);
  if (failed || !value.is_object()) return Error(ErrorKind::kInvalid, "not a line of a back-up");
  return std::move(value.get_object());
}

Result<json::array> backup_row(std::string_view line) {
  boost::system::error_code failed;
  json::value value = json::parse(line, failed);
  if (failed || !value.is_array()) return Error(ErrorKind::kInvalid, "not a row");
  return std::move(value.get_array());
}

std::string backup_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t backup_number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

}  // namespace moongate
