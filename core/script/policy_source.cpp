#include "script/policy_source.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "crypto/hash.h"

namespace moongate {
namespace fs = std::filesystem;
namespace {

// Calls `visit` for every Lua file below `dir`, in order of names. False: there were too many.
bool each_file(const fs::path& dir, const std::string& prefix, int depth, std::size_t& left,
               const std::function<void(const std::string&, const fs::directory_entry&)>& visit) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
    entries.push_back(*it);
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".")) continue;
    if (entry.is_directory(error)) {
      if (depth > 1 && !each_file(entry.path(), prefix + name + "/", depth - 1, left, visit)) return false;
    } else if (name.ends_with(".lua") && entry.is_regular_file(error)) {
      if (left-- == 0) return false;
      visit(prefix + name, entry);
    }
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const PolicySource>> PolicySource::read(const std::string& dir) {
  std::error_code error;
  if (!fs::is_directory(dir, error)) {
    return Error(ErrorKind::kNotFound, "policy.dir: " + dir +
                                           " is not a folder; it has to hold auth.lua, route.lua, "
                                           "token_map.lua and privacy.lua");
  }
  std::shared_ptr<PolicySource> source(new PolicySource);
  fs::path folder = fs::path(dir).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  source->shown_as_ = folder.filename().string();
  Status status;
  std::size_t left = kMaxFiles;
  const bool all =
      each_file(dir, "", kMaxDepth, left, [&](const std::string& path, const fs::directory_entry& entry) {
        if (!status.ok()) return;
        std::ifstream in(entry.path(), std::ios::binary);
        std::string text(kMaxFileBytes + 1, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (in.bad() || (!in && !in.eof())) {
          status =
              Error(ErrorKind::kInvalid, source->shown(path) + ": cannot be read; check its permissions");
          return;
        }
        text.resize(static_cast<std::size_t>(in.gcount()));
        if (text.size() > kMaxFileBytes) {
          status = Error(ErrorKind::kTooLarge, source->shown(path) + ": larger than 1 MiB");
          return;
        }
        source->files_.emplace(path, std::move(text));
      });
  if (!status.ok()) return status.error();
  if (!all) return Error(ErrorKind::kTooLarge, "policy.dir: " + dir + " holds more than 512 Lua files");
  source->seal();
  return std::shared_ptr<const PolicySource>(std::move(source));
}

std::shared_ptr<const PolicySource> PolicySource::of(std::map<std::string, std::string, std::less<>> files,
                                                     std::string shown_as) {
  std::shared_ptr<PolicySource> source(new PolicySource);
  source->files_ = std::move(files);
  source->shown_as_ = std::move(shown_as);
  source->seal();
  return source;
}

const std::string* PolicySource::find(std::string_view path) const {
  auto it = files_.find(path);
  return it == files_.end() ? nullptr : &it->second;
}

void PolicySource::seal() {
  std::string all;
  for (const auto& [path, text] : files_) {
    all += path;
    all += '\0';
    all += sha256(text);
  }
  fingerprint_ = sha256_hex(all);
}

}  // namespace moongate
