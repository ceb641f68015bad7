// Balances, prices, notifications and the audit log in memory.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <tuple>

#include "store/memory_store.h"

namespace moongate {
namespace {

using Lock = std::lock_guard<std::mutex>;

// The newest `limit` of them: by time, then by id.
template <class Record, class Wanted>
std::vector<Record> newest(const std::vector<Record>& all, int limit, const Wanted& wanted) {
  std::vector<Record> records;
  std::copy_if(all.begin(), all.end(), std::back_inserter(records), wanted);
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return std::tie(a.created_at_s, a.id) > std::tie(b.created_at_s, b.id);
  });
  if (records.size() > static_cast<std::size_t>(bounded_limit(limit))) {
    records.resize(static_cast<std::size_t>(bounded_limit(limit)));
  }
  return records;
}

}  // namespace

bool MemoryStore::post(const MovementRecord& record) {
  const bool known = std::any_of(movements_.begin(), movements_.end(),
                                 [&](const MovementRecord& other) { return other.id == record.id; });
  if (known) return false;
  movements_.push_back(record);
  postings_.push_back({record.id, user_account(record.user_id), record.amount_nano});
  postings_.push_back({record.id, std::string(house_account(record.kind)), -record.amount_nano});
  Balance& balance = balances_[record.user_id];
  balance.user_id = record.user_id;
  balance.balance_nano += record.amount_nano;
  (record.amount_nano > 0 ? balance.credited_nano : balance.charged_nano) += std::abs(record.amount_nano);
  return true;
}

Result<std::int64_t> MemoryStore::balance(std::string_view user_id) {
  const Lock lock(mutex_);
  const auto found = balances_.find(user_id);
  return found == balances_.end() ? 0 : found->second.balance_nano;
}

Result<std::vector<LedgerStore::Balance>> MemoryStore::list_balances() {
  const Lock lock(mutex_);
  std::vector<Balance> balances;
  for (const auto& [user, balance] : balances_) balances.push_back(balance);
  return balances;
}

Result<bool> MemoryStore::move_balance(const MovementRecord& record) {
  if (Status ok = check_movement(record); !ok) return ok.error();
  const Lock lock(mutex_);
  if (Status known = check_user(record.user_id); !known) return known.error();
  return post(record);
}

Result<std::vector<MovementRecord>> MemoryStore::list_movements(std::string_view user_id, int limit) {
  const Lock lock(mutex_);
  return newest(movements_, limit,
                [&](const MovementRecord& record) { return user_id.empty() || record.user_id == user_id; });
}

Status MemoryStore::check_books() {
  const Lock lock(mutex_);
  std::map<std::string, std::int64_t> accounts;
  std::map<std::string, std::int64_t> movements;
  for (const Posting& posting : postings_) {
    accounts[posting.account] += posting.amount_nano;
    movements[posting.movement_id] += posting.amount_nano;
  }
  for (const auto& [id, sum] : movements) {
    if (sum != 0)
      return Error(ErrorKind::kInternal, "the postings of movement " + id + " do not sum to zero");
  }
  for (const auto& [user, balance] : balances_) {
    const std::int64_t sum = accounts[user_account(user)];
    if (sum != balance.balance_nano || balance.balance_nano != balance.credited_nano - balance.charged_nano) {
      return Error(ErrorKind::kInternal, "the balance of " + user + " is not the sum of its postings");
    }
  }
  return {};
}

Result<std::vector<PriceRecord>> MemoryStore::list_prices() {
  const Lock lock(mutex_);
  return prices_;
}

Status MemoryStore::replace_prices(const std::vector<PriceRecord>& rows) {
  std::vector<PriceRecord> sorted = rows;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                        [](const auto& a, const auto& b) { return a.id == b.id; });
  if (twice != sorted.end()) return Error(ErrorKind::kInvalid, "two price rows have the id " + twice->id);
  const Lock lock(mutex_);
  prices_ = std::move(sorted);
  ++generation_;
  return {};
}

Result<bool> MemoryStore::insert_notification(const NotificationRecord& record) {
  const Lock lock(mutex_);
  for (const NotificationRecord& other : notifications_) {
    if (other.id == record.id) return false;
  }
  notifications_.push_back(record);
  return true;
}

Result<std::vector<NotificationRecord>> MemoryStore::list_notifications(int limit) {
  const Lock lock(mutex_);
  return newest(notifications_, limit, [](const NotificationRecord&) { return true; });
}

Result<bool> MemoryStore::mark_notification_read(std::string_view id, std::int64_t at_s) {
  const Lock lock(mutex_);
  for (NotificationRecord& record : notifications_) {
    if (record.id != id) continue;
    record.read_at_s = at_s;
    return true;
  }
  return false;
}

Status MemoryStore::append_audit(const AuditRecord& record) {
  const Lock lock(mutex_);
  audit_.push_back(record);
  return {};
}

Result<std::vector<AuditRecord>> MemoryStore::list_audit(int limit) {
  const Lock lock(mutex_);
  const std::size_t count = std::min(audit_.size(), static_cast<std::size_t>(bounded_limit(limit)));
  return std::vector<AuditRecord>(audit_.rbegin(), audit_.rbegin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace moongate
