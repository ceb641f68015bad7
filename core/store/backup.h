// `moongate backup` and `moongate restore`: the whole store, and files of the operator's, as one file that any
// database of ours can be made from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/backup_file.h"
#include "store/sql_driver.h"

namespace moongate {

struct BackupEntry {
  std::string kind;  // "map", "policy", "prices", "credential", "master-key"
  std::string name;  // within its kind: "claude.json", "auth/keys.lua"; never leads out of its folder
  std::string content;
};

// The first line of a back-up.
struct BackupHead {
  std::string program;    // the version that wrote it
  std::string made_at;
  std::string from;       // "sqlite", "mysql"
  std::int64_t schema = 0;
  std::string key_check;  // tells one master key from another, and nothing of either; empty: there was none
  bool with_secrets = false;
};

struct BackupSummary {
  BackupHead head;
  BackupTotals totals;
  bool has_sealed = false;  // values that only the master key opens
};

// Reads one state of the whole store while others go on writing, and puts entries and rows into `writer`. head:
// from and schema are filled in here. kInvalid: a schema that this program does not know, or that was left
// half-way by a migration.
Result<BackupTotals> write_backup(SqlDriver& driver, BackupHead head, const std::vector<BackupEntry>& entries,
                                  BackupWriter& writer);

// Reads a back-up to its end and changes nothing; `on_entry` gets each of the files. kInvalid: it is damaged, cut
// short, of a newer program, or says names that lead elsewhere.
Result<BackupSummary> read_backup(const std::filesystem::path& path,
                                  const std::function<Status(const BackupEntry&)>& on_entry);

// Puts the rows into the store, in one transaction, and brings its schema up to date. `summary`: what read_backup
// said of the file. kForbidden: somebody else has the store open; it holds something and `replace` is false. Any
// error leaves the rows that were there.
Status load_backup(SqlDriver& driver, const std::filesystem::path& path, const BackupSummary& summary, bool replace,
                   std::int64_t now_s);

}  // namespace moongate
