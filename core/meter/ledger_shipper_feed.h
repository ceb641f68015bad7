// The spool's records in batches, each writer's in order, and what may be erased once they are in the store.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "meter/spool.h"
#include "meter/spool_frame.h"
#include "store/records.h"

namespace moongate {

// A record that cannot be shipped as it is.
struct RejectedRecord {
  LedgerRecord record;  // empty where the entry could not be read
  std::string entry;    // as the spool had it; empty: encode(record)
  std::string reason;
};

struct LedgerBatch {
  std::vector<LedgerRecord> records;
  std::vector<RejectedRecord> unreadable;  // whole frames that hold no entry this program knows
  std::size_t size() const { return records.size() + unreadable.size(); }
};

// Used by one thread. Holds references: the spool and the logger must outlive it.
class LedgerFeed {
 public:
  LedgerFeed(Spool& spool, const Logger& logger) : spool_(spool), logger_(logger) {}

  // Adds what was not given yet until `batch` has `limit`. What a crash left and nobody erased is given
  // again.
  void fill(LedgerBatch& batch, std::size_t limit);
  // All that was given is where it belongs: segments that were read to their end are erased, damaged ones set
  // aside.
  void settle();
  // A segment could not be read at the last fill(): there may be more than it gave.
  bool stuck() const { return stuck_; }

 private:
  struct Cursor {
    std::shared_ptr<SpoolSegment> segment;
    std::optional<SpoolReader> reader;
    bool done = false;  // read to the end of a sealed segment, or to the damage
    bool torn = false;
    bool told = false;
  };
  // False: there may be more in it, now or later.
  bool read(Cursor& cursor, LedgerBatch& batch, std::size_t limit);
  void failed(Cursor& cursor, const Error& error);

  Spool& spool_;
  const Logger& logger_;
  std::map<const SpoolSegment*, Cursor> cursors_;
  bool stuck_ = false;
};

}  // namespace moongate
