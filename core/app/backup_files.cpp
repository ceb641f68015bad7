#include "app/backup_files.h"

#include <unistd.h>

#include <algorithm>

#include "config/file_read.h"
#include "crypto/master_key.h"
#include "crypto/random.h"
#include "crypto/secret_file.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

Status add_file(std::vector<BackupEntry>& entries, const std::string& kind, const std::string& name,
                const fs::path& path) {
  Result<FileText> read = read_whole_file(path.string(), kMaxBackupFileBytes);
  if (!read) return read.error().wrap(path.string() + " cannot be backed up");
  entries.push_back({kind, name, std::move(read->text)});
  return {};
}

// Every file below `folder` whose name ends so, in order.
Status add_folder(std::vector<BackupEntry>& entries, const std::string& kind, const fs::path& folder,
                  std::string_view extension) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return {};
  std::vector<fs::path> paths;
  fs::recursive_directory_iterator walk(folder, failed);
  for (; !failed && walk != fs::recursive_directory_iterator(); walk.increment(failed)) {
    // What begins with a dot is another program's: an editor's copy, a folder of git's, Kubernetes's own links.
    if (walk->path().filename().string().starts_with('.')) {
      walk.disable_recursion_pending();
      continue;
    }
    if (walk->is_regular_file(failed) && walk->path().extension() == extension) paths.push_back(walk->path());
  }
  if (failed) return Error(ErrorKind::kForbidden, folder.string() + " cannot be read: " + failed.message());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    if (Status added = add_file(entries, kind, path.lexically_relative(folder).string(), path); !added) return added;
  }
  return {};
}

fs::path place_of(const Settings& settings, const BackupEntry& entry) {
  if (entry.kind == "map") return settings.map.file;
  if (entry.kind == "prices") return settings.billing.prices;
  if (entry.kind == "policy") return fs::path(settings.policy.dir) / entry.name;
  if (entry.kind == "credential") return fs::path(settings.map.credentials_dir) / entry.name;
  return master_key_file(settings.data_dir);
}

}  // namespace

Result<std::vector<BackupEntry>> collect_files(const Settings& settings, bool secrets) {
  std::vector<BackupEntry> entries;
  std::error_code unseen;
  for (const auto& [kind, file] : {std::pair<std::string, fs::path>("map", settings.map.file),
                                   std::pair<std::string, fs::path>("prices", settings.billing.prices)}) {
    if (!fs::exists(file, unseen)) continue;
    if (Status added = add_file(entries, kind, file.filename().string(), file); !added) return added.error();
  }
  if (Status added = add_folder(entries, "policy", settings.policy.dir, ".lua"); !added) return added.error();
  if (secrets) {
    if (Status added = add_folder(entries, "credential", settings.map.credentials_dir, ".json"); !added) {
      return added.error();
    }
  }
  return entries;
}

FileRestore::~FileRestore() {
  for (const Move& move : moves_) ::unlink(move.aside.c_str());
}

Status FileRestore::prepare(const Settings& settings, const std::vector<BackupEntry>& entries, bool replace) {
  std::string differ;
  std::vector<std::pair<const BackupEntry*, fs::path>> wanted;
  for (const BackupEntry& entry : entries) {
    const fs::path place = place_of(settings, entry);
    std::error_code unseen;
    if (fs::exists(place, unseen)) {
      const Result<FileText> there = read_whole_file(place.string(), kMaxBackupFileBytes);
      if (there && there->text == entry.content) continue;
      if (!replace) differ += (differ.empty() ? "" : ", ") + place.string();
    }
    wanted.emplace_back(&entry, place);
  }
  if (!differ.empty()) {
    return Error(ErrorKind::kForbidden, "other files are there already: " + differ +
                                            "; --replace overwrites them, --store-only leaves them alone. "
                                            "Nothing was changed");
  }
  for (const auto& [entry, place] : wanted) {
    // Hidden, and with no ending that anybody looks for, so that nothing reads it before it is in its place.
    const fs::path aside = place.parent_path() / ("." + place.filename().string() + "." + random_token(8) + ".restore");
    if (Status written = write_secret_file(aside, entry->content); !written) {
      return written.error().wrap("nothing was changed, since a file cannot be put in its place");
    }
    moves_.push_back({aside, place});
  }
  return {};
}

Result<std::size_t> FileRestore::finish() {
  std::size_t done = 0;
  while (!moves_.empty()) {
    const Move& move = moves_.back();
    std::error_code failed;
    fs::rename(move.aside, move.place, failed);
    if (failed) {
      return Error(ErrorKind::kInternal, "the store is restored, but " + move.place.string() +
                                             " could not be put in its place: " + failed.message());
    }
    moves_.pop_back();
    ++done;
  }
  return done;
}

}  // namespace moongate
