#include "config/file_watch.h"

#include <sys/stat.h>
#include <time.h>

#include <filesystem>

#include "base/siphash.h"
#include "config/file_read.h"

namespace moongate {
namespace {

// Longer than the kernel's tick (4 ms at 250 Hz) and than a remote file system's clock should be off.
constexpr std::int64_t kYoungNs = 2'000'000'000;
constexpr int kMaxDepth = 16;

std::int64_t to_ns(const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

// The file system's own stamps are compared with this, so it is the system's clock and no other.
std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return to_ns(now);
}

std::uint64_t content_hash(const std::string& path) {
  const auto file = read_whole_file(path, kMaxMapBytes);
  return file ? siphash24({}, file->text) : 0;
}

}  // namespace

void FileWatch::add_file(std::string path) { files_.emplace(std::move(path), false); }

void FileWatch::add_folder(std::string folder, std::string suffix) {
  folders_.push_back({std::move(folder), std::move(suffix), false});
}

FileWatch::Seen FileWatch::look(const std::string& path, const Seen* before) const {
  Seen now;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return now;
  now.exists = true;
  now.modified_ns = to_ns(status.st_mtim);
  now.status_changed_ns = to_ns(status.st_ctim);
  now.size = status.st_size;
  now.inode = status.st_ino;
  now.device = status.st_dev;
  const bool young = now_ns() - now.status_changed_ns < kYoungNs;
  if (young || (before != nullptr && before->content)) now.content = content_hash(path);
  return now;
}

bool FileWatch::same(const Seen& before, const Seen& now) {
  if (before.exists != now.exists || before.modified_ns != now.modified_ns || before.size != now.size ||
      before.status_changed_ns != now.status_changed_ns || before.inode != now.inode || before.device != now.device) {
    return false;
  }
  return !before.content || before.content == now.content;
}

void FileWatch::collect(const Folder& folder, std::map<std::string, bool>& names) const {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder.path, fs::directory_options::skip_permission_denied, error), end;
  for (std::size_t found = 0; !error && entry != end && found < kMaxFiles; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') || entry.depth() >= kMaxDepth) {
      entry.disable_recursion_pending();
    } else if (name.ends_with(folder.suffix) && !entry->is_directory(ignored)) {
      names.emplace(entry->path().string(), folder.known);
      ++found;
    }
  }
}

bool FileWatch::changed() {
  std::map<std::string, bool> names = files_;  // to whether news about it counts
  for (Folder& folder : folders_) {
    collect(folder, names);
    folder.known = true;
  }
  for (auto& [path, known] : files_) known = true;

  bool any = false;
  std::map<std::string, Seen> now;
  for (const auto& [path, counts] : names) {
    const auto before = seen_.find(path);
    const Seen& seen = now.emplace(path, look(path, before == seen_.end() ? nullptr : &before->second)).first->second;
    any = any || (before == seen_.end() ? counts : !same(before->second, seen));
  }
  for (const auto& [path, seen] : seen_) any = any || !now.contains(path);  // gone from a folder
  seen_ = std::move(now);
  // Once a file is old, its stamps alone tell the next change.
  const std::int64_t old = now_ns() - kYoungNs;
  for (auto& [path, seen] : seen_) {
    if (seen.status_changed_ns < old) seen.content.reset();
  }
  return any;
}

}  // namespace moongate
