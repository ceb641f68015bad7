// Bytes from a damaged disk as a ledger entry: refused, or a row that comes back from its own bytes.
#include "fuzz_input.h"
#include "meter/ledger_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moongate;
  const Result<LedgerRecord> record = decode_ledger_record(fuzz::as_text(data, size));
  if (!record.ok()) return 0;
  std::string bytes;
  encode(*record, bytes);
  fuzz::check(bytes.size() <= kLongestLedgerEntry);
  const Result<LedgerRecord> again = decode_ledger_record(bytes);
  fuzz::check(again.ok() && again->request_id.size() <= kLedgerText && again->cost_nano == record->cost_nano);
  std::string twice;
  encode(*again, twice);
  fuzz::check(twice == bytes);
  return 0;
}
