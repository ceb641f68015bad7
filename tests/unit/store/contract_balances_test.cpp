#include <random>

#include "base/money.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

TEST_P(StoreContract, MovesABalanceOnceForEachId) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  EXPECT_EQ(store->balance("u-ada").value(), 0);
  EXPECT_TRUE(store->move_balance(movement_record("m1", 50 * kNanosPerDollar)).value());
  EXPECT_FALSE(store->move_balance(movement_record("m1", 50 * kNanosPerDollar)).value());
  EXPECT_TRUE(store->move_balance(movement_record("m2", -1)).value());
  EXPECT_EQ(store->balance("u-ada").value(), 50 * kNanosPerDollar - 1);
  const auto balances = store->list_balances().value();
  ASSERT_EQ(balances.size(), 1U);
  EXPECT_EQ(balances[0].user_id, "u-ada");
  EXPECT_EQ(balances[0].credited_nano, 50 * kNanosPerDollar);
  EXPECT_EQ(balances[0].charged_nano, 1);
  EXPECT_TRUE(store->check_books().ok());
}

TEST_P(StoreContract, RefusesToMoveNothingOrForNobody) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  EXPECT_EQ(store->move_balance(movement_record("m1", 0)).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store->move_balance(movement_record("m1", INT64_MAX)).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store->move_balance(movement_record("m1", INT64_MIN)).error().kind, ErrorKind::kInvalid);
  MovementRecord nobody = movement_record("m1", 5);
  nobody.user_id = "u-bob";
  EXPECT_EQ(store->move_balance(nobody).error().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(store->list_movements("", 10)->empty());
  EXPECT_TRUE(store->list_balances()->empty());
}

TEST_P(StoreContract, ListsMovementsFromTheNewest) {
  ASSERT_TRUE(store->insert_user(user_record("ada")).value());
  ASSERT_TRUE(store->insert_user(user_record("bob")).value());
  MovementRecord old = movement_record("z", 1), young = movement_record("a", 2),
                 other = movement_record("b", 3);
  young.created_at_s = 3000;
  other.user_id = "u-bob";
  for (const MovementRecord& m : {young, old, other}) ASSERT_TRUE(store->move_balance(m).value());
  EXPECT_EQ(store->list_movements("u-ada", 10).value(), (std::vector<MovementRecord>{young, old}));
  EXPECT_EQ(store->list_movements("u-ada", 1).value(), (std::vector<MovementRecord>{young}));
  EXPECT_EQ(store->list_movements("", 10).value(), (std::vector<MovementRecord>{young, old, other}));
}

TEST_P(StoreContract, ChargesABatchByOneMovementAUser) {
  LedgerRecord a = ledger_record("a", 5'000'000), b = ledger_record("b", 9'000'000),
               free = ledger_record("free");
  LedgerRecord nobody = ledger_record("nobody"), bob = ledger_record("bob");
  free.user_id = "u-zoe";
  free.billed_nano = 0;
  nobody.user_id.clear();
  bob.user_id = "u-bob";
  ASSERT_TRUE(store->append_ledger({a, b, free, nobody, bob}).ok());
  const auto movements = store->list_movements("u-ada", 10).value();
  ASSERT_EQ(movements.size(), 1U);
  EXPECT_EQ(movements[0].kind, "charge");
  EXPECT_EQ(movements[0].amount_nano, -120);
  EXPECT_EQ(movements[0].created_at_s, 9000);
  EXPECT_EQ(movements[0].actor, "gateway");
  EXPECT_TRUE(movements[0].id.starts_with("batch-"));
  EXPECT_EQ(store->list_movements("", 10)->size(), 2U);
  EXPECT_EQ(store->balance("u-bob").value(), -60);
  EXPECT_EQ(store->balance("").value(), 0);
}

// Whatever comes in whatever order, and however often: each request is charged once, and the books are right.
TEST_P(StoreContract, KeepsTheBooksThroughAnySequenceOfAppendsMovementsAndPrices) {
  for (const char* name : {"ada", "bob"}) ASSERT_TRUE(store->insert_user(user_record(name)).value());
  const std::string users[] = {"u-ada", "u-bob"};
  std::mt19937 random(20260101);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  std::map<std::string, LedgerRecord> requests;
  std::map<std::string, std::int64_t> moved;
  std::int64_t movements[2] = {0, 0};
  for (int step = 0; step < 120; ++step) {
    const int kind = pick(10);
    if (kind < 6) {
      std::vector<LedgerRecord> batch;
      for (int i = pick(12); i >= 0; --i) {
        const std::string id = "r" + std::to_string(pick(300));
        LedgerRecord row = ledger_record(id, 1'700'000'000'000 + pick(100) * kHourMs);
        row.user_id = pick(5) == 0 ? "" : users[pick(2)];
        row.model = "model-" + std::to_string(pick(3));
        row.cost_nano = pick(1000);
        row.billed_nano = 2 * row.cost_nano;
        batch.push_back(row);
        requests.emplace(id, row);
      }
      ASSERT_TRUE(store->append_ledger(batch).ok());
    } else if (kind < 9) {
      const std::string id = "m" + std::to_string(pick(40));
      MovementRecord movement = movement_record(id, pick(2) == 0 ? 1 + pick(5000) : -1 - pick(5000));
      const int user = pick(2);
      movement.user_id = users[user];
      const bool fresh = moved.emplace(id, movement.amount_nano).second;
      ASSERT_EQ(store->move_balance(movement).value(), fresh);
      if (fresh) movements[user] += movement.amount_nano;
    } else {
      const int factor = 1 + pick(4);
      const auto price = [factor](LedgerRecord& row) { row.billed_nano = factor * row.cost_nano; };
      const std::int64_t from = 1'700'000'000'000 + pick(100) * kHourMs, to = from + 20 * kHourMs;
      ASSERT_TRUE(store->reprice_ledger(from, to, price).ok());
      for (auto& [id, row] : requests) {
        if (row.ended_at_ms >= from && row.ended_at_ms < to) price(row);
      }
    }
    const Status books = store->check_books();
    ASSERT_TRUE(books.ok()) << step << ": " << books.error().describe();
  }
  std::int64_t billed[2] = {0, 0}, all = 0;
  for (const auto& [id, row] : requests) {
    all += row.billed_nano;
    if (!row.user_id.empty()) billed[row.user_id == users[0] ? 0 : 1] += row.billed_nano;
  }
  for (int user = 0; user < 2; ++user)
    EXPECT_EQ(store->balance(users[user]).value(), movements[user] - billed[user]);
  UsageQuery query;
  query.to_s = 4'000'000'000;
  query.bucket = UsageBucket::kHour;
  const auto sums = store->sum_usage(query).value();
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].requests, static_cast<std::int64_t>(requests.size()));
  EXPECT_EQ(sums[0].billed_nano, all);
}

// --- prices, notifications, audit

TEST_P(StoreContract, ReplacesAllPricesInOneStep) {
  const PriceRecord a{"a", "anthropic", "claude-*", 0, 0, R"({"input":"3"})"};
  const PriceRecord b{"b", "vertex", "gemini-3", 10, 20, "{}"};
  ASSERT_TRUE(store->replace_prices({b, a}).ok());
  EXPECT_EQ(store->list_prices().value(), (std::vector<PriceRecord>{a, b}));
  EXPECT_EQ(store->replace_prices({b, b}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store->list_prices()->size(), 2U);
  ASSERT_TRUE(store->replace_prices({b}).ok());
  EXPECT_EQ(store->list_prices().value(), (std::vector<PriceRecord>{b}));
  ASSERT_TRUE(store->replace_prices({}).ok());
  EXPECT_TRUE(store->list_prices()->empty());
}

TEST_P(StoreContract, KeepsNotificationsUntilTheyAreRead) {
  const NotificationRecord old{"n1", "u-ada", "balance-low", "Less than $30 are left.", 1000, 0};
  const NotificationRecord young{"n0", "", "disk-full", "💾", 2000, 0};
  EXPECT_TRUE(store->insert_notification(old).value());
  EXPECT_TRUE(store->insert_notification(young).value());
  EXPECT_FALSE(store->insert_notification(old).value());
  EXPECT_EQ(store->list_notifications(10).value(), (std::vector<NotificationRecord>{young, old}));
  EXPECT_EQ(store->list_notifications(1)->size(), 1U);
  EXPECT_TRUE(store->mark_notification_read("n1", 3000).value());
  EXPECT_FALSE(store->mark_notification_read("n2", 3000).value());
  EXPECT_EQ(store->list_notifications(10)->back().read_at_s, 3000);
}

TEST_P(StoreContract, KeepsTheAuditLogInTheOrderOfWriting) {
  std::vector<AuditRecord> records;
  for (int i = 0; i < 3; ++i) {
    records.push_back(
        {1000 - i, "admin", "key.disable", "k-" + std::to_string(i), R"({"a":1})", "127.0.0.1"});
    ASSERT_TRUE(store->append_audit(records.back()).ok());
  }
  EXPECT_EQ(store->list_audit(2).value(), (std::vector<AuditRecord>{records[2], records[1]}));
  EXPECT_EQ(store->list_audit(10)->size(), 3U);
}

}  // namespace
}  // namespace moongate
