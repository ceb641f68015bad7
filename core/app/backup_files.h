// The operator's files that go into a back-up, and back to where the settings say that they are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "store/backup.h"

namespace moongate {

// The map, the policy's Lua files and the price file, as far as they are there; with `secrets` also the credential
// files. kTooLarge: one of more than kMaxBackupFileBytes.
Result<std::vector<BackupEntry>> collect_files(const Settings& settings, bool secrets);

// Files on their way to their places. What was not put there is taken away again.
class FileRestore {
 public:
  FileRestore() = default;
  ~FileRestore();
  FileRestore(const FileRestore&) = delete;
  FileRestore& operator=(const FileRestore&) = delete;

  // Writes those that are not there, or differ, beside their places. kForbidden: one differs and `replace` is false, or
  // its folder cannot be written; all such are named.
  Status prepare(const Settings& settings, const std::vector<BackupEntry>& entries, bool replace);
  // Puts them there; how many.
  Result<std::size_t> finish();

 private:
  struct Move {
    std::filesystem::path aside, place;
  };
  std::vector<Move> moves_;
};

}  // namespace moongate
