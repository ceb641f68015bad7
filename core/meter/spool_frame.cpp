#include "meter/spool_frame.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace moongate {
namespace {

static_assert(std::endian::native == std::endian::little,
              "segments are written as the numbers lie in memory");

constexpr std::string_view kMagic = "MGSPOOL1";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSummed = 40;  // the header's bytes before its own sum
constexpr std::size_t kWindow = 64 * 1024;
static_assert(kWindow >= spool_frame_size(kLongestSpoolPayload));

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
    table[i] = crc;
  }
  return table;
}();

std::uint32_t crc_by_table(std::string_view bytes, std::uint32_t crc) {
  for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc_by_instruction(std::string_view bytes,
                                                                   std::uint32_t seed) {
  std::uint64_t crc = seed;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto low = static_cast<std::uint32_t>(crc);
  for (const char c : bytes) low = __builtin_ia32_crc32qi(low, static_cast<unsigned char>(c));
  return low;
}
const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
#endif

template <class Number>
void put(char*& at, Number value) {
  std::memcpy(at, &value, sizeof value);
  at += sizeof value;
}

template <class Number>
Number take(const char*& at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

std::uint32_t frame_sum(std::uint32_t seed, std::uint32_t length, std::string_view payload) {
  const std::uint32_t sum =
      crc32c(payload, crc32c({reinterpret_cast<const char*>(&length), sizeof length}, seed));
  return sum != 0 ? sum : 1;
}

std::atomic_ref<std::uint32_t> word_at(char* at) {
  return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(at));
}

// How many bytes came; fewer than asked for only at the end of the file. Negative: errno.
ssize_t read_at(int fd, char* to, std::size_t size, std::size_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

Error read_error(const std::filesystem::path& path, int code) {
  const ErrorKind kind = code == ENOENT                                     ? ErrorKind::kNotFound
                         : code == EACCES || code == EPERM || code == ELOOP ? ErrorKind::kForbidden
                                                                            : ErrorKind::kInternal;
  return Error(kind, "cannot read the spool segment " + path.string() + ": " + std::strerror(code));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  if (kHasInstruction) return ~crc_by_instruction(bytes, ~seed);
#endif
  return ~crc_by_table(bytes, ~seed);
}

std::string encode_spool_header(const SpoolHeader& header) {
  std::string bytes(kSpoolHeaderBytes, '\0');
  char* at = bytes.data();
  std::memcpy(at, kMagic.data(), kMagic.size());
  at += kMagic.size();
  put(at, kVersion);
  put(at, static_cast<std::uint32_t>(kSpoolHeaderBytes));
  put(at, header.segment_bytes);
  put(at, header.worker);
  put(at, header.sequence);
  put(at, header.created_ms);
  put(at, header.seed);
  put(at, crc32c({bytes.data(), kSummed}));
  return bytes;
}

Result<SpoolHeader> decode_spool_header(std::string_view bytes) {
  if (bytes.size() < kSpoolHeaderBytes || !bytes.starts_with(kMagic)) {
    return Error(ErrorKind::kInvalid, "this is no spool segment");
  }
  const char* sum = bytes.data() + kSummed;
  if (take<std::uint32_t>(sum) != crc32c(bytes.substr(0, kSummed))) {
    return Error(ErrorKind::kInvalid, "the spool segment's header is damaged");
  }
  const char* at = bytes.data() + kMagic.size();
  const auto version = take<std::uint32_t>(at);
  if (const auto size = take<std::uint32_t>(at); version != kVersion || size != kSpoolHeaderBytes) {
    return Error(ErrorKind::kInvalid, "the spool segment has version " + std::to_string(version) +
                                          "; this gateway reads " + std::to_string(kVersion) +
                                          ": let the gateway that wrote it ship it");
  }
  SpoolHeader header;
  header.segment_bytes = take<std::uint32_t>(at);
  header.worker = take<std::uint32_t>(at);
  header.sequence = take<std::uint32_t>(at);
  header.created_ms = take<std::int64_t>(at);
  header.seed = take<std::uint32_t>(at);
  return header;
}

void write_spool_frame(char* at, std::uint32_t seed, std::string_view payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  word_at(at + 4).store(frame_sum(seed, length, payload), std::memory_order_relaxed);
  // The killed process leaves what its instructions stored, in their order: it is enough that the compiler
  // keeps it.
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(at + 8, payload.data(), payload.size());
  word_at(at).store(length, std::memory_order_release);
}

SpoolFrame read_spool_frame(std::string_view bytes, std::uint32_t seed, bool whole) {
  using Kind = SpoolFrame::Kind;
  if (bytes.size() < 8) return {whole ? Kind::kEnd : Kind::kMore, {}, 0};
  const char* at = bytes.data();
  const auto length = take<std::uint32_t>(at);
  const auto sum = take<std::uint32_t>(at);
  if (length == 0) return {sum == 0 ? Kind::kUnused : Kind::kEnd, {}, 0};
  if (length > kLongestSpoolPayload) return {Kind::kTorn, {}, 0};
  if (bytes.size() - 8 < length) return {whole ? Kind::kTorn : Kind::kMore, {}, 0};
  const std::string_view payload = bytes.substr(8, length);
  if (frame_sum(seed, length, payload) != sum) return {Kind::kTorn, {}, 0};
  return {Kind::kFrame, payload, spool_frame_size(length)};
}

SpoolReader::SpoolReader(int fd, const SpoolHeader& header, std::filesystem::path path)
    : fd_(fd), header_(header), path_(std::move(path)) {}

SpoolReader::SpoolReader(SpoolReader&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      header_(other.header_),
      path_(std::move(other.path_)),
      position_(other.position_),
      window_(std::move(other.window_)),
      window_at_(other.window_at_) {}

SpoolReader::~SpoolReader() {
  if (fd_ >= 0) ::close(fd_);
}

Result<SpoolReader> SpoolReader::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return read_error(path, errno);
  return read(fd, path);
}

Result<SpoolReader> SpoolReader::read(int fd, const std::filesystem::path& path) {
  SpoolReader reader(fd, {}, path);
  std::array<char, kSpoolHeaderBytes> bytes{};
  const ssize_t size = read_at(fd, bytes.data(), bytes.size(), 0);
  if (size < 0) return read_error(path, errno);
  Result<SpoolHeader> header = decode_spool_header({bytes.data(), static_cast<std::size_t>(size)});
  if (!header) return header.error().wrap(path.string());
  reader.header_ = *header;
  return reader;
}

Result<SpoolFrame> SpoolReader::next(std::size_t limit) {
  std::size_t at = position_;
  Result<SpoolFrame> frame = frame_at(at, limit);
  if (frame && frame->kind == SpoolFrame::Kind::kUnused && next_spool_page(at) < limit) {
    // At the beginning of a page this asks for the same again.
    at = next_spool_page(at);
    frame = frame_at(at, limit);
  }
  if (!frame) return frame;
  // The position stays where nothing is yet: a writer may go on there.
  if (frame->kind == SpoolFrame::Kind::kUnused) frame->kind = SpoolFrame::Kind::kEnd;
  if (frame->kind == SpoolFrame::Kind::kFrame) position_ = at + frame->size;
  return frame;
}

Result<SpoolFrame> SpoolReader::frame_at(std::size_t offset, std::size_t limit) {
  for (std::size_t wanted = 0;;) {
    const std::size_t end = std::min(window_at_ + window_.size(), limit);
    std::string_view bytes;
    if (offset >= window_at_ && offset < end)
      bytes = std::string_view(window_).substr(offset - window_at_, end - offset);
    // What a read just now did not bring is missing from the file.
    const bool whole = offset + bytes.size() >= limit || window_.size() < wanted;
    const SpoolFrame frame = read_spool_frame(bytes, header_.seed, whole);
    if (frame.kind != SpoolFrame::Kind::kMore) return frame;
    // Never beyond the limit: what is there now is not what will be there.
    wanted = std::min(kWindow, limit - offset);
    window_.resize(wanted);
    const ssize_t size = read_at(fd_, window_.data(), wanted, offset);
    if (size < 0) {
      const int code = errno;
      window_.clear();
      return read_error(path_, code);
    }
    window_.resize(static_cast<std::size_t>(size));
    window_at_ = offset;
  }
}

void SpoolReader::release_window() { std::string().swap(window_); }

}  // namespace moongate
