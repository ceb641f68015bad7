#include "store/migrations.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "store/sqlite_driver.h"
#include "store/store.h"
#include "unit/crypto/temp_directory.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

const std::vector<Migration> kTwo = {
    {1, "moons", "-- a comment\nCREATE TABLE moons (\n  id BIGINT NOT NULL\n);\n", "DROP TABLE moons;\n"},
    {2, "craters", "CREATE TABLE craters (id BIGINT NOT NULL);\nINSERT INTO craters (id) VALUES (7);\n",
     "DROP TABLE craters;\n"}};

struct Migrations : testing::Test {
  std::unique_ptr<SqlDriver> driver = open_sqlite("").value();

  Status run(const std::string& sql) {
    return driver->run([&](SqlConnection& connection) -> Status {
      const Result<std::int64_t> done = connection.execute(sql, {});
      return done ? Status() : Status(done.error());
    });
  }
};

TEST_F(Migrations, ApplyWhatIsMissingAndNothingTwice) {
  ASSERT_TRUE(migrate_up(*driver, {kTwo[0]}, 1).ok());
  EXPECT_EQ(schema_version(*driver).value(), 1);
  ASSERT_TRUE(migrate_up(*driver, kTwo, 2).ok());
  ASSERT_TRUE(migrate_up(*driver, kTwo, 3).ok());
  EXPECT_EQ(schema_version(*driver).value(), 2);
  EXPECT_TRUE(run("INSERT INTO moons (id) SELECT id FROM craters").ok());
}

TEST_F(Migrations, GoDownAndUpAgain) {
  ASSERT_TRUE(migrate_up(*driver, kTwo, 1).ok());
  ASSERT_TRUE(migrate_down(*driver, kTwo, 1).ok());
  EXPECT_FALSE(run("DELETE FROM craters").ok());
  EXPECT_TRUE(run("DELETE FROM moons").ok());
  ASSERT_TRUE(migrate_down(*driver, kTwo, 0).ok());
  EXPECT_EQ(schema_version(*driver).value(), 0);
  ASSERT_TRUE(migrate_up(*driver, kTwo, 1).ok());
}

TEST_F(Migrations, LeaveNothingOfOneThatFails) {
  const Migration broken{1, "broken", "CREATE TABLE half (id BIGINT);\nCREATE TABLE half (id BIGINT);\n", ""};
  const auto failed = migrate_up(*driver, {broken}, 1);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("1 (broken)"), std::string::npos);
  EXPECT_EQ(schema_version(*driver).value(), 0);
  EXPECT_FALSE(run("DELETE FROM half").ok());
}

TEST_F(Migrations, NameOneThatWasBegunAndNotFinished) {
  ASSERT_TRUE(migrate_up(*driver, kTwo, 1).ok());
  ASSERT_TRUE(run("UPDATE schema_migrations SET state = 'begun' WHERE version = 2").ok());
  const auto refused = migrate_up(*driver, kTwo, 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("migration 2 (craters) was begun and not finished"),
            std::string::npos);
}

TEST_F(Migrations, RefuseASchemaThatIsNewerThanTheBinary) {
  ASSERT_TRUE(migrate_up(*driver, kTwo, 1).ok());
  const auto refused = migrate_up(*driver, {kTwo[0]}, 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("schema version 2 (craters), this moongate knows up to 1"),
            std::string::npos);
}

TEST_F(Migrations, RefuseADatabaseThatWentAnotherWay) {
  ASSERT_TRUE(migrate_up(*driver, {kTwo[0]}, 1).ok());
  const Migration edited{1, "moons", "CREATE TABLE moons (id TEXT);\n", ""};
  const auto refused = migrate_up(*driver, {edited}, 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("made by another version"), std::string::npos);
}

TEST_F(Migrations, OfThisBinaryGoAllTheWayUpAndDown) {
  ASSERT_FALSE(embedded_migrations().empty());
  ASSERT_TRUE(migrate_up(*driver, embedded_migrations(), 1).ok());
  ASSERT_TRUE(migrate_down(*driver, embedded_migrations(), 0).ok());
  const auto left = [&] {
    std::string names;
    const Status ok = driver->run([&](SqlConnection& connection) -> Status {
      const auto rows = connection.query("SELECT name FROM sqlite_master WHERE type = 'table'", {}).value();
      for (const SqlRow& row : rows) names += std::get<std::string>(row[0]) + " ";
      return {};
    });
    EXPECT_TRUE(ok.ok());
    return names;
  };
  EXPECT_EQ(left(), "schema_migrations ");
  ASSERT_TRUE(migrate_up(*driver, embedded_migrations(), 1).ok());
}

TEST(SplitStatements, CutsAtSemicolonsThatEndALine) {
  EXPECT_EQ(split_statements("-- x;\nA\n  (b; c);  \n\nD;\r\nE"),
            (std::vector<std::string>{"A\n  (b; c)", "D", "E"}));
  EXPECT_TRUE(split_statements("\n-- only a comment\n").empty());
}

TEST(SqliteFile, IsForItsOwnerOnlyAndKeepsWhatItIsGiven) {
  const TempDirectory directory;
  const std::filesystem::path data = directory.path() / "data";
  {
    const std::unique_ptr<Store> store = open_store("sqlite:moongate.db", data, 1).value();
    ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
    for (const char* name : {"moongate.db", "moongate.db-wal", "moongate.db-shm"}) {
      struct stat status{};
      ASSERT_EQ(stat((data / name).c_str(), &status), 0) << name;
      EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
    }
  }
  const std::unique_ptr<Store> again = open_store("sqlite:moongate.db", data, 2).value();
  EXPECT_EQ(again->find_virtual_account("1").value(), account_record("1"));
}

TEST(SqliteFile, ThatOthersCouldReadIsClosedToThem) {
  const TempDirectory directory;
  std::ofstream(directory.path() / "moongate.db") << "";
  ASSERT_EQ(chmod((directory.path() / "moongate.db").c_str(), 0644), 0);
  ASSERT_TRUE(open_store("sqlite:moongate.db", directory.path(), 1).ok());
  struct stat status{};
  ASSERT_EQ(stat((directory.path() / "moongate.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(SqliteFile, OpensForTwoProcessesAtOnce) {
  const TempDirectory directory;
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back(
        [&] { opened += open_store("sqlite:moongate.db", directory.path(), 1).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 3);
}

TEST(SqliteFile, ThatIsNoDatabaseIsNamedAndLeftAsItIs) {
  const TempDirectory directory;
  const std::string text(4096, 'x');
  std::ofstream(directory.path() / "notes.txt") << text;
  const auto result = open_store("sqlite:notes.txt", directory.path(), 1);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("notes.txt is no SQLite database"), std::string::npos);
  std::ifstream file(directory.path() / "notes.txt");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

// Permissions mean nothing to root, so root becomes somebody else for a moment.
class AsNobody {
 public:
  AsNobody() : was_root_(geteuid() == 0) {
    if (was_root_ && seteuid(65534) != 0) std::abort();
  }
  ~AsNobody() {
    if (was_root_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_;
};

TEST(SqliteFile, InAFolderThatCannotBeWrittenSaysWhatToDo) {
  const TempDirectory directory;
  ASSERT_EQ(chmod(directory.path().c_str(), 0555), 0);
  {
    const AsNobody nobody;
    for (const char* url : {"sqlite:moongate.db", "sqlite:below/moongate.db"}) {
      const auto result = open_store(url, directory.path(), 1);
      ASSERT_FALSE(result.ok());
      EXPECT_EQ(result.error().kind, ErrorKind::kForbidden);
      EXPECT_NE(result.error().message.find("store.url"), std::string::npos) << result.error().message;
    }
  }
  ASSERT_EQ(chmod(directory.path().c_str(), 0700), 0);
}

TEST(OpenStore, RefusesAUrlOfAnotherKindWithoutRepeatingItsPassword) {
  for (const char* url : {"", "sqlite:", "moongate.db", "postgres://user:hunter2@host/db"}) {
    const auto result = open_store(url, "", 1);
    ASSERT_FALSE(result.ok()) << url;
    EXPECT_EQ(result.error().message.find("hunter2"), std::string::npos);
    EXPECT_NE(result.error().message.find("sqlite:FILE"), std::string::npos);
  }
}

}  // namespace
}  // namespace moongate
