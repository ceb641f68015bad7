// Records that the store will not take, kept for somebody to look at: a file of JSON lines beside the spool.
#pragma once

#include <filesystem>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "meter/ledger_shipper_feed.h"

namespace moongate {

class LedgerRejects {
 public:
  // `file` is made (0600) when there is something to write.
  LedgerRejects(std::filesystem::path file, const Clock& clock) : file_(std::move(file)), clock_(clock) {}

  // {"time","request_id","user_id","client","model","billed_nano","reason","entry"}, entry being the spool's
  // bytes in base64. All are on the disk when it returns; after an error some of them may be.
  Status append(const std::vector<RejectedRecord>& records) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  const std::filesystem::path file_;
  const Clock& clock_;
};

}  // namespace moongate
