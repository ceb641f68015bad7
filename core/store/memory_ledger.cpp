// The ledger and its sums in a few maps.
#include <algorithm>

#include "store/memory_store.h"

namespace moongate {
namespace {

using Lock = std::lock_guard<std::mutex>;

bool matches(const LedgerRecord& row, const LedgerStore::LedgerQuery& query) {
  const auto is = [](const std::string& wanted, const std::string& has) {
    return wanted.empty() || wanted == has;
  };
  return is(query.user_id, row.user_id) && is(query.client, row.client) && is(query.key_id, row.key_id) &&
         is(query.model, row.model) && is(query.account, row.account) && is(query.outcome, row.outcome) &&
         row.ended_at_ms >= query.from_ms && (query.to_ms == 0 || row.ended_at_ms < query.to_ms);
}

}  // namespace

Result<LedgerStore::Appended> MemoryStore::append_ledger(const std::vector<LedgerRecord>& records) {
  if (records.size() > kLedgerBatch) {
    return Error(ErrorKind::kInvalid, "a batch of the ledger has at most 5000 rows");
  }
  const Lock lock(mutex_);
  Appended appended;
  std::vector<LedgerRecord> fresh;
  for (const LedgerRecord& record : records) {
    LedgerRecord row = fitted(record);
    if (!ended_at_ms_.emplace(row.request_id, row.ended_at_ms).second) {
      ++appended.known;
      continue;
    }
    ++appended.written;
    add_usage(hours_, UsageBucket::kHour, row, 1);
    add_usage(days_, UsageBucket::kDay, row, 1);
    ledger_.emplace(std::pair(row.ended_at_ms, row.request_id), row);
    fresh.push_back(std::move(row));
  }
  for (const MovementRecord& charge : charges_of(fresh)) post(charge);
  return appended;
}

Result<std::vector<LedgerRecord>> MemoryStore::list_ledger(const LedgerQuery& query) {
  const Lock lock(mutex_);
  std::vector<LedgerRecord> rows;
  const bool first_page = query.before_ms == 0 && query.before_id.empty();
  const auto limit = static_cast<std::size_t>(bounded_limit(query.limit));
  for (auto at = ledger_.rbegin(); at != ledger_.rend() && rows.size() < limit; ++at) {
    if (!first_page && at->first >= std::pair(query.before_ms, query.before_id)) continue;
    if (matches(at->second, query)) rows.push_back(at->second);
  }
  return rows;
}

Result<std::optional<LedgerRecord>> MemoryStore::find_ledger(std::string_view request_id) {
  const Lock lock(mutex_);
  const auto known = ended_at_ms_.find(ledger_id(request_id));
  if (known == ended_at_ms_.end()) return std::optional<LedgerRecord>();
  return std::optional<LedgerRecord>(ledger_.at({known->second, known->first}));
}

Result<std::int64_t> MemoryStore::reprice_ledger(std::int64_t from_ms, std::int64_t to_ms,
                                                 const std::function<void(LedgerRecord&)>& price) {
  const Lock lock(mutex_);
  std::int64_t rows = 0;
  std::int64_t last_ms = 0;
  std::map<std::string, std::int64_t> changes;
  for (auto at = ledger_.lower_bound({from_ms, ""}); at != ledger_.end() && at->first.first < to_ms; ++at) {
    const LedgerRecord before = at->second;
    const LedgerRecord after = repriced(before, price);
    if (after == before) continue;
    ++rows;
    last_ms = before.ended_at_ms;
    for (const auto bucket : {UsageBucket::kHour, UsageBucket::kDay}) {
      UsageSums& sums = bucket == UsageBucket::kHour ? hours_ : days_;
      add_usage(sums, bucket, before, -1);
      add_usage(sums, bucket, after, 1);
    }
    changes[before.user_id] += after.billed_nano - before.billed_nano;
    at->second = after;
  }
  for (const MovementRecord& movement : reprices_of(changes, last_ms / 1000)) post(movement);
  return rows;
}

Result<std::vector<UsageRollup>> MemoryStore::sum_usage(const UsageQuery& query) {
  const Lock lock(mutex_);
  return summed(query.bucket == UsageBucket::kHour ? hours_ : days_, query);
}

Result<std::int64_t> MemoryStore::erase_ledger(std::int64_t before_ms, int most) {
  const Lock lock(mutex_);
  std::int64_t erased = 0;
  while (erased < most && !ledger_.empty() && ledger_.begin()->first.first < before_ms) {
    ended_at_ms_.erase(ledger_.begin()->first.second);
    ledger_.erase(ledger_.begin());
    ++erased;
  }
  return erased;
}

}  // namespace moongate
