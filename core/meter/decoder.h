// Undoes an answer's Content-Encoding while it flows by, so that usage can be read out of it. What the client gets is
// untouched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

namespace moongate {

enum class ContentCoding : std::uint8_t {
  kIdentity,  // also when there is no Content-Encoding
  kGzip,      // also x-gzip; one member or several
  kDeflate,   // in its zlib wrapping (RFC 9110) or raw, as some servers send it
  kBrotli,
  kZstd,      // with windows up to 8 MiB (RFC 9659)
  kUnknown,   // any other, and several applied one upon another
};
// The header's value: names in any case, identity among them not counted.
ContentCoding parse_content_coding(std::string_view content_encoding);

// One answer's decoder. Never throws. Between calls it holds the coding's state: about 40 KiB for gzip and deflate, what
// the encoder's window needs for br (16 MiB at most) and zstd (8 MiB at most), and no output.
class Decoder {
 public:
  // Decoding more than kSlack + kMaxRatio times what came in, or more than kMaxOutput, is given up: such an answer is made
  // to keep us busy. (Streams of JSON come to 5 to 30.)
  static constexpr std::uint64_t kMaxRatio = 250;
  static constexpr std::uint64_t kSlack = 1 << 20;
  static constexpr std::uint64_t kMaxOutput = std::uint64_t{1} << 30;

  // nullptr: the coding is kIdentity or kUnknown, or memory is out.
  static std::unique_ptr<Decoder> create(ContentCoding coding);
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Takes the next bytes, cut anywhere, and calls sink(std::string_view) for what comes out, in pieces of at most
  // 16 KiB, everything that can be known by now. False, for good: corrupt, given up, or out of memory; what had come out
  // before was passed on. Bytes behind the coding's end are ignored.
  template <class Sink>
  bool feed(std::string_view piece, Sink&& sink) {
    using Plain = std::remove_reference_t<Sink>;
    const auto call = [](void* to, std::string_view decoded) { (*static_cast<Plain*>(to))(decoded); };
    return run(piece, call, const_cast<std::remove_const_t<Plain>*>(&sink));
  }

  // The coding's own end has been reached. When the transport ends and this is false, the answer was cut.
  bool ended() const { return ended_; }

 protected:
  Decoder() = default;
  enum class Step : std::uint8_t { kGoOn, kBroken };
  // Takes from `input`'s front and writes to out[0, size); `produced` says how much. Less than `size` means that all of
  // the input was taken (what lies behind the end, too).
  virtual Step step(std::string_view& input, char* out, std::size_t size, std::size_t& produced) = 0;
  bool ended_ = false;

 private:
  using Call = void (*)(void* to, std::string_view decoded);
  bool run(std::string_view piece, Call call, void* to);

  std::uint64_t taken_ = 0;
  std::uint64_t made_ = 0;
  bool broken_ = false;
};

// The codings, one file each. nullptr: out of memory.
std::unique_ptr<Decoder> make_zlib_decoder(ContentCoding gzip_or_deflate);
std::unique_ptr<Decoder> make_brotli_decoder();
std::unique_ptr<Decoder> make_zstd_decoder();

}  // namespace moongate
