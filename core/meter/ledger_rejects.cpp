#include "meter/ledger_rejects.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/log.h"
#include "crypto/base64.h"
#include "meter/ledger_entry.h"

namespace moongate {
namespace {

void add_text(std::string& line, std::string_view name, std::string_view value) {
  line.append(",\"").append(name).append("\":\"");
  append_json_escaped(line, value);
  line.push_back('"');
}

std::string line_of(const RejectedRecord& rejected, std::int64_t unix_ms) {
  const LedgerRecord& record = rejected.record;
  std::string entry = rejected.entry;
  if (entry.empty()) encode(record, entry);
  std::string line = "{\"time\":\"" + format_utc_ms(unix_ms) + "\"";
  add_text(line, "request_id", record.request_id);
  add_text(line, "user_id", record.user_id);
  add_text(line, "client", record.client);
  add_text(line, "model", record.model);
  line += ",\"billed_nano\":" + std::to_string(record.billed_nano);
  add_text(line, "reason", rejected.reason);
  add_text(line, "entry", base64_encode(entry));
  return line + "}\n";
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

Status LedgerRejects::append(const std::vector<RejectedRecord>& records) const {
  if (records.empty()) return {};
  std::string lines;
  for (const RejectedRecord& record : records) lines += line_of(record, clock_.unix_ms());
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  int code = fd < 0 ? errno : write_all(fd, lines);
  if (code == 0 && ::fdatasync(fd) != 0) code = errno;
  if (fd >= 0) ::close(fd);
  if (code == 0) return {};
  return Error(ErrorKind::kUnavailable, "cannot write " + file_.string() + ": " + std::strerror(code));
}

}  // namespace moongate
