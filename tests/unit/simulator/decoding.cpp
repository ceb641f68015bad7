#include "decoding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

namespace moongate::sim {
namespace {

constexpr std::size_t kRoom = 4 << 20;

}  // namespace

std::string decoded(std::string_view wire, std::string_view coding) {
  std::string out(kRoom, '\0');
  if (coding == "gzip") {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(wire.data()));
    stream.avail_in = static_cast<uInt>(wire.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = kRoom;
    inflate(&stream, Z_SYNC_FLUSH);
    out.resize(kRoom - stream.avail_out);
    inflateEnd(&stream);
  } else if (coding == "br") {
    BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    std::size_t in = wire.size(), room = kRoom;
    const auto* from = reinterpret_cast<const std::uint8_t*>(wire.data());
    auto* to = reinterpret_cast<std::uint8_t*>(out.data());
    BrotliDecoderDecompressStream(state, &in, &from, &room, &to, nullptr);
    out.resize(kRoom - room);
    BrotliDecoderDestroyInstance(state);
  } else {
    ZSTD_DStream* stream = ZSTD_createDStream();
    ZSTD_inBuffer in{wire.data(), wire.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (in.pos < in.size && !ZSTD_isError(ZSTD_decompressStream(stream, &to, &in))) {
    }
    out.resize(to.pos);
    ZSTD_freeDStream(stream);
  }
  return out;
}

}  // namespace moongate::sim
