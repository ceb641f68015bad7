#include <algorithm>
#include <atomic>
#include <thread>

#include "store/ledger_rules.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

UsageQuery everything() {
  UsageQuery query;
  query.to_s = 4'000'000'000;
  return query;
}

TEST_P(StoreContract, KeepsALedgerRowWithAllItsFields) {
  LedgerRecord row = ledger_record("req-1");
  row.estimated = true;
  const auto appended = store->append_ledger({row});
  ASSERT_TRUE(appended.ok()) << appended.error().describe();
  EXPECT_EQ(appended->written, 1U);
  EXPECT_EQ(appended->known, 0U);
  EXPECT_EQ(store->find_ledger("req-1").value(), row);
  EXPECT_FALSE(store->find_ledger("REQ-1").value());
  EXPECT_FALSE(store->find_ledger("req-1 ").value());
  EXPECT_EQ(store->append_ledger({})->written, 0U);
}

TEST_P(StoreContract, WritesARequestOnceHoweverOftenItComes) {
  const LedgerRecord a = ledger_record("a"), b = ledger_record("b"), c = ledger_record("c");
  EXPECT_EQ(store->append_ledger({a, b, a})->known, 1U);
  const auto again = store->append_ledger({b, c, a, c});
  ASSERT_TRUE(again.ok()) << again.error().describe();
  EXPECT_EQ(again->written, 1U);
  EXPECT_EQ(again->known, 3U);
  EXPECT_EQ(store->append_ledger({a, b, c})->written, 0U);
  EXPECT_EQ(store->balance("u-ada").value(), -180);
  const auto usage = store->sum_usage(everything()).value();
  ASSERT_EQ(usage.size(), 1U);
  EXPECT_EQ(usage[0].requests, 3);
  EXPECT_TRUE(store->check_books().ok());
}

TEST_P(StoreContract, KnowsARequestAgainAtAnotherTime) {
  ASSERT_TRUE(store->append_ledger({ledger_record("a", 1000)}).ok());
  EXPECT_EQ(store->append_ledger({ledger_record("a", 2000)})->known, 1U);
  EXPECT_EQ(store->find_ledger("a").value()->ended_at_ms, 1000);
}

TEST_P(StoreContract, RefusesABatchThatIsTooLong) {
  const std::vector<LedgerRecord> rows(5001, ledger_record("a"));
  EXPECT_EQ(store->append_ledger(rows).error().kind, ErrorKind::kInvalid);
}

TEST_P(StoreContract, TakesAFullBatch) {
  std::vector<LedgerRecord> rows;
  for (std::size_t i = 0; i < kLedgerBatch; ++i) {
    rows.push_back(ledger_record("r" + std::to_string(i), 1'700'000'000'000 + static_cast<std::int64_t>(i)));
  }
  const auto appended = store->append_ledger(rows);
  ASSERT_TRUE(appended.ok()) << appended.error().describe();
  EXPECT_EQ(appended->written, kLedgerBatch);
  EXPECT_EQ(store->append_ledger(rows)->known, kLedgerBatch);
  EXPECT_EQ(store->balance("u-ada").value(), -60 * static_cast<std::int64_t>(kLedgerBatch));
}

TEST_P(StoreContract, NeverRefusesARowForWhatSomebodyWroteIntoIt) {
  LedgerRecord hostile = ledger_record(std::string(5000, 'x'));
  hostile.client = "\xff\xfe'); DROP TABLE usage_ledger; --";
  hostile.model = std::string(1000, 'm');
  hostile.account = std::string("a\0b", 3);
  hostile.location = "🌍" + std::string(100, 'l');
  hostile.upstream_model = "trailing space ";
  hostile.raw_usage = std::string(100'000, 'r') + "\xc3";
  const auto appended = store->append_ledger({hostile});
  ASSERT_TRUE(appended.ok()) << appended.error().describe();
  EXPECT_EQ(store->append_ledger({hostile})->known, 1U);
  const auto kept = store->find_ledger(hostile.request_id).value();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->client,
            "?"
            "?'); DROP TABLE usage_ledger; --");
  EXPECT_EQ(kept->model, std::string(191, 'm'));
  EXPECT_EQ(kept->account, hostile.account);
  EXPECT_EQ(kept->location, "🌍" + std::string(31, 'l'));
  EXPECT_EQ(kept->upstream_model, "trailing space ");
}

TEST_P(StoreContract, ListsTheLedgerFromTheNewestByThePage) {
  std::vector<LedgerRecord> rows;
  for (int i = 0; i < 5; ++i) rows.push_back(ledger_record("r" + std::to_string(i), 1000 + i / 2));
  ASSERT_TRUE(store->append_ledger(rows).ok());
  std::string seen;
  LedgerStore::LedgerQuery query;
  query.limit = 2;
  for (;;) {
    const auto page = store->list_ledger(query).value();
    for (const LedgerRecord& row : page) seen += row.request_id + " ";
    if (page.empty()) break;
    query.before_ms = page.back().ended_at_ms;
    query.before_id = page.back().request_id;
  }
  EXPECT_EQ(seen, "r4 r3 r2 r1 r0 ");
}

TEST_P(StoreContract, ListsTheLedgerOfOneUserClientKeyModelAccountOutcomeAndTime) {
  std::vector<LedgerRecord> rows(8, ledger_record("all", 1000));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].request_id = std::to_string(i);
  rows[1].user_id = "u-bob";
  rows[2].client = "other";
  rows[3].key_id = "";
  rows[4].model = "gemini-3";
  rows[5].account = "spare";
  rows[6].outcome = "timeout";
  rows[7].ended_at_ms = 2000;
  ASSERT_TRUE(store->append_ledger(rows).ok());
  using Query = LedgerStore::LedgerQuery;
  const auto ids = [&](const Query& query) {
    std::string found;
    const auto listed = store->list_ledger(query).value();
    for (const LedgerRecord& row : listed) found += row.request_id;
    return found;
  };
  const auto of = [&](std::string Query::* field, const char* value) {
    Query query;
    query.*field = value;
    return ids(query);
  };
  const auto between = [&](std::int64_t from_ms, std::int64_t to_ms) {
    Query query;
    query.from_ms = from_ms;
    query.to_ms = to_ms;
    return ids(query);
  };
  EXPECT_EQ(of(&Query::user_id, "u-bob"), "1");
  EXPECT_EQ(of(&Query::client, "other"), "2");
  EXPECT_EQ(of(&Query::key_id, "k-builder"), "7654210");
  EXPECT_EQ(of(&Query::model, "gemini-3"), "4");
  EXPECT_EQ(of(&Query::account, "spare"), "5");
  EXPECT_EQ(of(&Query::outcome, "timeout"), "6");
  EXPECT_EQ(of(&Query::user_id, "u-none"), "");
  EXPECT_EQ(between(1001, 0), "7");
  EXPECT_EQ(between(1000, 2000), "6543210");
  Query narrow;
  narrow.user_id = "u-ada";
  narrow.client = "builder";
  narrow.from_ms = 2000;
  narrow.to_ms = 2001;
  EXPECT_EQ(ids(narrow), "7");
}

// --- sums

TEST_P(StoreContract, SumsWhatEachKindOfTokenCounts) {
  ASSERT_TRUE(store->append_ledger({ledger_record("a")}).ok());
  LedgerRecord failed = ledger_record("b");
  failed.outcome = "error";
  failed.status = 529;
  failed.estimated = true;
  failed.priced = false;
  failed.cost_nano = failed.billed_nano = 0;
  ASSERT_TRUE(store->append_ledger({failed}).ok());
  UsageRollup expected;
  expected.requests = 2;
  expected.failures = expected.unpriced = expected.estimated = 1;
  expected.input_tokens = 2 * (1 + 7);
  expected.cache_write_tokens = 2 * (2 + 3);
  expected.cache_read_tokens = 2 * 4;
  expected.output_tokens = 2 * (5 + 6);
  expected.cost_nano = 30;
  expected.billed_nano = 60;
  EXPECT_EQ(store->sum_usage(everything()).value(), std::vector<UsageRollup>{expected});
}

TEST_P(StoreContract, SumsAlongWhatIsAskedForAndInItsOrder) {
  const std::int64_t day = 20'000 * kDayMs;
  std::vector<LedgerRecord> rows;
  for (const char* user : {"u-ada", "u-bob"}) {
    for (const char* model : {"claude-b", "claude-a"}) {
      for (const std::int64_t at : {day, day + kHourMs, day + kDayMs}) {
        LedgerRecord& row = rows.emplace_back(ledger_record(std::to_string(rows.size()), at));
        row.user_id = user;
        row.model = model;
      }
    }
  }
  rows[0].provider = "vertex";
  ASSERT_TRUE(store->append_ledger(rows).ok());
  UsageQuery query = everything();
  query.by_bucket = query.by_model = true;
  std::string told;
  const auto listed = store->sum_usage(query).value();
  for (const UsageRollup& sum : listed) {
    told += std::to_string(sum.bucket_start_s / 86400) + " " + sum.model + " " +
            std::to_string(sum.requests) + sum.user_id + sum.client + sum.provider + "; ";
  }
  EXPECT_EQ(told, "20000 claude-a 4; 20000 claude-b 4; 20001 claude-a 2; 20001 claude-b 2; ");

  query = everything();
  query.bucket = UsageBucket::kHour;
  query.from_s = day / 1000 + 3600;
  query.to_s = day / 1000 + 86400;
  query.user_id = "u-bob";
  query.by_user = query.by_client = query.by_provider = query.by_bucket = query.by_model = true;
  const auto sums = store->sum_usage(query).value();
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(sums[0].bucket_start_s, day / 1000 + 3600);
  EXPECT_EQ(sums[0].user_id, "u-bob");
  EXPECT_EQ(sums[0].client, "builder");
  EXPECT_EQ(sums[0].provider, "anthropic");
  EXPECT_EQ(sums[0].model, "claude-a");

  query = everything();
  query.model = "claude-b";
  query.by_provider = true;
  const auto providers = store->sum_usage(query).value();
  ASSERT_EQ(providers.size(), 2U);
  EXPECT_EQ(providers[0].provider, "anthropic");
  EXPECT_EQ(providers[0].requests, 5);
  EXPECT_EQ(providers[1].requests, 1);
}

TEST_P(StoreContract, SumsNothingWhereThereIsNothing) {
  EXPECT_TRUE(store->sum_usage(everything())->empty());
  ASSERT_TRUE(store->append_ledger({ledger_record("a")}).ok());
  UsageQuery query = everything();
  query.client = "nobody";
  EXPECT_TRUE(store->sum_usage(query)->empty());
}

TEST_P(StoreContract, PutsARowIntoTheBucketThatItEndedIn) {
  const std::int64_t day = 20'000 * kDayMs;
  ASSERT_TRUE(store->append_ledger({ledger_record("a", day - 1), ledger_record("b", day)}).ok());
  UsageQuery query = everything();
  query.by_bucket = true;
  const auto days = store->sum_usage(query).value();
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].bucket_start_s, 19'999 * 86400);
  EXPECT_EQ(days[1].bucket_start_s, 20'000 * 86400);
}

// --- prices that came later

TEST_P(StoreContract, PricesTheLedgerAnewAndASecondTimeChangesNothing) {
  std::vector<LedgerRecord> rows;
  for (int i = 0; i < 1203; ++i) {
    LedgerRecord& row = rows.emplace_back(ledger_record("r" + std::to_string(i), 1000 + i / 3));
    row.user_id = i % 2 == 0 ? "u-ada" : "u-bob";
    row.priced = false;
    row.cost_nano = row.billed_nano = 0;
    row.price_id.clear();
  }
  for (std::size_t begin = 0; begin < rows.size(); begin += 401) {
    const auto at = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    ASSERT_TRUE(store->append_ledger({at, at + 401}).ok());
  }
  EXPECT_EQ(store->balance("u-ada").value(), 0);
  const auto price = [](LedgerRecord& row) {
    row.priced = true;
    row.cost_nano = 7;
    row.billed_nano = 14;
    row.price_id = "late";
    row.client = "no business of a price";
  };
  const auto changed = store->reprice_ledger(0, 1400, price);
  ASSERT_TRUE(changed.ok()) << changed.error().describe();
  EXPECT_EQ(*changed, 1200);
  EXPECT_EQ(store->reprice_ledger(0, 1400, price).value(), 0);
  EXPECT_EQ(store->balance("u-ada").value(), -600 * 14);
  EXPECT_EQ(store->balance("u-bob").value(), -600 * 14);
  EXPECT_EQ(store->find_ledger("r0").value()->client, "builder");
  EXPECT_EQ(store->find_ledger("r0").value()->price_id, "late");
  EXPECT_FALSE(store->find_ledger("r1202").value()->priced);
  for (const auto bucket : {UsageBucket::kHour, UsageBucket::kDay}) {
    UsageQuery query = everything();
    query.bucket = bucket;
    const auto sums = store->sum_usage(query).value();
    ASSERT_EQ(sums.size(), 1U);
    EXPECT_EQ(sums[0].requests, 1203);
    EXPECT_EQ(sums[0].unpriced, 3);
    EXPECT_EQ(sums[0].billed_nano, 1200 * 14);
  }
  EXPECT_TRUE(store->check_books().ok());
}

TEST_P(StoreContract, PricesBackAndForthAndTheBooksStayRight) {
  ASSERT_TRUE(store->append_ledger({ledger_record("a", 1000)}).ok());
  for (const std::int64_t bill : {10, 60, 10, 60}) {
    ASSERT_TRUE(store->reprice_ledger(0, 2000, [bill](LedgerRecord& row) { row.billed_nano = bill; }).ok());
    EXPECT_EQ(store->balance("u-ada").value(), -bill);
  }
  EXPECT_TRUE(store->check_books().ok());
}

// --- many writers

TEST_P(StoreContract, WritesEachRowOnceFromFourThreadsWithTheSameRows) {
  constexpr int kRows = 400;
  std::atomic<std::size_t> written = 0, failed = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      // Each goes through all rows in batches of its own size, in its own direction.
      const int size = 17 + 10 * thread;
      for (int begin = 0; begin < kRows; begin += size) {
        std::vector<LedgerRecord> batch;
        for (int i = begin; i < std::min(begin + size, kRows); ++i) {
          const int at = thread % 2 == 0 ? i : kRows - 1 - i;
          LedgerRecord& row = batch.emplace_back(ledger_record("r" + std::to_string(at)));
          row.user_id = at % 3 == 0 ? "u-ada" : "u-bob";
          row.model = "model-" + std::to_string(at % 7);
        }
        const auto appended = store->append_ledger(batch);
        if (appended) {
          written += appended->written;
        } else {
          ++failed;
          ADD_FAILURE() << appended.error().describe();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(written, kRows);
  EXPECT_EQ(failed, 0U);
  for (const auto bucket : {UsageBucket::kHour, UsageBucket::kDay}) {
    UsageQuery query = everything();
    query.bucket = bucket;
    const auto sums = store->sum_usage(query).value();
    ASSERT_EQ(sums.size(), 1U);
    EXPECT_EQ(sums[0].requests, kRows);
    EXPECT_EQ(sums[0].billed_nano, kRows * 60);
  }
  EXPECT_EQ(store->balance("u-ada").value() + store->balance("u-bob").value(), -kRows * 60);
  EXPECT_EQ(store->balance("u-ada").value(), -134 * 60);
  EXPECT_TRUE(store->check_books().ok());
}

}  // namespace
}  // namespace moongate
