#include "meter/spool.h"

#include <sys/stat.h>

#include <condition_variable>
#include <thread>

#include "spool_fixture.h"

namespace moongate {
namespace {

TEST_F(SpoolTest, WhatWasAppendedIsInTheFileAtOnceForWhoeverReadsItAfterACrash) {
  auto spool = open();
  EXPECT_TRUE(spool->writer(0).append("first"));
  EXPECT_TRUE(spool->writer(0).append("second"));
  EXPECT_EQ(payloads_in(folder_), (std::vector<std::string>{"first", "second"}));
  crash(std::move(spool));
  EXPECT_EQ(payloads_in(folder_), (std::vector<std::string>{"first", "second"}));
}

TEST_F(SpoolTest, EveryWriterHasSegmentsOfItsOwn) {
  auto spool = open(3);
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(spool->writer(i % 3).append("record " + std::to_string(i)));
  std::set<int> workers;
  for (const auto& segment : spool->segments()) {
    if (segment->committed() > kSpoolHeaderBytes) workers.insert(segment->worker());
  }
  EXPECT_EQ(workers, (std::set<int>{0, 1, 2}));
  EXPECT_EQ(spool->figures().appended, 300U);
}

TEST_F(SpoolTest, FilesAreForTheirOwnerOnly) {
  auto spool = open();
  for (const auto& path : folder_.ending(".seg")) {
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
}

TEST_F(SpoolTest, SegmentsFollowEachOtherWithoutTheWriterMakingAny) {
  auto spool = open();
  const std::string payload(1000, 'x');
  std::uint64_t written = 0;
  for (int turn = 0; turn < 20; ++turn) {
    const int made = mood_.creates;
    for (int i = 0; i < 64; ++i) written += spool->writer(0).append(payload) ? 1 : 0;
    EXPECT_EQ(mood_.creates, made);
    ASSERT_TRUE(spool->tick().ok());
  }
  EXPECT_EQ(written, 20U * 64);
  EXPECT_EQ(payloads_in(folder_).size(), written);
}

TEST_F(SpoolTest, ABusyWriterGetsMoreSegmentsInAdvanceAndABoundThatForbidsItIsNoFailure) {
  auto spool = open(2, 64 * 1024, 8 * 64 * 1024);
  const std::string payload(1000, 'x');
  for (int i = 0; i < 150; ++i) ASSERT_TRUE(spool->writer(1).append(payload));
  clock_.advance_ms(1000);
  ASSERT_TRUE(spool->tick().ok());
  // 2 x 3, 2 used up, of which 2 a second to come would take 4: but only 8 are allowed.
  EXPECT_EQ(spool->figures().segments, 8U);
  EXPECT_EQ(spool->state(), SpoolState::kOk);
  EXPECT_TRUE(spool->accepting());
}

TEST_F(SpoolTest, AWriterThatIsFasterThanTheDiskIsToldNoAndNotHeldUp) {
  auto spool = open();
  const std::string payload(1000, 'x');
  std::uint64_t written = 0;
  while (spool->writer(0).append(payload)) ++written;
  EXPECT_EQ(written, 3U * ((64 * 1024 - kSpoolHeaderBytes) / spool_frame_size(1000)))
      << "no thread prepared any";
  EXPECT_EQ(spool->figures().lost, 1U);
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_TRUE(spool->writer(0).append(payload));
}

TEST_F(SpoolTest, AWriterThatBeginsItsLastSegmentStopsNewRequestsUntilThereAreOthers) {
  auto spool = open();
  const std::string payload(1000, 'x');
  const auto full = [&](std::size_t segment) { return spool->segments()[segment]->sealed(); };
  while (!full(0)) ASSERT_TRUE(spool->writer(0).append(payload));
  EXPECT_TRUE(spool->accepting());
  while (!full(1)) ASSERT_TRUE(spool->writer(0).append(payload));
  EXPECT_FALSE(spool->accepting());
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(spool->writer(0).append(payload)) << "room for requests under way";
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_TRUE(spool->accepting());
  EXPECT_EQ(spool->state(), SpoolState::kOk);
  EXPECT_EQ(spool->figures().lost, 0U);
  EXPECT_EQ(logged("faster than the disk makes room"), 1U);
}

TEST_F(SpoolTest, NothingAndTooMuchAreRefusedAndCounted) {
  auto spool = open();
  EXPECT_FALSE(spool->writer(0).append(""));
  EXPECT_FALSE(spool->writer(0).append(std::string(kLongestSpoolPayload + 1, 'x')));
  EXPECT_TRUE(spool->writer(0).append(std::string(kLongestSpoolPayload, 'x')));
  EXPECT_EQ(spool->figures().oversized, 2U);
  EXPECT_EQ(spool->figures().lost, 0U);
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_EQ(logged("too large for the spool"), 1U);
}

TEST_F(SpoolTest, AFullDiskIsSaidOnceAndWhatIsUnderWayStillFindsRoom) {
  auto spool = open();
  EXPECT_TRUE(spool->accepting());
  mood_.full = true;
  const std::string payload(1000, 'x');
  // The first segment filled: the one that follows it cannot be replaced.
  while (spool->segments().front()->sealed() == false) ASSERT_TRUE(spool->writer(0).append(payload));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(spool->tick().ok());
    clock_.advance_ms(1000);
  }
  EXPECT_FALSE(spool->accepting());
  EXPECT_EQ(spool->state(), SpoolState::kFull);
  EXPECT_EQ(logged("THE LEDGER CANNOT BE WRITTEN"), 1U);
  EXPECT_EQ(logged("no space left on the test's device"), 1U);
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(spool->writer(0).append(payload)) << "room for requests under way";
  while (spool->writer(0).append(payload)) {
  }
  EXPECT_EQ(spool->figures().lost, 1U);

  mood_.full = false;
  clock_.advance_ms(1000);
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_TRUE(spool->accepting());
  EXPECT_TRUE(spool->writer(0).append(payload));
  EXPECT_EQ(logged("can be written again"), 1U);
  EXPECT_EQ(changes_, (std::vector<SpoolState>{SpoolState::kFull, SpoolState::kOk}));
}

TEST_F(SpoolTest, AFullDiskAtTheStartIsAStateToo) {
  mood_.full = true;
  auto spool = open();
  ASSERT_NE(spool, nullptr);
  EXPECT_FALSE(spool->accepting());
  EXPECT_FALSE(spool->writer(0).append("x"));
  mood_.full = false;
  clock_.advance_ms(1000);
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_TRUE(spool->accepting());
  EXPECT_TRUE(spool->writer(0).append("x"));
}

TEST_F(SpoolTest, AFullDiskIsNotAskedAgainAllTheTime) {
  mood_.full = true;
  auto spool = open();
  const int before = mood_.creates;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(spool->tick().ok());
    clock_.advance_ms(10);
  }
  EXPECT_LE(mood_.creates - before, 3);
}

TEST_F(SpoolTest, TheBoundOnItsSizeHoldsAndSpaceThatCameBackIsTakenAtOnce) {
  constexpr std::uint64_t kBound = 5 * 64 * 1024;
  auto spool = open(1, 64 * 1024, kBound);
  const std::string payload(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    if (i % 50 == 0) ASSERT_TRUE(spool->tick().ok());
    if (!spool->writer(0).append(payload)) break;
    EXPECT_LE(spool->figures().bytes_on_disk, kBound);
  }
  clock_.advance_ms(1000);
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_EQ(spool->state(), SpoolState::kFull);
  EXPECT_EQ(logged("ledger.spool_mb allows"), 1U);
  EXPECT_EQ(folder_.ending(".seg").size(), 5U);
  spool->erase(spool->segments()[0]);
  spool->erase(spool->segments()[0]);
  ASSERT_TRUE(spool->tick().ok()) << "no second has passed";
  EXPECT_TRUE(spool->accepting());
}

TEST_F(SpoolTest, ABoundTooSmallForTheWorkersIsRefusedWithTheLeastThatWillDo) {
  const auto spool = try_open(64, 0, 8 << 20);
  ASSERT_FALSE(spool.ok());
  EXPECT_EQ(spool.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(spool.error().message.find("at least 12 MiB"), std::string::npos) << spool.error().message;
  EXPECT_TRUE(try_open(16, 0, 8 << 20).ok());
}

TEST_F(SpoolTest, ADiskThatFailsToSyncStopsItUntilItDoes) {
  auto spool = open();
  ASSERT_TRUE(spool->writer(0).append("x"));
  mood_.broken = true;
  EXPECT_FALSE(spool->tick().ok());
  EXPECT_FALSE(spool->tick().ok());
  EXPECT_EQ(spool->state(), SpoolState::kFailing);
  EXPECT_FALSE(spool->accepting());
  EXPECT_EQ(spool->figures().sync_failures, 2U);
  EXPECT_EQ(logged("THE LEDGER CANNOT BE WRITTEN"), 1U);
  mood_.broken = false;
  EXPECT_TRUE(spool->tick().ok());
  EXPECT_TRUE(spool->accepting());
}

TEST_F(SpoolTest, OnlyWhatWasAppendedToIsSynced) {
  auto spool = open(4);
  const std::uint64_t before = spool->figures().syncs;
  ASSERT_TRUE(spool->writer(1).append("a"));
  ASSERT_TRUE(spool->writer(1).append("b"));
  ASSERT_TRUE(spool->writer(3).append("c"));
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_EQ(spool->figures().syncs, before + 2);
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_EQ(spool->figures().syncs, before + 2);
}

TEST_F(SpoolTest, WhatIsAppendedDuringASyncGoesToTheNextPageAndOnlyTheFirstOfThem) {
  auto spool = open();
  const auto segment = spool->segments().front();
  std::vector<std::string> written;
  const auto append = [&] {
    written.push_back("rec " + std::to_string(1000 + written.size()));
    EXPECT_TRUE(spool->writer(0).append(written.back()));
  };
  for (std::size_t round = 1; round < 4; ++round) {
    append();
    mood_.while_syncing = [&] {
      append();
      EXPECT_EQ(segment->committed(), round * kSpoolPage + 16);
      append();
      EXPECT_EQ(segment->committed(), round * kSpoolPage + 2 * 16);
    };
    ASSERT_TRUE(spool->tick().ok());
    mood_.while_syncing = nullptr;
    EXPECT_TRUE(segment->dirty());
    append();
    EXPECT_EQ(segment->committed(), round * kSpoolPage + 3 * 16);
    EXPECT_EQ(payloads_in(folder_), written);
    ASSERT_TRUE(spool->tick().ok());
    EXPECT_FALSE(segment->dirty());
  }
  crash(std::move(spool));
  EXPECT_EQ(payloads_in(folder_), written);
}

TEST_F(SpoolTest, ASecondProcessIsRefusedTheSameDirectory) {
  auto spool = open();
  const auto second = try_open(1, 64 * 1024, 64 << 20);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(second.error().message.find("another gateway"), std::string::npos);
  spool.reset();
  EXPECT_TRUE(try_open(1, 64 * 1024, 64 << 20).ok());
}

TEST_F(SpoolTest, SegmentsOfEarlierRunsAreAdoptedInTheirOrderAndNamesNeverMeetAgain) {
  for (int run = 0; run < 3; ++run) {
    auto spool = open();
    ASSERT_TRUE(spool->writer(0).append("run " + std::to_string(run)));
    crash(std::move(spool));
    clock_.step_unix_ms(-3'600'000);  // the clock was wrong
  }
  auto spool = open();
  ASSERT_TRUE(spool->writer(0).append("run 3"));
  EXPECT_EQ(payloads_in(folder_), (std::vector<std::string>{"run 0", "run 1", "run 2", "run 3"}));
  const auto segments = spool->segments();
  ASSERT_GE(segments.size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_TRUE(segments[i]->sealed());
    EXPECT_LT(segments[i]->worker(), 0);
  }
  EXPECT_EQ(logged("has not shipped"), 3U);
}

TEST_F(SpoolTest, ASegmentThatWasBeingMadeIsSweptAway) {
  std::ofstream(folder_.path() / "0123456789ab-0000-00000000.seg.new") << "half";
  std::ofstream(folder_.path() / "notes.txt") << "an operator's";
  auto spool = open();
  EXPECT_TRUE(folder_.ending(".new").empty());
  EXPECT_EQ(folder_.ending(".txt").size(), 1U);
}

TEST_F(SpoolTest, AnEndInPeaceLeavesOnlyWhatWasNotShipped) {
  auto spool = open(2);
  ASSERT_TRUE(spool->writer(1).append("kept"));
  spool.reset();
  EXPECT_EQ(folder_.ending(".seg").size(), 1U);
  EXPECT_EQ(payloads_in(folder_), std::vector<std::string>{"kept"});
}

TEST_F(SpoolTest, AfterSealingNothingIsAppended) {
  auto spool = open();
  ASSERT_TRUE(spool->writer(0).append("before"));
  spool->seal();
  EXPECT_FALSE(spool->writer(0).append("after"));
  EXPECT_FALSE(spool->accepting());
  ASSERT_TRUE(spool->tick().ok());
  EXPECT_FALSE(spool->accepting());
  EXPECT_EQ(payloads_in(folder_), std::vector<std::string>{"before"});
}

TEST_F(SpoolTest, ADirectoryThatCannotBeMadeIsNamed) {
  std::ofstream(folder_.path() / "file") << "x";
  SpoolOptions options;
  options.dir = folder_.path() / "file" / "spool";
  const auto spool = Spool::open(options, clock_, logger_);
  ASSERT_FALSE(spool.ok());
  EXPECT_NE(spool.error().message.find("/file: "), std::string::npos) << spool.error().message;
}

// The thread at work, for the thread sanitizer too: writers, syncs and readers at once.
TEST_F(SpoolTest, WritersTheSpoolsThreadAndAReaderDoNotDisturbEachOther) {
  constexpr int kWriters = 3;
  constexpr int kRecords = 4000;
  SystemClock clock;
  SpoolOptions options;
  options.dir = folder_.path();
  options.writers = kWriters;
  options.sync_ms = 2;
  options.segment_bytes = 64 * 1024;
  auto opened = Spool::open(options, clock, logger_);
  ASSERT_TRUE(opened.ok());
  Spool& spool = **opened;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&spool, w] {
      for (int i = 0; i < kRecords;) {
        if (spool.writer(w).append(std::to_string(w) + ":" + std::to_string(i))) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::size_t seen = 0;
  while (seen < kWriters * kRecords) {
    seen = 0;
    for (const auto& segment : spool.segments()) {
      const std::size_t committed = segment->committed();
      auto reader = SpoolReader::open(segment->path());
      ASSERT_TRUE(reader.ok());
      for (;;) {
        const auto frame = reader->next(committed);
        ASSERT_TRUE(frame.ok());
        ASSERT_NE(frame->kind, SpoolFrame::Kind::kTorn);
        if (frame->kind == SpoolFrame::Kind::kEnd) break;
        ++seen;
      }
    }
  }
  for (std::thread& thread : threads) thread.join();
  opened->reset();
  std::vector<int> next(kWriters, 0);
  for (const std::string& payload : payloads_in(folder_)) {
    const int writer = payload[0] - '0';
    EXPECT_EQ(payload.substr(2), std::to_string(next[static_cast<std::size_t>(writer)]++))
        << "each writer's in order";
  }
}

}  // namespace
}  // namespace moongate
