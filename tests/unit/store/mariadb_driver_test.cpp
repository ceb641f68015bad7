// What only a real server shows: refusals at the door, TLS, migrations that cannot be rolled back, and a
// server that dies.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "store/mysql_driver.h"
#include "store/schema_admin.h"
#include "unit/store/mariadb_server.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

struct MariadbDriver : testing::Test {
  MariadbServer& server = MariadbServer::shared();

  Result<std::unique_ptr<SqlDriver>> open(const std::string& url, const MysqlOptions& options = {}) {
    return open_mysql(MysqlTarget::parse(url).value(), options, std::make_shared<SystemClock>());
  }
  static Result<std::string> ask(SqlDriver& driver, const std::string& sql) {
    std::string answer;
    const Status ok = driver.run([&](SqlConnection& connection) -> Status {
      const Result<std::vector<SqlRow>> rows = connection.query(sql, {});
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      const SqlValue& value = rows->front().back();
      const auto* number = std::get_if<std::int64_t>(&value);
      answer = number != nullptr ? std::to_string(*number) : std::get<std::string>(value);
      return {};
    });
    if (!ok) return ok.error();
    return answer;
  }
  static Status run(SqlDriver& driver, const std::string& sql) {
    return driver.run([&](SqlConnection& connection) -> Status {
      const Result<std::int64_t> done = connection.execute(sql, {});
      return done ? Status() : Status(done.error());
    });
  }
};

// --- at the door

TEST_F(MariadbDriver, SaysThatThePasswordIsWrongAndDoesNotShowIt) {
  const std::string port = std::to_string(server.port());
  const auto refused = open_store("mysql://moongate:hunter2@127.0.0.1:" + port + "/mysql", "", 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kForbidden);
  EXPECT_EQ(refused.error().describe().find("hunter2"), std::string::npos);
  EXPECT_NE(refused.error().message.find("the user or the password in store.url is wrong"),
            std::string::npos);
}

TEST_F(MariadbDriver, SaysThatThereIsNoSuchDatabase) {
  const auto refused = open_store(server.url("nowhere"), "", 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(refused.error().message.find("CREATE DATABASE nowhere"), std::string::npos);
}

TEST_F(MariadbDriver, SaysThatNobodyListens) {
  const auto refused = open_store("mysql://u:hunter2@127.0.0.1:1/d", "", 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message.find("no connection to u@127.0.0.1:1/d"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(refused.error().describe().find("hunter2"), std::string::npos);
}

TEST_F(MariadbDriver, ReachesTheServerByItsSocket) {
  const auto driver = open(server.socket_url("mysql"));
  ASSERT_TRUE(driver.ok()) << driver.error().describe();
  EXPECT_EQ(ask(**driver, "SELECT DATABASE()").value(), "mysql");
}

TEST_F(MariadbDriver, SpeaksTlsWhenItHasACaAndPlainTextWhenItHasNone) {
  MysqlOptions tls;
  tls.ca_file = server.ca_file();
  const auto sealed = open(server.url("mysql", "localhost"), tls);
  ASSERT_TRUE(sealed.ok()) << sealed.error().describe();
  EXPECT_NE(ask(**sealed, "SHOW SESSION STATUS LIKE 'Ssl_cipher'").value(), "");
  const auto plain = open(server.url("mysql"));
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(ask(**plain, "SHOW SESSION STATUS LIKE 'Ssl_cipher'").value(), "");
}

TEST_F(MariadbDriver, RefusesACertificateOfAnotherCaOrForAnotherName) {
  MysqlOptions other;
  other.ca_file = server.other_ca_file();
  const auto unknown = open(server.url("mysql", "localhost"), other);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::kForbidden);
  EXPECT_NE(unknown.error().message.find("store.ca_file"), std::string::npos);
  MysqlOptions right;
  right.ca_file = server.ca_file();
  const auto elsewhere = open(server.url("mysql", "127.0.0.1"), right);
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_EQ(elsewhere.error().kind, ErrorKind::kForbidden) << elsewhere.error().message;
}

// --- the schema

TEST_F(MariadbDriver, RefusesADatabaseWithoutTablesAndNamesTheCommand) {
  const std::string database = server.new_database();
  const auto refused = open_store(server.url(database), "", 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("no tables yet; run: moongate migrate up"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(refused.error().message.find("p%40"), std::string::npos);
}

TEST_F(MariadbDriver, GoesUpAndDownAllMigrationsAndSaysWhatItDid) {
  const std::string database = server.new_database();
  SchemaAdmin admin = SchemaAdmin::open(server.url(database), "").value();
  const auto before = admin.status();
  ASSERT_TRUE(before.ok()) << before.error().describe();
  EXPECT_EQ(before->pending, embedded_migrations().size());
  const auto up = admin.up(1);
  ASSERT_TRUE(up.ok()) << up.error().describe();
  EXPECT_EQ(up->applied.size(), embedded_migrations().size());
  EXPECT_EQ(up->applied.front(), "1 (identities)");
  EXPECT_TRUE(admin.up(2)->applied.empty());
  EXPECT_TRUE(open_store(server.url(database), "", 1).ok());

  const Migration& last = embedded_migrations().back();
  EXPECT_EQ(admin.rollback()->taken_back,
            std::vector<std::string>{std::to_string(last.version) + " (" + std::string(last.name) + ")"});
  const auto older = open_store(server.url(database), "", 1);
  ASSERT_FALSE(older.ok());
  EXPECT_NE(older.error().message.find("1 of our migrations is missing"), std::string::npos)
      << older.error().message;
  EXPECT_FALSE(admin.down(0).ok());
  EXPECT_EQ(admin.down(99)->version, 0);
  const auto driver = open(server.url(database)).value();
  EXPECT_EQ(
      ask(*driver,
          "SELECT GROUP_CONCAT(table_name) FROM information_schema.tables WHERE table_schema = DATABASE()")
          .value(),
      "schema_migrations");
  EXPECT_EQ(admin.up(3)->version, static_cast<std::int64_t>(embedded_migrations().size()));
}

TEST_F(MariadbDriver, MakesEveryTableExactAndTransactional) {
  const std::string database = server.new_database();
  ASSERT_TRUE(SchemaAdmin::open(server.url(database), "")->up(1).ok());
  const auto driver = open(server.url(database)).value();
  EXPECT_EQ(ask(*driver,
                "SELECT GROUP_CONCAT(DISTINCT table_collation, ' ', engine) FROM information_schema.tables "
                "WHERE table_schema = DATABASE()")
                .value(),
            "utf8mb4_nopad_bin InnoDB");
}

TEST_F(MariadbDriver, NamesAMigrationThatStoppedMidwayAndGoesNoFurther) {
  const std::string database = server.new_database();
  const auto driver = open(server.url(database)).value();
  const std::vector<Migration> broken = {
      {1, "half", "CREATE TABLE half (id BIGINT NOT NULL);\nCREATE TABLE half (id BIGINT NOT NULL);\n",
       "DROP TABLE half;\n"}};
  const auto failed = migrate_up(*driver, broken, 1);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().describe().find("statement 2 of 2"), std::string::npos)
      << failed.error().describe();
  const auto again = migrate_up(*driver, broken, 1);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("migration 1 (half) was begun and not finished"), std::string::npos);
  const auto served = open_store(server.url(database), "", 1);
  ASSERT_FALSE(served.ok());
  EXPECT_NE(served.error().message.find("1 (half)"), std::string::npos) << served.error().message;
  // By hand, as the message says.
  ASSERT_TRUE(run(*driver, "UPDATE schema_migrations SET state = 'done'").ok());
  EXPECT_TRUE(migrate_up(*driver, broken, 1).ok());
}

TEST_F(MariadbDriver, RefusesASchemaThatIsNewerThanTheBinary) {
  const std::string database = server.new_database();
  ASSERT_TRUE(SchemaAdmin::open(server.url(database), "")->up(1).ok());
  const auto driver = open(server.url(database)).value();
  const std::int64_t known = embedded_migrations().back().version;
  ASSERT_TRUE(run(*driver,
                  "INSERT INTO schema_migrations (version, name, digest, state, applied_at) VALUES (" +
                      std::to_string(known + 1) + ", 'future', 'x', 'done', 1)")
                  .ok());
  StoreOptions eager;
  eager.auto_migrate = true;
  for (const StoreOptions& options : {StoreOptions(), eager}) {
    const auto refused = open_store(server.url(database), "", 1, options);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().describe().find("schema version " + std::to_string(known + 1) +
                                              " (future), this moongate knows up to " + std::to_string(known)),
              std::string::npos)
        << refused.error().describe();
  }
}

TEST_F(MariadbDriver, IsMigratedOnceByManyThatComeAtTheSameTime) {
  const std::string url = server.url(server.new_database());
  std::atomic<std::size_t> applied = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto admin = SchemaAdmin::open(url, "");
      ASSERT_TRUE(admin.ok());
      const auto report = admin->up(1);
      ASSERT_TRUE(report.ok()) << report.error().describe();
      applied += report->applied.size();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(applied, embedded_migrations().size());
}

TEST_F(MariadbDriver, ServesAUserWhoMayNotChangeTheSchema) {
  const std::string database = server.new_database();
  ASSERT_TRUE(SchemaAdmin::open(server.url(database), "")->up(1).ok());
  const std::string url = "mysql://reader:reader@127.0.0.1:" + std::to_string(server.port()) + "/" + database;
  const auto store = open_store(url, "", 1);
  ASSERT_TRUE(store.ok()) << store.error().describe();
  EXPECT_TRUE((*store)->insert_user(user_record("ada")).value());
  EXPECT_EQ((*store)->append_ledger({ledger_record("a")})->written, 1U);
}

// --- values

TEST_F(MariadbDriver, RefusesAValueThatItsColumnCannotHold) {
  const auto store = server.new_store();
  UserRecord user = user_record(std::string(192, 'a'));
  user.id = "u";
  const auto refused = store->insert_user(user);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  user.name = "caf\xe9";
  const auto unreadable = store->insert_user(user);
  ASSERT_FALSE(unreadable.ok());
  EXPECT_EQ(unreadable.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(unreadable.error().describe().find("caf"), std::string::npos);
  EXPECT_TRUE(store->list_users()->empty());
}

// --- a server that dies

TEST_F(MariadbDriver, FailsQuicklyWhileTheServerIsDeadAndWorksAgainAfterwards) {
  const auto store = server.new_store();
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ASSERT_EQ(store->append_ledger({ledger_record("a")})->written, 1U);
  server.kill();
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) {
    const auto lost = store->append_ledger({ledger_record("b")});
    ASSERT_FALSE(lost.ok());
    ASSERT_EQ(lost.error().kind, ErrorKind::kUnavailable) << lost.error().describe();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  server.start();
  // The pool lets somebody try when its pause is over; asking is all that brings it back.
  Result<LedgerStore::Appended> again = Error(ErrorKind::kUnavailable, "");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!again && std::chrono::steady_clock::now() < deadline) {
    again = store->append_ledger({ledger_record("a"), ledger_record("b")});
    std::this_thread::yield();
  }
  ASSERT_TRUE(again.ok()) << again.error().describe();
  EXPECT_EQ(again->written, 1U);
  EXPECT_EQ(store->balance("u-ada").value(), -120);
  EXPECT_TRUE(store->check_books().ok());
}

TEST_F(MariadbDriver, LosesAndDoublesNothingWhenTheServerDiesUnderLoad) {
  const auto store = server.new_store();
  constexpr int kBatches = 60;
  constexpr int kRows = 20;
  std::atomic<int> sent = 0;
  std::thread shipper([&] {
    for (int batch = 0; batch < kBatches;) {
      std::vector<LedgerRecord> rows;
      for (int i = 0; i < kRows; ++i) rows.push_back(ledger_record(std::to_string(batch * kRows + i)));
      // As the shipper does: the same batch until it is taken, whatever became of the last attempt.
      if (store->append_ledger(rows).ok()) {
        ++batch;
        ++sent;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (int round = 1; round <= 2; ++round) {
    while (sent < round * 10) std::this_thread::yield();
    server.kill();
    server.start();
  }
  shipper.join();
  UsageQuery query;
  const auto sums = store->sum_usage(query).value();
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].requests, kBatches * kRows);
  EXPECT_EQ(store->balance("u-ada").value(), -60 * kBatches * kRows);
  EXPECT_TRUE(store->check_books().ok());
}

TEST_F(MariadbDriver, BeginsATransactionAgainThatAnotherDeadlocked) {
  const std::string database = server.new_database();
  const auto driver = open(server.url(database)).value();
  ASSERT_TRUE(run(*driver,
                  "CREATE TABLE pairs (id BIGINT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL) ENGINE=InnoDB")
                  .ok());
  ASSERT_TRUE(run(*driver, "INSERT INTO pairs (id, amount) VALUES (1, 0), (2, 0)").ok());
  // Both take one row, wait for each other, and then want the other's: one of them must be begun again.
  std::atomic<int> attempts = 0, holding = 0;
  const auto add = [&](std::int64_t first, std::int64_t second) {
    bool waited = false;
    return driver->run_transaction([&, first, second](SqlConnection& connection) -> Status {
      ++attempts;
      if (auto ok = connection.execute("UPDATE pairs SET amount = amount + 1 WHERE id = ?", {first}); !ok)
        return ok.error();
      if (!waited) {
        waited = true;
        ++holding;
        while (holding < 2) std::this_thread::yield();
      }
      if (auto ok = connection.execute("UPDATE pairs SET amount = amount + 1 WHERE id = ?", {second}); !ok)
        return ok.error();
      return {};
    });
  };
  Status one, other;
  std::thread thread([&] { other = add(2, 1); });
  one = add(1, 2);
  thread.join();
  EXPECT_TRUE(one.ok()) << one.error().describe();
  EXPECT_TRUE(other.ok()) << other.error().describe();
  EXPECT_GE(attempts, 3);
  EXPECT_EQ(ask(*driver, "SELECT SUM(amount) FROM pairs").value(), "4");
}

}  // namespace
}  // namespace moongate
