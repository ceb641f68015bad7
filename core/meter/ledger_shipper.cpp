#include "meter/ledger_shipper.h"

#include <algorithm>
#include <utility>

#include "base/thread_name.h"

namespace moongate {
namespace {

constexpr int kHopelessCalls =
    32;  // so many refusals of ever smaller parts and nothing taken: it is not the records

bool about_the_record(ErrorKind kind) { return kind == ErrorKind::kInvalid || kind == ErrorKind::kTooLarge; }
// Anything else says that the store could not be asked.
bool about_the_batch(ErrorKind kind) { return about_the_record(kind) || kind == ErrorKind::kInternal; }

}  // namespace

// What was found out about a batch that the store does not take whole.
struct LedgerShipper::Sifting {
  struct Suspect {
    std::size_t index;
    Error error;
  };
  std::vector<Suspect> suspects;
  std::vector<LedgerRecord> accepted;
  int refusals = 0;
};

LedgerShipper::LedgerShipper(Spool& spool, LedgerStore& store, const Clock& clock, const Logger& logger,
                             LedgerShipperOptions options)
    : spool_(spool),
      store_(store),
      clock_(clock),
      logger_(logger),
      options_(std::move(options)),
      rejects_(spool.dir() / "rejected.jsonl", clock),
      feed_(spool, logger) {}

void LedgerShipper::start() {
  thread_ = std::thread([this] {
    name_this_thread("ledger");
    run();
  });
}

void LedgerShipper::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LedgerShipper::run() {
  std::unique_lock lock(mutex_);
  std::uint64_t seen = 0;  // of the flushes: for each the store is tried at once, however it did before
  while (!stop_) {
    const std::uint64_t wanted = flush_wanted_;
    if (std::exchange(seen, wanted) != wanted) retry_at_ms_ = 0;
    lock.unlock();
    const Step done = step();
    lock.lock();
    if (done == Step::kIdle && !feed_.stuck() && flush_done_ != wanted) {
      flush_done_ = wanted;
      flushed_.notify_all();
    }
    if (done == Step::kShipped) continue;
    std::int64_t pause_ms = options_.poll_ms;
    if (done == Step::kWaiting) pause_ms = std::max<std::int64_t>(retry_at_ms_ - clock_.mono_ms(), 1);
    wake_.wait_for(lock, std::chrono::milliseconds(pause_ms), [&] { return stop_ || flush_wanted_ != seen; });
  }
}

bool LedgerShipper::flush(std::chrono::milliseconds timeout) {
  if (!thread_.joinable()) {
    Step done = step();
    while (done == Step::kShipped) done = step();
    return done == Step::kIdle && !feed_.stuck();
  }
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++flush_wanted_;
  wake_.notify_all();
  return flushed_.wait_for(lock, timeout, [&] { return flush_done_ >= mine; });
}

LedgerShipper::Step LedgerShipper::step() {
  if (batch_.size() < options_.batch) feed_.fill(batch_, options_.batch);
  if (batch_.size() == 0) {
    feed_.settle();
    oldest_ended_ms_ = 0;
    return Step::kIdle;
  }
  oldest_ended_ms_ = batch_.records.empty() ? 0 : batch_.records.front().ended_at_ms;
  if (clock_.mono_ms() < retry_at_ms_) return Step::kWaiting;
  if (Status ok = deliver(); !ok) {
    went_away(ok.error());
    return Step::kWaiting;
  }
  came_back();
  batch_.records.clear();
  batch_.unreadable.clear();
  feed_.settle();
  return Step::kShipped;
}

Status LedgerShipper::deliver() {
  if (batch_.records.empty()) return reject(batch_.unreadable);
  const Result<LedgerStore::Appended> whole = append(0, batch_.records.size());
  if (!whole && !about_the_batch(whole.error().kind)) return whole.error();
  if (whole) {
    if (Status ok = reject(batch_.unreadable); !ok) return ok;
    if (options_.on_shipped) options_.on_shipped(batch_.records);
    return {};
  }
  Sifting sifting;
  if (Status ok = sift(sifting, 0, batch_.records.size()); !ok) return ok;
  std::vector<RejectedRecord> rejects = batch_.unreadable;
  for (const Sifting::Suspect& suspect : sifting.suspects) {
    const std::size_t index = suspect.index;
    Error error = suspect.error;
    if (!about_the_record(error.kind)) {
      if (sifting.accepted.empty()) return error;
      const Result<LedgerStore::Appended> again = append(index, index + 1);
      if (again) {
        sifting.accepted.push_back(batch_.records[index]);
        continue;
      }
      error = again.error();
      if (!about_the_batch(error.kind)) return error;
    }
    rejects.push_back({batch_.records[index], {}, error.describe()});
  }
  if (Status ok = reject(rejects); !ok) return ok;
  if (options_.on_shipped && !sifting.accepted.empty()) options_.on_shipped(sifting.accepted);
  return {};
}

// Parts of a batch that was refused, from left to right, so that each worker's records stay in order. Error:
// the store cannot be asked, or refuses too much to believe that the records are the cause.
Status LedgerShipper::sift(Sifting& sifting, std::size_t begin, std::size_t end) {
  const Result<LedgerStore::Appended> part = append(begin, end);
  if (part) {
    sifting.accepted.insert(sifting.accepted.end(),
                            batch_.records.begin() + static_cast<std::ptrdiff_t>(begin),
                            batch_.records.begin() + static_cast<std::ptrdiff_t>(end));
    return {};
  }
  const Error& error = part.error();
  if (!about_the_batch(error.kind)) return error;
  if (++sifting.refusals > kHopelessCalls && sifting.accepted.empty()) return error;
  if (end - begin == 1) {
    sifting.suspects.push_back({begin, error});
    return {};
  }
  const std::size_t middle = begin + (end - begin) / 2;
  if (Status ok = sift(sifting, begin, middle); !ok) return ok;
  return sift(sifting, middle, end);
}

Result<LedgerStore::Appended> LedgerShipper::append(std::size_t begin, std::size_t end) {
  const auto at = batch_.records.begin();
  const bool whole = begin == 0 && end == batch_.records.size();
  Result<LedgerStore::Appended> done = whole ? store_.append_ledger(batch_.records)
                                             : store_.append_ledger({at + static_cast<std::ptrdiff_t>(begin),
                                                                     at + static_cast<std::ptrdiff_t>(end)});
  if (done) {
    shipped_ += done->written;
    known_ += done->known;
  }
  return done;
}

Status LedgerShipper::reject(const std::vector<RejectedRecord>& rejects) {
  if (Status ok = rejects_.append(rejects); !ok) return ok;
  rejected_ += rejects.size();
  for (const RejectedRecord& rejected : rejects) {
    logger_.error("the store refuses a finished request; it is not in the ledger but in a file of its own",
                  {{"file", rejects_.file().string()},
                   {"request_id", rejected.record.request_id},
                   {"problem", rejected.reason}});
  }
  return {};
}

void LedgerShipper::went_away(const Error& error) {
  ++failures_;
  retry_ms_ = std::clamp(retry_ms_ * 2, options_.retry_first_ms, options_.retry_last_ms);
  retry_at_ms_ = clock_.mono_ms() + retry_ms_;
  if (away_.exchange(true)) return;
  away_since_ms_ = clock_.mono_ms();
  logger_.error("the store takes no finished requests; they wait in the spool",
                {{"dir", spool_.dir().string()}, {"problem", error.describe()}});
}

void LedgerShipper::came_back() {
  retry_ms_ = 0;
  retry_at_ms_ = 0;
  if (!away_.exchange(false)) return;
  logger_.info("the store takes finished requests again",
               {{"away_ms", clock_.mono_ms() - away_since_ms_},
                {"spool_bytes", static_cast<std::int64_t>(spool_.figures().bytes_on_disk)}});
}

LedgerShipperFigures LedgerShipper::figures() const {
  LedgerShipperFigures figures;
  figures.shipped = shipped_;
  figures.known = known_;
  figures.rejected = rejected_;
  figures.failures = failures_;
  figures.store_away = away_;
  if (const std::int64_t ended = oldest_ended_ms_; ended != 0) {
    figures.oldest_unshipped_ms = std::max<std::int64_t>(clock_.unix_ms() - ended, 0);
  }
  return figures;
}

}  // namespace moongate
