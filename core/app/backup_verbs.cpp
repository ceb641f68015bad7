#include "app/backup_verbs.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "app/admin_verbs.h"
#include "app/backup_files.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/master_key.h"
#include "crypto/secret_file.h"
#include "http/api_reply.h"
#include "store/open_driver.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

std::string master_key_variable() {
  const char* value = std::getenv("MOONGATE_MASTER_KEY");
  return value == nullptr ? std::string() : std::string(value);
}

// The master key as the variable or the file has it, and never a new one; empty: there is none.
Result<Secret> master_key_text(const Settings& settings) {
  if (std::string given = master_key_variable(); !given.empty()) return Secret(std::move(given));
  Result<Secret> read = read_secret_file(master_key_file(settings.data_dir));
  if (!read && read.error().kind == ErrorKind::kNotFound) return Secret();
  return read;
}

// Two master keys can be told apart by it; neither can be found from it.
Result<std::string> key_check(const Settings& settings, const Secret& text) {
  if (text.empty()) return std::string();
  std::string trimmed = text.reveal();
  while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == '\r' || trimmed.back() == ' ')) trimmed.pop_back();
  const Result<Secret> key = load_master_key(settings.data_dir, trimmed);
  if (!key) return key.error();
  return hex_encode(hmac_sha256(key->reveal(), "moongate backup: which master key")).substr(0, 32);
}

Result<std::unique_ptr<SqlDriver>> open_for_copy(const Settings& settings, bool make) {
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string& url = settings.store.url;
  if (url == "sqlite::memory:") {
    return Error(ErrorKind::kInvalid, "the store of store.url is in the memory of its gateway alone; there is nothing to copy from or to");
  }
  if (make) {
    if (Status made = create_private_directory(settings.data_dir); !made) return made.error();
  } else if (url.starts_with(kSqlite)) {
    const fs::path file = fs::path(settings.data_dir) / url.substr(kSqlite.size());
    std::error_code unseen;
    if (!fs::exists(file, unseen)) {
      return Error(ErrorKind::kNotFound, "there is no " + file.string() + "; name the gateway's settings with --config, or its data_dir with --set");
    }
  }
  return open_driver(url, settings.data_dir, {false, 1, settings.store.ca_file}, Patience::kLong);
}

// Why what is sealed in the back-up could not be opened here; empty: it can be, or nothing is sealed.
Result<std::string> missing_key(const Settings& settings, const BackupSummary& summary, bool brought) {
  if (!summary.has_sealed || summary.head.key_check.empty()) return std::string();
  const Result<Secret> here = master_key_text(settings);
  if (!here) return here.error();
  if (here->empty() && brought) return std::string();
  const Result<std::string> check = key_check(settings, *here);
  if (!check) return check.error();
  if (constant_time_equal(*check, summary.head.key_check)) return std::string();
  if (brought && master_key_variable().empty()) return std::string();
  return std::string(here->empty() ? "there is no master key here" : "the master key here is another one") +
         ", so nothing could open the credentials that are sealed in this back-up. Put the old one into " +
         master_key_file(settings.data_dir).string() +
         " or MOONGATE_MASTER_KEY first; --without-master-key restores all the same";
}

}  // namespace

int back_up_store(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings) return kExitFailed;
  auto driver = open_for_copy(*settings, false);
  if (!driver) return verb_failed(driver.error().describe());
  auto entries = collect_files(*settings, words.with_secrets);
  if (!entries) return verb_failed(entries.error().describe());
  const auto key = master_key_text(*settings);
  if (!key) return verb_failed(key.error().describe());
  const auto check = key_check(*settings, *key);
  if (!check) return verb_failed(check.error().describe());
  if (words.with_secrets && !key->empty()) entries->push_back({"master-key", "master.key", key->reveal()});
  auto writer = BackupWriter::create(words.backup_file);
  if (!writer) return verb_failed(writer.error().describe());
  BackupHead head;
  head.program = MOONGATE_VERSION;
  head.made_at = rfc3339(SystemClock().unix_seconds());
  head.key_check = *check;
  head.with_secrets = words.with_secrets;
  const auto totals = write_backup(**driver, head, *entries, **writer);
  if (!totals) return verb_failed(totals.error().describe());
  std::fprintf(stderr, "%lld rows of %lld tables and %lld files; SHA-256 %s\n%s\n", static_cast<long long>(totals->rows),
               static_cast<long long>(totals->tables), static_cast<long long>(totals->files), totals->sha256.c_str(),
               words.with_secrets ? "The master key and the credentials are in it: whoever has the file has them."
                                  : "The master key and the credential files are not in it (--with-secrets): keep them apart. Client tokens that the map holds are.");
  return kExitDone;
}

int restore_store(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings || is_running(*settings)) return kExitFailed;
  std::vector<BackupEntry> entries;
  bool brings_key = false;
  std::size_t bytes = 0;
  const auto summary = read_backup(words.backup_file, [&](const BackupEntry& entry) -> Status {
    constexpr std::size_t kMost = 256u << 20;
    if (words.store_only) return {};
    if ((bytes += entry.content.size()) > kMost) return Error(ErrorKind::kTooLarge, "more than 256 MiB of files; --store-only leaves them out");
    if (entry.kind == "master-key") {
      brings_key = true;
      if (!master_key_variable().empty()) return {};
    }
    entries.push_back(entry);
    return {};
  });
  if (!summary) return verb_failed(summary.error().describe());
  const auto missing = missing_key(*settings, *summary, brings_key);
  if (!missing) return verb_failed(missing.error().describe());
  if (!missing->empty() && !words.without_master_key) return verb_failed(*missing);
  auto driver = open_for_copy(*settings, true);
  if (!driver) return verb_failed(driver.error().describe());
  FileRestore files;
  if (Status ready = files.prepare(*settings, entries, words.replace); !ready) return verb_failed(ready.error().describe());
  const Status loaded = load_backup(**driver, words.backup_file, *summary, words.replace, SystemClock().unix_seconds());
  if (!loaded) return verb_failed(loaded.error().describe());
  const auto placed = files.finish();
  if (!placed) return verb_failed(placed.error().describe());
  std::fprintf(stderr, "Restored %lld rows of %lld tables, made by moongate %s at %s, and wrote %zu of %lld files.\n",
               static_cast<long long>(summary->totals.rows), static_cast<long long>(summary->totals.tables),
               summary->head.program.c_str(), summary->head.made_at.c_str(), *placed, static_cast<long long>(summary->totals.files));
  return kExitDone;
}

}  // namespace moongate
