// Segments made in advance, so that no writer ever makes one.
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "crypto/random.h"
#include "meter/spool.h"
#include "meter/spool_frame.h"

namespace moongate {
namespace {

constexpr MonoMs kPrepareAgainMs = 500;
constexpr MonoMs kCountMs = 1000;

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

std::uint32_t random_seed() {
  const std::string bytes = random_bytes(sizeof(std::uint32_t));
  std::uint32_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

}  // namespace

// Once a second: what a writer used up since is what it will use up.
void Spool::count_wanted() {
  if (clock_.mono_ms() - counted_ms_ < kCountMs) return;
  counted_ms_ = clock_.mono_ms();
  for (const auto& writer : writers_) {
    const std::size_t used = writer->given_ - writer->spares_left();
    const std::size_t lately = used - std::exchange(writer->used_before_, used);
    writer->wanted_ = std::clamp(2 * lately, SpoolWriter::kSpares, SpoolWriter::kMostSpares);
  }
}

// Leaves in prepared_ whether all that must be there are. What failed is tried again when time has passed or
// space came back. Making many takes a while: `synced` is what the syncs between them said.
void Spool::prepare_spares(Status& synced) {
  count_wanted();
  if (clock_.mono_ms() < prepare_again_ms_) return;
  prepare_again_ms_ = 0;
  prepared_ = {};
  // Round by round, so that scarce space is shared.
  for (std::size_t round = 0; round < SpoolWriter::kMostSpares; ++round) {
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      const SpoolWriter& writer = *writers_[i];
      if (writer.spares_left() > round || round >= writer.wanted_) continue;
      if (Status made = prepare(i); !made) {
        prepare_again_ms_ = clock_.mono_ms() + kPrepareAgainMs;
        if (round < SpoolWriter::kSpares) prepared_ = made;
        return;
      }
      if (clock_.mono_ms() - synced_ms_ < options_.sync_ms / 2) continue;
      if (Status ok = sync_segments(); !ok) synced = ok;
    }
  }
}

Status Spool::prepare(std::size_t worker) {
  const std::size_t bytes = options_.segment_bytes;
  if (bytes_on_disk_ + bytes > options_.max_bytes) {
    return Error(ErrorKind::kUnavailable,
                 "the spool has " + mebibytes(bytes_on_disk_) + " of the " + mebibytes(options_.max_bytes) +
                     " that ledger.spool_mb allows; the store has to take some of it");
  }
  const std::uint32_t sequence = sequences_[worker]++;
  char name[64];
  std::snprintf(name, sizeof name, "%s-%04zu-%08" PRIu32 ".seg", start_.c_str(), worker, sequence);
  const std::filesystem::path path = options_.dir / name;
  const SpoolHeader header{static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>(worker), sequence,
                           clock_.unix_ms(), random_seed()};
  Result<int> fd = files_->create(path, encode_spool_header(header), bytes);
  if (!fd) return fd.error();
  Result<std::shared_ptr<SpoolSegment>> segment = SpoolSegment::map(path, *fd, header);
  if (!segment) {
    ::unlink(path.c_str());
    return segment.error();
  }
  bytes_on_disk_ += bytes;
  {
    std::lock_guard lock(mutex_);
    segments_.push_back(*segment);
  }
  SpoolWriter& writer = *writers_[worker];
  // A busy writer will be through the first pages before they are looked at again.
  (*segment)->touch_ahead(writer.wanted_ > SpoolWriter::kSpares ? bytes : 0);
  writer.spares_[writer.given_++ % SpoolWriter::kMostSpares].store(segment->get(), std::memory_order_release);
  return {};
}

}  // namespace moongate
