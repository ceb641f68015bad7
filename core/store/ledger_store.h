// What was used and what it cost: the ledger, its sums, balances, prices, and the record of who changed what.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace moongate {

class LedgerStore {
 public:
  virtual ~LedgerStore() = default;

  struct Appended {
    std::size_t written = 0;  // rows that were not there yet
    std::size_t known = 0;    // that were, by their request id: neither they nor their sums are touched again
  };
  // One transaction: rows, roll-ups (hour and day), and for each user one movement of kind "charge" over the new rows
  // (id "batch-" + a digest of the request ids, so it is never made twice), where what was billed is not zero. At most
  // 5,000 records; duplicates inside the batch count once.
  virtual Result<Appended> append_ledger(const std::vector<LedgerRecord>& records) = 0;
  // Newest first; `before_ms` and `before_id` of the last row seen give the next page (0 and "": the first).
  struct LedgerQuery {
    std::string user_id, client, key_id, model, account, outcome;  // empty: any
    std::int64_t from_ms = 0, to_ms = 0;                           // [from, to); to 0: no end
    std::int64_t before_ms = 0;
    std::string before_id;
    int limit = 100;  // at most 1,000
  };
  virtual Result<std::vector<LedgerRecord>> list_ledger(const LedgerQuery& query) = 0;
  virtual Result<std::optional<LedgerRecord>> find_ledger(std::string_view request_id) = 0;
  // Walks the rows of [from, to) in batches, oldest first. `price` sets priced, cost_nano, billed_nano and price_id anew;
  // rows, roll-ups and balances (a movement of kind "reprice" for the difference) change with it, each batch in one
  // transaction. Again with the same prices changes nothing. How many rows changed.
  virtual Result<std::int64_t> reprice_ledger(std::int64_t from_ms, std::int64_t to_ms,
                                              const std::function<void(LedgerRecord&)>& price) = 0;

  // Takes away rows that ended before `before_ms`, the oldest first and at most `most` of them; their sums, and what was
  // charged for them, stay. How many went. A row that comes again after that counts again.
  virtual Result<std::int64_t> erase_ledger(std::int64_t before_ms, int most) = 0;

  // From the roll-ups alone. Fields that the query does not ask for are empty or 0; ordered by those that it does.
  virtual Result<std::vector<UsageRollup>> sum_usage(const UsageQuery& query) = 0;

  // The sum of a user's postings; 0 when there are none. `list`: by user.
  virtual Result<std::int64_t> balance(std::string_view user_id) = 0;
  struct Balance {
    std::string user_id;
    std::int64_t balance_nano = 0;
    std::int64_t credited_nano = 0;  // all movements above zero, ever
    std::int64_t charged_nano = 0;   // all below zero, ever, as a positive number
  };
  virtual Result<std::vector<Balance>> list_balances() = 0;
  // False: a movement with this id is there already; nothing moved. kInvalid: no such user, an amount of zero.
  virtual Result<bool> move_balance(const MovementRecord& record) = 0;
  virtual Result<std::vector<MovementRecord>> list_movements(std::string_view user_id, int limit) = 0;  // newest first
  // Whether every balance is the sum of its postings and all postings together are zero; the message names the first
  // account that is not.
  virtual Status check_books() = 0;

  // The price rows that were put in here (those of data/prices.json are not). All are replaced in one step.
  virtual Result<std::vector<PriceRecord>> list_prices() = 0;
  virtual Status replace_prices(const std::vector<PriceRecord>& rows) = 0;

  // insert: false when there is one with this id.
  virtual Result<bool> insert_notification(const NotificationRecord& record) = 0;
  virtual Result<std::vector<NotificationRecord>> list_notifications(int limit) = 0;  // newest first
  virtual Result<bool> mark_notification_read(std::string_view id, std::int64_t at_s) = 0;

  virtual Status append_audit(const AuditRecord& record) = 0;
  virtual Result<std::vector<AuditRecord>> list_audit(int limit) = 0;  // newest first
};

}  // namespace moongate
