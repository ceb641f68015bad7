// br (RFC 7932).
#include <brotli/decode.h>

#include <new>

#include "meter/decoder.h"

namespace moongate {
namespace {

class BrotliDecoder final : public Decoder {
 public:
  BrotliDecoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }
  bool usable() const { return state_ != nullptr; }

 private:
  Step step(std::string_view& input, char* out, std::size_t size, std::size_t& produced) override {
    if (ended_) {
      input = {};
      return Step::kGoOn;
    }
    auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    std::size_t in_left = input.size();
    auto* next_out = reinterpret_cast<std::uint8_t*>(out);
    std::size_t out_left = size;
    const auto result = BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
    input.remove_prefix(input.size() - in_left);
    produced = size - out_left;
    if (result == BROTLI_DECODER_RESULT_ERROR) return Step::kBroken;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) {
      ended_ = true;
      input = {};
    }
    return Step::kGoOn;
  }

  BrotliDecoderState* state_;
};

}  // namespace

std::unique_ptr<Decoder> make_brotli_decoder() {
  auto decoder = std::unique_ptr<BrotliDecoder>(new (std::nothrow) BrotliDecoder());
  if (!decoder || !decoder->usable()) return nullptr;
  return decoder;
}

}  // namespace moongate
