#include "unit/store/store_contract.h"

namespace moongate {
namespace {

TEST_P(StoreContract, OldRowsGoAndWhatTheyAddUpToStays) {
  ASSERT_TRUE(store->append_ledger({ledger_record("old", 1'000'000), ledger_record("older", 500'000), ledger_record("new", 2'000'000)}).ok());
  const auto before = store->sum_usage(UsageQuery{0, 4'000'000'000}).value();
  const auto erased = store->erase_ledger(1'000'001, 100);
  ASSERT_TRUE(erased.ok()) << erased.error().describe();
  EXPECT_EQ(*erased, 2);
  EXPECT_FALSE(store->find_ledger("old").value());
  EXPECT_TRUE(store->find_ledger("new").value());
  EXPECT_EQ(store->sum_usage(UsageQuery{0, 4'000'000'000}).value(), before);
  EXPECT_EQ(store->balance("u-ada").value(), -180);
  EXPECT_EQ(store->list_movements("u-ada", 10)->size(), 1U);
  EXPECT_TRUE(store->check_books().ok());
  EXPECT_EQ(store->erase_ledger(1'000'001, 100).value(), 0);
}

TEST_P(StoreContract, OldRowsGoInSmallBatchesTheOldestFirst) {
  std::vector<LedgerRecord> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(ledger_record("r" + std::to_string(i), 1000 + i / 4));  // several at a time
  ASSERT_TRUE(store->append_ledger(rows).ok());
  EXPECT_EQ(store->erase_ledger(5000, 3).value(), 3);
  EXPECT_FALSE(store->find_ledger("r2").value());
  EXPECT_TRUE(store->find_ledger("r3").value());
  EXPECT_EQ(store->erase_ledger(5000, 3).value(), 3);
  EXPECT_FALSE(store->find_ledger("r5").value());
  EXPECT_TRUE(store->find_ledger("r6").value());
  EXPECT_EQ(store->erase_ledger(1002, 3).value(), 2);  // what ended at 1002 is not old
  EXPECT_EQ(store->erase_ledger(1002, 3).value(), 0);
  EXPECT_EQ(store->list_ledger({})->size(), 2U);
  EXPECT_EQ(store->erase_ledger(5000, 2).value(), 2);
}

}  // namespace
}  // namespace moongate
