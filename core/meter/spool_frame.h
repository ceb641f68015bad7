// How a spool segment looks on disk: a header, then frames up to the first length of zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

inline constexpr std::size_t kSpoolHeaderBytes = 64;
inline constexpr std::size_t kLongestSpoolPayload = 16 * 1024;

// CRC-32C (Castagnoli), as iSCSI has it; `seed` is the sum of what came before.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

// Numbers are little-endian. The header has a sum of its own: a file without a good one is none of ours.
struct SpoolHeader {
  std::uint32_t segment_bytes = 0;
  std::uint32_t worker = 0;
  std::uint32_t sequence = 0;
  std::int64_t created_ms = 0;
  // Random. Every frame's sum begins with it, so that bytes which a client wrote into a payload are never
  // taken for a frame, wherever a reader comes to stand.
  std::uint32_t seed = 0;
  bool operator==(const SpoolHeader&) const = default;
};
std::string encode_spool_header(const SpoolHeader& header);  // kSpoolHeaderBytes long
// kInvalid: not a segment, or one of a version that this program does not know.
Result<SpoolHeader> decode_spool_header(std::string_view bytes);

// [length u32][sum u32][payload], padded to 8 bytes; the sum is the CRC-32C of seed, length and payload, and
// never 0. A writer may leave the rest of a page unused and go on in the next; then zeros stand there.
inline constexpr std::size_t kSpoolPage = 4096;
constexpr std::size_t next_spool_page(std::size_t offset) {
  return (offset + kSpoolPage - 1) / kSpoolPage * kSpoolPage;
}
constexpr std::size_t spool_frame_size(std::size_t payload) { return 8 + (payload + 7) / 8 * 8; }
// `at` is 8-byte aligned memory of zeros with spool_frame_size() bytes to write to. The sum is stored first,
// then the payload, and the length last: whoever reads the same memory, or the file after this process was
// killed, finds a whole frame, or the mark of one that was under way, which is the end.
void write_spool_frame(char* at, std::uint32_t seed, std::string_view payload);

struct SpoolFrame {
  enum class Kind : std::uint8_t {
    kFrame,
    kEnd,     // nothing comes after this
    kUnused,  // nothing stands here; there may be more at the beginning of the next page
    kTorn,    // what stands here was never a whole frame, or is one no more; nothing behind it can be told
    kMore,    // `bytes` ends within the frame
  };
  Kind kind = Kind::kEnd;
  std::string_view payload;  // lies in what was read
  std::size_t size = 0;      // to the next frame
};
// The frame at the beginning of `bytes`. `whole`: nothing follows them, so a frame that they cut is torn. The
// bytes may be anything.
SpoolFrame read_spool_frame(std::string_view bytes, std::uint32_t seed, bool whole);

// Reads a segment's frames in order through a window of 64 KiB, with pread: a file that somebody cut or a
// disk that fails is an error or a torn frame here, where a mapping would end the process.
class SpoolReader {
 public:
  // kNotFound, kForbidden, kInternal: the file cannot be read; kInvalid: it is no segment.
  static Result<SpoolReader> open(const std::filesystem::path& path);
  // Takes the descriptor, also when it fails; `path` is for messages.
  static Result<SpoolReader> read(int fd, const std::filesystem::path& path);
  SpoolReader(SpoolReader&& other) noexcept;
  SpoolReader& operator=(SpoolReader&&) = delete;
  ~SpoolReader();

  const SpoolHeader& header() const { return header_; }
  // The next frame before `limit`, which is how far the segment is written; for one without a writer, its
  // size: kFrame, kEnd or kTorn. The payload stays until the next call. Error kInternal: the disk failed;
  // calling again tries again.
  Result<SpoolFrame> next(std::size_t limit);
  std::size_t position() const { return position_; }
  // Forgets the window, so that an idle reader holds no memory.
  void release_window();

 private:
  SpoolReader(int fd, const SpoolHeader& header, std::filesystem::path path);
  Result<SpoolFrame> frame_at(std::size_t offset, std::size_t limit);

  int fd_;
  SpoolHeader header_;
  std::filesystem::path path_;
  std::size_t position_ = kSpoolHeaderBytes;
  std::string window_;
  std::size_t window_at_ = 0;  // where the window begins in the file
};

}  // namespace moongate
