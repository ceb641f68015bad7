// A finished request as a row of the ledger, and as the bytes that wait on disk until the store has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "meter/access_log.h"
#include "store/records.h"

namespace moongate {

struct UsageCost;

// What the access log's record does not tell.
struct LedgerFacts {
  std::string_view gateway;
  std::string_view key_id;    // empty: no stored key
  std::string_view user_id;   // empty: nobody pays
  std::string_view location;  // the upstream's, where it has any
  std::string_view raw_usage;
  bool batch = false;         // asked for through a batch
  std::int64_t markup_ppm = 1'000'000;
};

// Counts that were never reported are 0 in the row. Texts become valid UTF-8 and are cut to kLedgerText bytes (raw_usage:
// 2 KiB), for clients choose some of them and databases refuse what is none.
inline constexpr std::size_t kLedgerText = 255;
inline constexpr std::size_t kLedgerRawUsage = 2048;
LedgerRecord make_ledger_record(const AccessRecord& access, const LedgerFacts& facts, const UsageCost& cost);

// The row in at most kLongestLedgerEntry bytes, appended to `out`: a version byte, then texts, then numbers, each list
// with its length, so that a later version may append to either and both versions read each other. Longer texts are cut.
inline constexpr std::size_t kLongestLedgerEntry = 8 * 1024;
void encode(const LedgerRecord& record, std::string& out);
// `bytes` is exactly one entry; it may come from a damaged disk. kInvalid: no entry, or one of a version that this
// program does not know.
Result<LedgerRecord> decode_ledger_record(std::string_view bytes);

}  // namespace moongate
