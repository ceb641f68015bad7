#include "meter/ledger_shipper.h"

#include <sys/stat.h>

#include <future>
#include <random>

#include "spool_fixture.h"
#include "store/memory_store.h"

namespace moongate {
namespace {

// A store that has bad hours.
class MoodyStore final : public MemoryStore {
 public:
  Result<Appended> append_ledger(const std::vector<LedgerRecord>& records) override {
    ++calls;
    largest = std::max<std::size_t>(largest, records.size());
    if (hold.valid()) hold.wait();
    if (away) return Error(ErrorKind::kUnavailable, "the test's database is away");
    if (broken) return Error(ErrorKind::kInternal, "the test's database is broken");
    for (const LedgerRecord& record : records) {
      if (invalid.contains(record.request_id)) return Error(ErrorKind::kInvalid, "a row that is no row");
      if (poison.contains(record.request_id))
        return Error(ErrorKind::kInternal, "a row that breaks the store");
    }
    Result<Appended> done = MemoryStore::append_ledger(records);
    if (std::exchange(lose_answer, false))
      return Error(ErrorKind::kUnavailable, "the connection broke after COMMIT");
    for (const LedgerRecord& record : records) order.push_back(record.request_id);
    return done;
  }
  std::set<std::string> ids() {
    std::set<std::string> found;
    LedgerQuery query;
    query.limit = 1000;
    for (;;) {
      const auto page = list_ledger(query);
      EXPECT_TRUE(page.ok());
      if (!page || page->empty()) return found;
      for (const LedgerRecord& row : *page)
        EXPECT_TRUE(found.insert(row.request_id).second) << row.request_id;
      query.before_ms = page->back().ended_at_ms;
      query.before_id = page->back().request_id;
    }
  }

  std::atomic<bool> away{false}, broken{false};
  bool lose_answer = false;
  std::set<std::string> poison, invalid;
  std::shared_future<void> hold;
  std::atomic<int> calls{0};
  std::size_t largest = 0;
  std::vector<std::string> order;
};

class LedgerShipperTest : public SpoolTest {
 protected:
  using Step = LedgerShipper::Step;

  void append(Spool& spool, int writer, const std::string& id) {
    std::string entry;
    encode(record_of(id, clock_.unix_ms()), entry);
    ASSERT_TRUE(spool.writer(writer).append(entry)) << id;
    expected_.insert(id);
  }
  void append_many(Spool& spool, int count) {
    for (int i = 0; i < count; ++i) {
      if (i % 100 == 0) ASSERT_TRUE(spool.tick().ok());
      append(spool, 0, "r" + std::to_string(expected_.size()));
    }
  }
  std::unique_ptr<LedgerShipper> ship(Spool& spool) {
    LedgerShipperOptions options;
    options.batch = 500;
    options.on_shipped = [this](const std::vector<LedgerRecord>& records) { told_ += records.size(); };
    return std::make_unique<LedgerShipper>(spool, store_, clock_, logger_, options);
  }
  std::string rejected() const { return read_file(folder_.path() / "rejected.jsonl"); }

  MoodyStore store_;
  std::set<std::string> expected_;
  std::size_t told_ = 0;
};

TEST_F(LedgerShipperTest, WhatWasAppendedIsInTheLedgerAsItWas) {
  auto spool = open();
  append(*spool, 0, "one");
  auto shipper = ship(*spool);
  EXPECT_EQ(shipper->step(), Step::kShipped);
  EXPECT_EQ(shipper->step(), Step::kIdle);
  const auto row = store_.find_ledger("one");
  ASSERT_TRUE(row.ok() && *row);
  EXPECT_EQ(**row, record_of("one", clock_.unix_ms()));
  EXPECT_EQ(told_, 1U);
}

TEST_F(LedgerShipperTest, BatchesAreNoLargerThanAsked) {
  auto spool = open(1, 1 << 20);
  append_many(*spool, 1234);
  auto shipper = ship(*spool);
  EXPECT_TRUE(shipper->flush(std::chrono::seconds(1)));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(store_.largest, 500U);
  EXPECT_EQ(store_.calls, 3);
  EXPECT_EQ(shipper->figures().shipped, 1234U);
}

TEST_F(LedgerShipperTest, LiveSegmentsAreShippedAsTheyGrowAndNothingTwice) {
  auto spool = open(2);
  auto shipper = ship(*spool);
  for (int i = 0; i < 50; ++i) {
    append(*spool, i % 2, "r" + std::to_string(i));
    EXPECT_TRUE(shipper->flush({}));
  }
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(shipper->figures().known, 0U);
}

TEST_F(LedgerShipperTest, ASegmentIsErasedOnlyWhenAllOfItIsInTheStore) {
  auto spool = open();
  append_many(*spool, 1000);
  const std::size_t before = folder_.ending(".seg").size();
  ASSERT_GE(before, 5U);
  auto shipper = ship(*spool);
  store_.away = true;
  EXPECT_EQ(shipper->step(), Step::kWaiting);
  EXPECT_EQ(folder_.ending(".seg").size(), before);
  store_.away = false;
  EXPECT_TRUE(shipper->flush({}) || (clock_.advance_ms(5000), shipper->flush({})));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_LE(folder_.ending(".seg").size(), 3U);
}

TEST_F(LedgerShipperTest, EachWorkersRecordsKeepTheirOrder) {
  auto spool = open(3);
  auto shipper = ship(*spool);
  std::mt19937 random(3);  // NOLINT: the same every time
  int next[3] = {0, 0, 0};
  for (int i = 0; i < 3000; ++i) {
    const int writer = static_cast<int>(random() % 3);
    append(*spool, writer, std::to_string(writer) + ":" + std::to_string(next[writer]++));
    if (random() % 40 == 0) ASSERT_TRUE(spool->tick().ok());
    if (random() % 100 == 0) shipper->step();
  }
  EXPECT_TRUE(shipper->flush({}));
  int seen[3] = {0, 0, 0};
  for (const std::string& id : store_.order) {
    EXPECT_EQ(id.substr(2), std::to_string(seen[id[0] - '0']++));
  }
  EXPECT_EQ(store_.ids(), expected_);
}

TEST_F(LedgerShipperTest, AStoreThatIsAwayForAnHourIsSaidOnceAskedSeldomAndThenHasEverything) {
  auto spool = open();
  auto shipper = ship(*spool);
  store_.away = true;
  for (int second = 0; second < 3600; ++second) {
    if (second % 10 == 0) append(*spool, 0, "s" + std::to_string(second));
    ASSERT_TRUE(spool->tick().ok());
    EXPECT_EQ(shipper->step(), Step::kWaiting);
    clock_.advance_ms(1000);
  }
  EXPECT_LE(store_.calls, 3600 / 5 + 10);
  EXPECT_EQ(logged("they wait in the spool"), 1U);
  EXPECT_TRUE(shipper->figures().store_away);
  EXPECT_EQ(shipper->figures().oldest_unshipped_ms, 3'600'000);
  store_.away = false;
  clock_.advance_ms(5000);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(logged("takes finished requests again"), 1U);
  EXPECT_FALSE(shipper->figures().store_away);
  EXPECT_EQ(shipper->figures().oldest_unshipped_ms, 0);
}

TEST_F(LedgerShipperTest, RetriesBeginAtATenthOfASecondAndDouble) {
  auto spool = open();
  append(*spool, 0, "one");
  auto shipper = ship(*spool);
  store_.away = true;
  std::vector<MonoMs> at;
  const MonoMs begin = clock_.mono_ms();
  for (int ms = 0; ms < 20'000; ms += 10) {
    const int before = store_.calls;
    shipper->step();
    if (store_.calls != before) at.push_back(clock_.mono_ms() - begin);
    clock_.advance_ms(10);
  }
  EXPECT_EQ(at, (std::vector<MonoMs>{0, 100, 300, 700, 1500, 3100, 6300, 11300, 16300}));
}

TEST_F(LedgerShipperTest, WhileTheStoreIsAwayNoMoreThanABatchIsInMemory) {
  auto spool = open(1, 1 << 20);
  store_.away = true;
  auto shipper = ship(*spool);
  for (int i = 0; i < 20; ++i) {
    append_many(*spool, 200);
    shipper->step();
    clock_.advance_ms(5000);
  }
  EXPECT_EQ(store_.largest, 500U);
  store_.away = false;
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
}

TEST_F(LedgerShipperTest, AnAnswerThatWasLostAfterTheCommitBillsNobodyTwice) {
  auto spool = open();
  append_many(*spool, 10);
  auto shipper = ship(*spool);
  store_.lose_answer = true;
  EXPECT_EQ(shipper->step(), Step::kWaiting);
  clock_.advance_ms(100);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(shipper->figures().known, 10U);
  EXPECT_EQ(shipper->figures().shipped, 0U);
}

TEST_F(LedgerShipperTest, WhatWasShippedBeforeACrashIsKnownAfterIt) {
  auto spool = open();
  append_many(*spool, 20);
  auto shipper = ship(*spool);
  EXPECT_TRUE(shipper->flush({}));
  append_many(*spool, 5);
  shipper.reset();
  crash(std::move(spool));
  spool = open();
  shipper = ship(*spool);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(shipper->figures().known, 20U);
  EXPECT_EQ(shipper->figures().shipped, 5U);
  EXPECT_EQ(folder_.ending(".seg").size(), 3U) << "those of the crashed run are gone";
}

TEST_F(LedgerShipperTest, ARecordThatTheStoreRefusesForItselfHoldsUpNoOther) {
  auto spool = open();
  append_many(*spool, 300);
  store_.invalid = {"r0", "r123"};
  store_.poison = {"r124", "r299"};
  auto shipper = ship(*spool);
  EXPECT_EQ(shipper->step(), Step::kShipped);
  EXPECT_EQ(shipper->figures().rejected, 4U);
  EXPECT_EQ(told_, 296U);
  const std::string lines = rejected();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  for (const char* id : {"r0", "r123", "r124", "r299"}) {
    expected_.erase(id);
    EXPECT_NE(lines.find("\"request_id\":\"" + std::string(id) + "\""), std::string::npos);
  }
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(logged("the store refuses a finished request"), 4U);
  struct stat status{};
  ASSERT_EQ(::stat((folder_.path() / "rejected.jsonl").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  append(*spool, 0, "later");
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_TRUE(store_.ids().contains("later"));
}

TEST_F(LedgerShipperTest, AStoreThatRefusesEverythingIsBrokenAndTheRecordsStay) {
  auto spool = open();
  append_many(*spool, 500);
  store_.broken = true;
  auto shipper = ship(*spool);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(shipper->step(), Step::kWaiting);
    clock_.advance_ms(5000);
  }
  EXPECT_EQ(shipper->figures().rejected, 0U);
  EXPECT_LT(store_.calls, 100 * 40);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "rejected.jsonl"));
  store_.broken = false;
  clock_.advance_ms(5000);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
}

TEST_F(LedgerShipperTest, ALoneRecordThatBreaksTheStoreWaitsUntilAnotherShowsThatItIsNotTheStore) {
  auto spool = open();
  append(*spool, 0, "poison");
  store_.poison = {"poison"};
  auto shipper = ship(*spool);
  EXPECT_EQ(shipper->step(), Step::kWaiting);
  clock_.advance_ms(5000);
  EXPECT_EQ(shipper->step(), Step::kWaiting);
  append(*spool, 0, "good");
  clock_.advance_ms(5000);
  EXPECT_EQ(shipper->step(), Step::kShipped);
  EXPECT_EQ(store_.ids(), std::set<std::string>{"good"});
  EXPECT_EQ(shipper->figures().rejected, 1U);
}

TEST_F(LedgerShipperTest, WhenEvenTheRefusedCannotBeWrittenNothingIsForgotten) {
  auto spool = open();
  append_many(*spool, 10);
  store_.invalid = {"r3"};
  std::filesystem::create_directory(folder_.path() / "rejected.jsonl");  // nothing can be written there
  auto shipper = ship(*spool);
  EXPECT_EQ(shipper->step(), Step::kWaiting);
  EXPECT_EQ(logged("cannot write"), 1U);
  std::filesystem::remove(folder_.path() / "rejected.jsonl");
  clock_.advance_ms(5000);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_NE(rejected().find("r3"), std::string::npos);
  expected_.erase("r3");
  EXPECT_EQ(store_.ids(), expected_);
}

TEST_F(LedgerShipperTest, AnEntryOfAnotherVersionIsKeptAsItIs) {
  auto spool = open();
  append(*spool, 0, "before");
  ASSERT_TRUE(spool->writer(0).append("\xff no entry of this program"));
  append(*spool, 0, "after");
  auto shipper = ship(*spool);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(shipper->figures().rejected, 1U);
  EXPECT_NE(rejected().find("\"entry\":\"/yBubyBlbnRyeSBvZiB0aGlzIHByb2dyYW0=\""), std::string::npos)
      << rejected();
}

TEST_F(LedgerShipperTest, ATornFrameEndsItsSegmentWhichIsSetAside) {
  auto spool = open();
  append(*spool, 0, "good");
  append(*spool, 0, "torn");
  crash(std::move(spool));
  for (const auto& path : folder_.ending(".seg")) {
    std::string bytes = read_file(path);
    const std::size_t at = bytes.find("torn");
    if (at == std::string::npos) continue;
    bytes[at] = 'T';
    std::ofstream(path, std::ios::binary) << bytes;
  }
  spool = open();
  append(*spool, 0, "next");
  auto shipper = ship(*spool);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), (std::set<std::string>{"good", "next"}));
  EXPECT_EQ(folder_.ending(".torn").size(), 1U);
  EXPECT_EQ(spool->figures().torn_segments, 1U);
  EXPECT_EQ(logged("is damaged and was set aside"), 1U);
}

TEST_F(LedgerShipperTest, ASegmentCutAtAnyByteGivesWhatIsWholeAndStopsNothing) {
  auto spool = open();
  append(*spool, 0, "a");
  append(*spool, 0, "b");
  const std::filesystem::path path = spool->segments().front()->path();
  const std::string bytes = read_file(path);
  // Where each record's last byte lies; the padding behind it may be missing.
  const std::size_t first = kSpoolHeaderBytes + 8 + entry_of("a").size();
  const std::size_t second =
      kSpoolHeaderBytes + spool_frame_size(entry_of("a").size()) + 8 + entry_of("b").size();
  spool.reset();
  for (std::size_t cut = 0; cut <= second; ++cut) {
    for (const char* ending : {".seg", ".torn", ".jsonl"}) {
      for (const auto& old : folder_.ending(ending)) std::filesystem::remove(old);
    }
    std::ofstream(path, std::ios::binary) << bytes.substr(0, cut);
    MoodyStore store;
    spool = open();
    LedgerShipper shipper(*spool, store, clock_, logger_);
    EXPECT_TRUE(shipper.flush({}));
    EXPECT_EQ(store.ids().size(), cut >= second ? 2U : cut >= first ? 1U : 0U) << cut;
    EXPECT_EQ(shipper.figures().rejected, 0U);
    spool.reset();
  }
}

TEST_F(LedgerShipperTest, FilesThatAreNoSegmentsAreSetAside) {
  std::ofstream(folder_.path() / "00000000000a-0000-00000000.seg") << "hello";
  std::ofstream(folder_.path() / "zz.seg") << std::string(100'000, '\xff');
  std::filesystem::create_symlink("/dev/zero", folder_.path() / "link.seg");
  auto spool = open();
  append(*spool, 0, "one");
  auto shipper = ship(*spool);
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_EQ(folder_.ending(".torn").size(), 2U);
}

TEST_F(LedgerShipperTest, AfterSealingAndFlushingTheSpoolIsEmpty) {
  auto spool = open(2);
  append(*spool, 0, "one");
  append(*spool, 1, "two");
  auto shipper = ship(*spool);
  spool->seal();
  EXPECT_TRUE(shipper->flush({}));
  EXPECT_TRUE(folder_.ending(".seg").empty());
  EXPECT_EQ(spool->figures().bytes_on_disk, 0U);
}

TEST_F(LedgerShipperTest, TheThreadShipsByItselfAndFlushWaitsForIt) {
  auto spool = open();
  auto shipper = ship(*spool);
  shipper->start();
  for (int i = 0; i < 20; ++i) {
    append(*spool, 0, "r" + std::to_string(i));
    EXPECT_TRUE(shipper->flush(std::chrono::seconds(30)));
    EXPECT_EQ(store_.ids().size(), static_cast<std::size_t>(i + 1));
  }
}

TEST_F(LedgerShipperTest, FlushGivesUpInTimeWhenTheStoreIsAwayAndStopDoesNotWaitForARetry) {
  auto spool = open();
  append(*spool, 0, "one");
  store_.away = true;
  auto shipper = ship(*spool);
  shipper->start();
  EXPECT_FALSE(shipper->flush(std::chrono::milliseconds(20)));
  shipper->stop();
  EXPECT_EQ(store_.ids().size(), 0U);
}

TEST_F(LedgerShipperTest, ASlowStoreHoldsUpNoWriter) {
  std::promise<void> answer;
  store_.hold = answer.get_future().share();
  auto spool = open(1, 1 << 20);
  append(*spool, 0, "first");
  auto shipper = ship(*spool);
  shipper->start();
  while (store_.calls == 0) std::this_thread::yield();
  append_many(*spool, 2000);  // while the store does not answer
  answer.set_value();
  EXPECT_TRUE(shipper->flush(std::chrono::seconds(30)));
  EXPECT_EQ(store_.ids(), expected_);
}

// Whatever happens in whatever order: at the end the ledger has what append() said yes to, each once.
TEST_F(LedgerShipperTest, AnyOrderOfAppendsCrashesFullDisksAndBadHoursEndsWithEachRecordOnce) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto spool = open(2);
    auto shipper = ship(*spool);
    for (int event = 0; event < 400; ++event) {
      switch (random() % 16) {
        case 0:
          shipper.reset();
          if (random() % 2 == 0) {
            crash(std::move(spool));
          } else {
            spool.reset();
          }
          spool = open(2);
          shipper = ship(*spool);
          break;
        case 1:
          mood_.full = !mood_.full;
          break;
        case 2:
          store_.away = !store_.away;
          break;
        case 3:
          store_.lose_answer = true;
          break;
        case 4:
          store_.broken = random() % 2 == 0;
          break;
        case 5:
        case 6:
          static_cast<void>(spool->tick().ok());
          break;
        case 7:
        case 8:
          shipper->step();
          break;
        case 9:
          clock_.advance_ms(static_cast<std::int64_t>(random() % 3000));
          break;
        default:
          for (unsigned i = random() % 30; i > 0; --i) {
            const std::string id =
                std::to_string(seed) + "." + std::to_string(event) + "." + std::to_string(i);
            std::string entry;
            encode(record_of(id, clock_.unix_ms()), entry);
            if (spool->writer(static_cast<int>(random() % 2)).append(entry)) expected_.insert(id);
          }
      }
    }
    store_.away = store_.broken = store_.lose_answer = false;
    mood_.full = false;
    clock_.advance_ms(10'000);
    EXPECT_TRUE(shipper->flush({}));
    shipper.reset();
    spool.reset();
  }
  EXPECT_EQ(store_.ids(), expected_);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "rejected.jsonl"));
}

}  // namespace
}  // namespace moongate
