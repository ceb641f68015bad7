#include "meter/ledger_shipper_feed.h"

#include <set>
#include <utility>

#include "meter/ledger_entry.h"

namespace moongate {

void LedgerFeed::fill(LedgerBatch& batch, std::size_t limit) {
  stuck_ = false;
  std::set<int>
      waiting;  // writers with a segment that is not read to its end: theirs that follow have to wait
  for (const std::shared_ptr<SpoolSegment>& segment : spool_.segments()) {
    if (batch.size() >= limit) return;
    if (segment->worker() >= 0 && waiting.contains(segment->worker())) continue;
    const bool untouched = !segment->sealed() && segment->committed() == kSpoolHeaderBytes;
    bool done = false;
    if (!untouched) {
      Cursor& cursor = cursors_[segment.get()];
      cursor.segment = segment;
      done = read(cursor, batch, limit);
    }
    if (!done && segment->worker() >= 0) waiting.insert(segment->worker());
  }
}

bool LedgerFeed::read(Cursor& cursor, LedgerBatch& batch, std::size_t limit) {
  if (cursor.done) return cursor.segment->sealed();
  const bool sealed = cursor.segment->sealed();  // before committed(): then that is final
  const std::size_t committed = cursor.segment->committed();
  if (!cursor.reader) {
    Result<SpoolReader> reader = SpoolReader::open(cursor.segment->path());
    if (!reader) {
      failed(cursor, reader.error());
      return cursor.done && sealed;
    }
    cursor.reader.emplace(std::move(*reader));
  }
  while (batch.size() < limit) {
    const Result<SpoolFrame> frame = cursor.reader->next(committed);
    if (!frame) {
      failed(cursor, frame.error());
      return false;
    }
    if (frame->kind == SpoolFrame::Kind::kFrame) {
      Result<LedgerRecord> record = decode_ledger_record(frame->payload);
      if (record) {
        batch.records.push_back(std::move(*record));
      } else {
        batch.unreadable.push_back({{}, std::string(frame->payload), record.error().describe()});
      }
      continue;
    }
    cursor.torn = frame->kind == SpoolFrame::Kind::kTorn;
    cursor.done = sealed || cursor.torn;
    cursor.reader->release_window();
    return cursor.done && sealed;
  }
  return false;
}

void LedgerFeed::failed(Cursor& cursor, const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:  // somebody erased it; what it held cannot be helped
      cursor.done = true;
      break;
    case ErrorKind::kInvalid:
      cursor.done = cursor.torn = true;
      break;
    default:
      stuck_ = true;
      break;
  }
  if (std::exchange(cursor.told, true)) return;
  logger_.error("a segment of the ledger's spool cannot be read",
                {{"file", cursor.segment->path().string()}, {"problem", error.describe()}});
}

void LedgerFeed::settle() {
  for (auto at = cursors_.begin(); at != cursors_.end();) {
    const Cursor& cursor = at->second;
    if (!cursor.done || !cursor.segment->sealed()) {
      ++at;
      continue;
    }
    if (cursor.torn) {
      spool_.set_aside(cursor.segment);
    } else {
      spool_.erase(cursor.segment);
    }
    at = cursors_.erase(at);
  }
}

}  // namespace moongate
