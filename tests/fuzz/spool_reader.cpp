// A segment file that holds anything: the reader gives whole frames and stops, in any window and up to any
// limit; what it gives goes through the decoder of entries. With an even first byte the rest is a segment as
// it is; with an odd one it is put behind a good header, and its frames get good sums, so that the fuzzer
// comes behind them.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "meter/ledger_entry.h"
#include "meter/spool_frame.h"

namespace {

using namespace moongate;
using fuzz::check;

// One byte of length for each frame.
constexpr std::uint32_t kSeed = 99;

std::string framed(std::string_view rest) {
  std::string segment = encode_spool_header({0, 0, 0, 0, kSeed});
  while (!rest.empty()) {
    const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(rest[0]) + 1, rest.size());
    const std::string_view payload = rest.substr(0, size);
    std::vector<std::uint64_t> frame(spool_frame_size(size) / 8);
    write_spool_frame(reinterpret_cast<char*>(frame.data()), kSeed, payload);
    segment.append(reinterpret_cast<const char*>(frame.data()), frame.size() * 8);
    rest.remove_prefix(size);
  }
  return segment;
}

// The payloads before `limit`, and how it ended.
std::vector<std::string> read_to(SpoolReader& reader, std::size_t limit, SpoolFrame::Kind& end) {
  std::vector<std::string> payloads;
  for (;;) {
    const std::size_t before = reader.position();
    const Result<SpoolFrame> frame = reader.next(limit);
    check(frame.ok());
    end = frame->kind;
    check(end != SpoolFrame::Kind::kMore);
    if (end != SpoolFrame::Kind::kFrame) return payloads;
    check(reader.position() >= before + 8 && !frame->payload.empty() &&
          frame->payload.size() <= kLongestSpoolPayload);
    payloads.emplace_back(frame->payload);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view rest = fuzz::as_text(data + 1, size - 1);
  const bool good = data[0] % 2 != 0;
  const std::string segment = good ? framed(rest) : std::string(rest);

  static const int file = ::memfd_create("segment", MFD_CLOEXEC);
  check(file >= 0 && ::ftruncate(file, 0) == 0);
  check(::pwrite(file, segment.data(), segment.size(), 0) == static_cast<ssize_t>(segment.size()));
  Result<SpoolReader> whole = SpoolReader::read(::dup(file), "segment");
  check(whole.ok() == decode_spool_header(segment).ok());
  if (!whole) return 0;

  SpoolFrame::Kind end = SpoolFrame::Kind::kEnd;
  const std::vector<std::string> payloads = read_to(*whole, segment.size(), end);
  std::string joined;
  for (const std::string& payload : payloads) {
    joined += payload;
    if (const Result<LedgerRecord> record = decode_ledger_record(payload); record) {
      std::string again;
      encode(*record, again);
      check(!again.empty() && again.size() <= kLongestLedgerEntry);
    }
  }
  if (good) check(joined == rest && end == SpoolFrame::Kind::kEnd);

  // A limit on the way changes nothing about what is read in the end, when it is the end of a frame.
  if (!good) return 0;
  Result<SpoolReader> halting = SpoolReader::read(::dup(file), "segment");
  check(halting.ok());
  std::size_t limit = kSpoolHeaderBytes;
  for (std::size_t i = 0; i < payloads.size() / 2; ++i) limit += spool_frame_size(payloads[i].size());
  std::vector<std::string> halves = read_to(*halting, limit, end);
  check(halves.size() == payloads.size() / 2 && end == SpoolFrame::Kind::kEnd);
  for (std::string& payload : read_to(*halting, segment.size(), end)) halves.push_back(std::move(payload));
  check(halves == payloads);
  return 0;
}
