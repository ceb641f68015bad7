#include "control/policy_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/utf8.h"
#include "config/file_read.h"
#include "control/replaced_file.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 8;
constexpr unsigned kNewMode = 0644;

Status collect(const fs::path& folder, const std::string& prefix, int depth, PolicyFiles& files, std::size_t& bytes) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) entries.push_back(*it);
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    if (entry.is_directory(error)) {
      if (depth <= 1) continue;
      if (Status done = collect(entry.path(), prefix + name + "/", depth - 1, files, bytes); !done) return done;
      continue;
    }
    if (!name.ends_with(".lua") || !entry.is_regular_file(error)) continue;
    auto file = read_whole_file(entry.path().string(), kMaxPolicyFile);
    if (!file) return Error(file.error().kind, prefix + name + " " + file.error().message);
    if (!is_valid_utf8(file->text)) return Error(ErrorKind::kInvalid, prefix + name + " is not UTF-8; edit it by hand");
    bytes += file->text.size();
    if (files.size() >= kMaxPolicyFiles || bytes > kMaxPolicyBytes) {
      return Error(ErrorKind::kTooLarge, "the policy's folder holds more than 512 files or 4 MiB, which is more than can be edited here");
    }
    files.emplace(prefix + name, std::move(file->text));
  }
  return {};
}

std::string path_of(const std::string& folder, const std::string& name) { return (fs::path(folder) / name).string(); }

// One file from what it says to what it shall say; nullptr: it is not there.
Status put(const std::string& folder, const std::string& name, const std::string* before, const std::string* after) {
  const std::string path = path_of(folder, name);
  std::error_code error;
  if (before == nullptr && fs::exists(fs::symlink_status(path, error))) {
    return Error(ErrorKind::kCanceled, name + " has appeared meanwhile");
  }
  if (after != nullptr) {
    return replace_file(path, *after, before == nullptr ? std::nullopt : std::optional<std::string_view>(*before), kNewMode);
  }
  const auto now = read_whole_file(path, kMaxPolicyFile);
  if (!now || now->text != *before) return Error(ErrorKind::kCanceled, name + " has been changed meanwhile");
  return remove_file(path);
}

const std::string* find(const PolicyFiles& files, const std::string& name) {
  const auto found = files.find(name);
  return found == files.end() ? nullptr : &found->second;
}

}  // namespace

std::string policy_name_fault(std::string_view name) {
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) return "must be at most 200 characters";
  if (!name.ends_with(".lua")) return "must end in .lua";
  int depth = 0;
  std::string_view rest = name;
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
    if (part.empty() || part.front() == '.' || part == ".lua" || !plain) {
      return "must be a path below the policy's folder, such as moongate/tables.lua: letters, digits, '_', '-' and '.', and no part that begins with '.'";
    }
    if (++depth > kMaxDepth) return "must not lie deeper than 8 folders";
    if (slash == rest.npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

Result<PolicyFiles> read_policy_folder(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return Error(ErrorKind::kNotFound, folder + " is not a folder");
  PolicyFiles files;
  std::size_t bytes = 0;
  if (Status done = collect(folder, "", kMaxDepth, files, bytes); !done) return done.error();
  return files;
}

Status write_policy_folder(const std::string& folder, const PolicyFiles& before, const PolicyFiles& files) {
  std::vector<std::string> names;
  for (const auto& [name, text] : files) names.push_back(name);
  for (const auto& [name, text] : before) {
    if (!files.contains(name)) names.push_back(name);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string *old = find(before, names[i]), *fresh = find(files, names[i]);
    if (old != nullptr && fresh != nullptr && *old == *fresh) continue;
    Status done = put(folder, names[i], old, fresh);
    if (done) continue;
    for (std::size_t k = i; k-- > 0;) {
      const std::string *was = find(before, names[k]), *is = find(files, names[k]);
      if (was != nullptr && is != nullptr && *was == *is) continue;
      if (Status undone = put(folder, names[k], is, was); !undone) {
        return done.error().wrap("the policy's folder is half changed, since " + names[k] + " could not be put back (" + undone.error().message + ")");
      }
    }
    return done;
  }
  return {};
}

std::string policy_etag(const PolicyFiles& files) {
  std::string all;
  for (const auto& [name, text] : files) all += name + '\0' + sha256(text);
  return sha256_hex(all).substr(0, 32);
}

}  // namespace moongate
