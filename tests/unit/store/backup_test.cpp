#include "store/backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "crypto/hash.h"
#include "store/migrations.h"
#include "store/open_driver.h"
#include "unit/crypto/temp_directory.h"
#include "unit/store/mariadb_server.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

StoreOptions one_connection() {
  StoreOptions options;
  options.auto_migrate = true;
  options.connections = 1;
  return options;
}

// A store that can be opened by its URL more than once.
struct Place {
  std::string url;
  fs::path directory;

  std::unique_ptr<Store> store() const { return open_store(url, directory, 1000, one_connection()).value(); }
  std::unique_ptr<SqlDriver> driver() const {
    return open_driver(url, directory, one_connection(), Patience::kLong).value();
  }
};

void fill(Store& store) {
  ASSERT_TRUE(store.insert_virtual_account(account_record("1")).value());
  ASSERT_TRUE(store.insert_oauth_client(client_record("app")).value());
  ASSERT_TRUE(store.insert_user(user_record("ada")).value());
  UserRecord nobody = user_record("bob");
  nobody.email.clear();
  nobody.terms = "{\"note\":\"ümläut, 中文, \\\"quotes\\\" and \\n a line\"}";
  ASSERT_TRUE(store.insert_user(nobody).value());
  ASSERT_TRUE(store.insert_client(caller_record("builder", "u-ada")).value());
  ASSERT_TRUE(store.insert_client(caller_record("loose", "")).value());
  ASSERT_TRUE(store.insert_key(key_record("builder", "c-builder")).value());
  ASSERT_TRUE(store.move_balance(movement_record("m-1", 50'000'000'000)).value());
  std::vector<LedgerRecord> rows;
  for (int i = 0; i < 120; ++i) rows.push_back(ledger_record("r-" + std::to_string(i), 1'700'000'000'000 + i));
  ASSERT_TRUE(store.append_ledger(rows).ok());
}

Result<BackupTotals> back_up(const Place& place, const fs::path& file, const std::vector<BackupEntry>& entries = {}) {
  auto writer = BackupWriter::create(file);
  if (!writer) return writer.error();
  BackupHead head;
  head.program = "test";
  head.made_at = "2026-11-21T00:00:00Z";
  return write_backup(*place.driver(), head, entries, **writer);
}

Result<BackupSummary> look(const fs::path& file) {
  return read_backup(file, [](const BackupEntry&) { return Status(); });
}

Status restore(const Place& place, const fs::path& file, bool replace = false) {
  const Result<BackupSummary> summary = look(file);
  if (!summary) return summary.error();
  return load_backup(*place.driver(), file, *summary, replace, 3000);
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

// What a store holds, in whatever order its database gives it; without the generation, which a restore raises.
std::vector<std::string> lines_of(const Place& place, const fs::path& scratch) {
  EXPECT_TRUE(back_up(place, scratch).ok());
  std::vector<std::string> lines;
  std::ifstream in(scratch);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('[') && !line.starts_with("[\"directory_generation\"")) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

struct Journey {
  std::string name;
  bool from_mariadb, to_mariadb;
};

class Backup : public testing::TestWithParam<Journey> {
 protected:
  Place place(bool mariadb, const std::string& name) {
    if (!mariadb) return {"sqlite:" + name + ".db", directory.path()};
    return {MariadbServer::shared().url(MariadbServer::shared().new_database()), directory.path()};
  }
  TempDirectory directory;
  fs::path file = directory.path() / "copy.mgb";
  fs::path scratch = directory.path() / "scratch";
  Place from = place(GetParam().from_mariadb, "from");
  Place to = place(GetParam().to_mariadb, "to");
};

TEST_P(Backup, HoldsEveryRowAndMakesTheSameStoreAnywhere) {
  fill(*from.store());
  const auto totals = back_up(from, file, {{"map", "map-config.json", "{}"}});
  ASSERT_TRUE(totals.ok()) << totals.error().describe();
  EXPECT_EQ(totals->files, 1);
  const auto summary = look(file);
  ASSERT_TRUE(summary.ok()) << summary.error().describe();
  EXPECT_EQ(summary->totals, *totals);
  const Status restored = restore(to, file);
  ASSERT_TRUE(restored.ok()) << restored.error().describe();
  EXPECT_EQ(lines_of(to, scratch), lines_of(from, scratch));
  const auto store = to.store();
  EXPECT_EQ(store->find_user("u-bob").value()->email, "");
  EXPECT_EQ(store->find_virtual_account("1").value(), account_record("1"));
  EXPECT_TRUE(store->check_books().ok());
}

TEST_P(Backup, IsNewerThanAnythingThatGatewaysRemember) {
  fill(*from.store());
  ASSERT_TRUE(back_up(from, file).ok());
  {
    const auto later = to.store();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(later->insert_user(user_record("u" + std::to_string(i))).value());
  }
  const std::int64_t before = std::max(to.store()->directory_generation().value(), from.store()->directory_generation().value());
  ASSERT_TRUE(restore(to, file, true).ok());
  EXPECT_GT(to.store()->directory_generation().value(), before);
}

TEST_P(Backup, ReplacesOnlyWhatItIsToldToReplace) {
  fill(*from.store());
  ASSERT_TRUE(back_up(from, file).ok());
  ASSERT_TRUE(to.store()->insert_user(user_record("carl")).value());
  const Status refused = restore(to, file);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("not empty (there is something in users)"), std::string::npos);
  EXPECT_TRUE(to.store()->find_user("u-carl").value().has_value());
  const Status replaced = restore(to, file, true);
  ASSERT_TRUE(replaced.ok()) << replaced.error().describe();
  EXPECT_FALSE(to.store()->find_user("u-carl").value().has_value());
  EXPECT_EQ(lines_of(to, scratch), lines_of(from, scratch));
}

TEST_P(Backup, IsRefusedWhileSomebodyHasTheStoreOpen) {
  fill(*from.store());
  ASSERT_TRUE(back_up(from, file).ok());
  const auto open = to.store();
  ASSERT_TRUE(open->list_users().ok());
  const Status refused = restore(to, file, true);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("the store is in use"), std::string::npos) << refused.error().describe();
}

TEST_P(Backup, SeesOneStateWhileOthersWrite) {
  const auto writing = from.store();
  fill(*writing);
  const auto reader = from.driver();
  const Status done = reader->run([&](SqlConnection& connection) {
    return in_transaction(connection, SqlIsolation::kReading, [&](SqlConnection& lent) -> Status {
      EXPECT_EQ(lent.query("SELECT id FROM users", {}).value().size(), 2U);
      EXPECT_TRUE(writing->insert_user(user_record("late")).value());
      EXPECT_EQ(lent.query("SELECT id FROM users", {}).value().size(), 2U);
      return {};
    });
  });
  EXPECT_TRUE(done.ok());
  EXPECT_TRUE(writing->find_user("u-late").value().has_value());
}

TEST_P(Backup, ThatFailsInTheMiddleLeavesTheRowsThatWereThere) {
  fill(*from.store());
  ASSERT_TRUE(back_up(from, file).ok());
  ASSERT_TRUE(to.store()->insert_user(user_record("carl")).value());
  // A file whose digest is right and whose last rows are not: the same key twice.
  std::string text = text_of(file);
  const std::string bad_end = R"({"end_table":"users","rows":2})";
  const std::size_t at = text.find(bad_end);
  ASSERT_NE(at, text.npos);
  const std::size_t row = text.rfind('\n', at - 2) + 1;
  text.insert(row, text.substr(row, at - row));
  text.replace(text.find(bad_end), bad_end.size(), R"({"end_table":"users","rows":3})");
  const std::size_t last = text.rfind("{\"end\":true");
  const auto summary = look(file);
  ASSERT_TRUE(summary.ok());
  text.replace(last, text.npos,
               "{\"end\":true,\"files\":0,\"tables\":" + std::to_string(summary->totals.tables) +
                   ",\"rows\":" + std::to_string(summary->totals.rows + 1) + ",\"sha256\":\"" +
                   sha256_hex(text.substr(0, last)) + "\"}\n");
  write_text(file, text);
  ASSERT_TRUE(look(file).ok());
  EXPECT_FALSE(restore(to, file, true).ok());
  EXPECT_TRUE(to.store()->find_user("u-carl").value().has_value());
  EXPECT_EQ(to.store()->list_users().value().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Journeys, Backup,
                         testing::Values(Journey{"SqliteToSqlite", false, false},
                                         Journey{"SqliteToMariadb", false, true},
                                         Journey{"MariadbToSqlite", true, false}),
                         [](const auto& info) { return info.param.name; });

class BackupFile : public testing::Test {
 protected:
  void SetUp() override {
    fill(*place.store());
    ASSERT_TRUE(back_up(place, file, {{"policy", "auth/keys.lua", "return {}"}}).ok());
    text = text_of(file);
  }
  std::string trouble(const std::string& changed) {
    write_text(file, changed);
    const auto summary = look(file);
    return summary ? "none" : summary.error().describe();
  }
  // The text with a last line that fits it.
  static std::string signed_anew(std::string all) {
    const std::size_t last = all.rfind("{\"end\":true");
    const std::size_t digest = all.find("\"sha256\":\"", last) + 10;
    return all.replace(digest, 64, sha256_hex(all.substr(0, last)));
  }

  TempDirectory directory;
  Place place{"sqlite:a.db", directory.path()};
  fs::path file = directory.path() / "copy.mgb";
  std::string text;
};

TEST_F(BackupFile, IsForItsOwnerOnlyAndStandsAlone) {
  struct stat status{};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    EXPECT_FALSE(entry.path().string().ends_with(".new")) << entry.path();
  }
}

TEST_F(BackupFile, ThatLostABitIsRefusedWhereverThatIs) {
  for (const std::size_t at : {text.size() / 4, text.size() / 2, text.size() - 80}) {
    std::string changed = text;
    changed[at] = changed[at] == '1' ? '2' : '1';
    EXPECT_NE(trouble(changed).find("Nothing was changed"), std::string::npos) << at;
  }
}

TEST_F(BackupFile, ThatIsCutShortIsRefusedAtEveryLine) {
  for (std::size_t at = text.find('\n'); at != text.npos && at + 1 < text.size(); at = text.find('\n', at + 1)) {
    EXPECT_NE(trouble(text.substr(0, at + 1)).find("cut short"), std::string::npos);
    if (at > 4000) at += text.size() / 20;
  }
  EXPECT_NE(trouble(text.substr(0, text.size() - 1)).find("cut short"), std::string::npos);
  EXPECT_NE(trouble("").find("cut short"), std::string::npos);
  EXPECT_NE(trouble(text + "\n").find("after the last line"), std::string::npos);
}

TEST_F(BackupFile, OfANewerSchemaOrFormNamesWhoCanReadIt) {
  std::string newer = text;
  newer.replace(newer.find("\"schema\":"), 10, "\"schema\":9");
  const std::string number = std::to_string(embedded_migrations().size());
  if (newer.find("\"schema\":9,") != newer.npos) {
    EXPECT_NE(trouble(signed_anew(newer)).find("this moongate knows up to " + number), std::string::npos);
  }
  newer = text;
  newer.replace(newer.find("\"moongate_backup\":1"), 19, "\"moongate_backup\":2");
  EXPECT_NE(trouble(signed_anew(newer)).find("written by a newer moongate"), std::string::npos);
}

TEST_F(BackupFile, CannotNameAPlaceOutsideItsFolder) {
  for (const char* name : {"../keys.lua", "/etc/passwd", "auth/../../x", "a/./b", ".", "auth/", "a\\u0000b"}) {
    std::string changed = text;
    changed.replace(changed.find("auth/keys.lua"), 13, name);
    EXPECT_NE(trouble(signed_anew(changed)).find("a file that may not be there"), std::string::npos) << name;
  }
}

TEST_F(BackupFile, OfAnotherSchemaUnderTheSameNumberIsRefused) {
  std::string changed = text;
  const std::size_t at = changed.find("\"scripts\":\"") + 11;
  changed.replace(at, 4, "0000");
  EXPECT_NE(trouble(signed_anew(changed)).find("schema"), std::string::npos);
}

TEST_F(BackupFile, ThatIsSomethingElseIsRefused) {
  EXPECT_NE(trouble("{}\n").find("no back-up"), std::string::npos);
  EXPECT_NE(trouble("[1]\n").find("no back-up"), std::string::npos);
  EXPECT_NE(trouble("SQLite format 3\n").find("no back-up"), std::string::npos);
  EXPECT_FALSE(look(directory.path() / "missing").ok());
  EXPECT_FALSE(look(directory.path()).ok());
}

TEST_F(BackupFile, OfAnOlderSchemaIsBroughtUpToDate) {
  const Place old{"sqlite:old.db", directory.path()};
  {
    const auto driver = old.driver();
    const auto& all = embedded_migrations();
    ASSERT_TRUE(migrate_up(*driver, {all.begin(), all.end() - 1}, 1).ok());
  }
  ASSERT_TRUE(back_up(old, file).ok());
  const Place fresh{"sqlite:fresh.db", directory.path()};
  ASSERT_TRUE(restore(fresh, file).ok());
  EXPECT_EQ(schema_version(*fresh.driver()).value(), static_cast<std::int64_t>(embedded_migrations().size()));
  // Over a store that is in use nothing can be taken down first.
  const Status refused = restore(place, file, true);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("restore it into an empty store"), std::string::npos);
}

}  // namespace
}  // namespace moongate
