// zstd (RFC 8878, as a content coding RFC 9659).
#include <zstd.h>

#include <new>

#include "meter/decoder.h"

namespace moongate {
namespace {

constexpr int kWindowLog = 23;  // 8 MiB: what RFC 9659 lets a sender demand

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLog);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
  bool usable() const { return context_ != nullptr; }

 private:
  Step step(std::string_view& input, char* out, std::size_t size, std::size_t& produced) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos < to.size) {
      const std::size_t in_before = in.pos;
      const std::size_t out_before = to.pos;
      const std::size_t result = ZSTD_decompressStream(context_, &to, &in);
      if (ZSTD_isError(result) != 0) {
        // Frames may follow one another; what is no frame behind a whole one is ignored.
        if (ended_) in.pos = in.size;
        input.remove_prefix(in.pos);
        produced = to.pos;
        return ended_ ? Step::kGoOn : Step::kBroken;
      }
      // Nothing moves any more: all is taken, all is out.
      if (in.pos == in_before && to.pos == out_before) break;
      ended_ = result == 0;
    }
    input.remove_prefix(in.pos);
    produced = to.pos;
    return Step::kGoOn;
  }

  ZSTD_DCtx* context_;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder() {
  auto decoder = std::unique_ptr<ZstdDecoder>(new (std::nothrow) ZstdDecoder());
  if (!decoder || !decoder->usable()) return nullptr;
  return decoder;
}

}  // namespace moongate
