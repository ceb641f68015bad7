// Takes a Content-Encoding off, piece by piece, for reading beside the relay. The client gets the bytes as they came.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace moongate {

class Decoder {
 public:
  // What one answer may decode to before we stop looking: a bomb costs bounded time.
  static constexpr std::uint64_t kMaxDecoded = 256u << 20;

  using Sink = std::function<void(std::string_view)>;

  // "gzip", "x-gzip", "deflate" (zlib or raw), "br", "zstd", "identity", in any case. nullptr: another coding, or
  // several on top of each other, or out of memory.
  static std::unique_ptr<Decoder> create(std::string_view content_encoding);
  virtual ~Decoder() = default;

  // Decodes the next piece; the sink is called with what comes out, as often as need be. False, from then on for good:
  // the data is corrupt or decodes to more than kMaxDecoded.
  virtual bool feed(std::string_view piece, const Sink& sink) = 0;
  virtual bool identity() const { return false; }
};

}  // namespace moongate
