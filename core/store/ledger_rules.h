// What becomes of ledger rows in every store alike: which texts are kept, what they add to the sums, and whom
// they charge.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace moongate {

inline constexpr std::size_t kLedgerBatch = 5000;  // the most rows that append_ledger takes at once
inline constexpr int kListLimit = 1000;            // the most rows that any list_… gives at once

// A request id as the ledger keeps it: one that is longer than its column becomes a digest.
std::string ledger_id(std::string_view request_id);
// The record with every text as its column takes it: valid UTF-8 and no longer than fits. A row must never be
// refused for what a client or a provider wrote into it, or all the rows behind it would wait for good.
LedgerRecord fitted(LedgerRecord record);

struct UsageKey {
  std::int64_t bucket_start_s = 0;
  std::string user_id, client, provider, model;
  auto operator<=>(const UsageKey&) const = default;
};
// The numbers of a UsageRollup in the order of its fields, from requests to billed_nano.
inline constexpr std::size_t kUsageNumbers = 10;
using UsageNumbers = std::array<std::int64_t, kUsageNumbers>;
// In the order of their keys, so that two writers lock rows in the same order.
using UsageSums = std::map<UsageKey, UsageNumbers>;

// What a row counts for. A failure: its outcome is not "done", or its status is 400 or above.
UsageNumbers usage_numbers(const LedgerRecord& record);
UsageRollup rollup_of(const UsageKey& key, const UsageNumbers& numbers);
// Adds the row to the bucket it ended in; `sign` -1 takes it out again.
void add_usage(UsageSums& sums, UsageBucket bucket, const LedgerRecord& record, int sign);
std::int64_t bucket_start(UsageBucket bucket, std::int64_t ended_at_ms);
// Sums `rows` along what the query asks for; the rows that it does not want are left out. Ordered as
// sum_usage's.
std::vector<UsageRollup> summed(const UsageSums& rows, const UsageQuery& query);

// One movement of kind "charge" for each user of `rows` who has something to pay, by user.
std::vector<MovementRecord> charges_of(const std::vector<LedgerRecord>& rows);
// One of kind "reprice" for each user whose bill changed: `change_nano` is what is billed now less what was.
std::vector<MovementRecord> reprices_of(const std::map<std::string, std::int64_t>& change_nano,
                                        std::int64_t at_s);

// The row as `price` has it now: only priced, cost, bill and the price's id are taken over.
LedgerRecord repriced(const LedgerRecord& row, const std::function<void(LedgerRecord&)>& price);

// kInvalid: no id, no user, no kind, an amount of zero or beyond kMovementLimit. The message says what to do.
Status check_movement(const MovementRecord& record);
// The other side of a movement: what the user's posting is balanced by.
std::string_view house_account(std::string_view kind);
std::string user_account(std::string_view user_id);
// Beyond this an amount is a slip of the hand, and a few of them would overflow a sum.
inline constexpr std::int64_t kMovementLimit = 100'000'000'000'000'000;  // 100 million dollars

// `limit` within 1 and kListLimit.
int bounded_limit(int limit);

}  // namespace moongate
