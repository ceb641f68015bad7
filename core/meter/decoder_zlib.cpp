// gzip (RFC 1952) and deflate (RFC 1950, and bare RFC 1951).
#include <zlib.h>

#include <algorithm>
#include <climits>
#include <new>

#include "meter/decoder.h"

namespace moongate {
namespace {

constexpr int kGzipBits = 15 + 16;
constexpr int kZlibBits = 15;
constexpr int kRawBits = -15;
constexpr unsigned char kGzipFirst = 0x1f;

class ZlibDecoder final : public Decoder {
 public:
  explicit ZlibDecoder(ContentCoding coding) : gzip_(coding == ContentCoding::kGzip) {}
  ~ZlibDecoder() override {
    if (begun_) inflateEnd(&stream_);
  }

 private:
  Step step(std::string_view& input, char* out, std::size_t size, std::size_t& produced) override {
    while (!input.empty() || begun_) {
      if (ended_ && !another_member(input)) {
        input = {};
        return Step::kGoOn;
      }
      if (!begun_ && !begin(input)) return Step::kBroken;
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), UINT_MAX));
      const uInt offered = stream_.avail_in;
      stream_.next_out = reinterpret_cast<Bytef*>(out + produced);
      stream_.avail_out = static_cast<uInt>(size - produced);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      input.remove_prefix(offered - stream_.avail_in);
      produced = size - stream_.avail_out;
      if (result == Z_STREAM_END) {
        ended_ = true;
        if (input.empty()) return Step::kGoOn;
        continue;
      }
      if (result != Z_OK && result != Z_BUF_ERROR) return Step::kBroken;
      if (produced == size || input.empty()) return Step::kGoOn;
    }
    return Step::kGoOn;
  }

  bool begin(std::string_view input) {
    // A zlib header begins with 8 in the low half of its first byte. Bare deflate never does: that would be a stored
    // block with a set bit in its padding.
    const bool zlib = (static_cast<unsigned char>(input[0]) & 0x0f) == 8;
    begun_ = inflateInit2(&stream_, gzip_ ? kGzipBits : zlib ? kZlibBits : kRawBits) == Z_OK;
    return begun_;
  }

  // Whether what follows the end is a further gzip member (RFC 1952, 2.2) and not padding.
  bool another_member(std::string_view input) {
    if (!gzip_ || input.empty() || static_cast<unsigned char>(input[0]) != kGzipFirst) return false;
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  const bool gzip_;
  bool begun_ = false;
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<Decoder> make_zlib_decoder(ContentCoding gzip_or_deflate) {
  return std::unique_ptr<Decoder>(new (std::nothrow) ZlibDecoder(gzip_or_deflate));
}

}  // namespace moongate
