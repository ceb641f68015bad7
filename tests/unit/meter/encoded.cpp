#include "encoded.h"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace moongate {
namespace {

class Encoder {
 public:
  virtual ~Encoder() = default;
  enum class Then { kGoOn, kFlush, kEnd };
  virtual void put(std::string_view text, Then then, std::string& out) = 0;
};

class ZlibEncoder final : public Encoder {
 public:
  explicit ZlibEncoder(int bits) { EXPECT_EQ(deflateInit2(&stream_, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK); }
  ~ZlibEncoder() override { deflateEnd(&stream_); }
  void put(std::string_view text, Then then, std::string& out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    char bytes[4096];
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(bytes);
      stream_.avail_out = sizeof bytes;
      deflate(&stream_, then == Then::kEnd ? Z_FINISH : then == Then::kFlush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      out.append(bytes, sizeof bytes - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
};

class BrotliEncoder final : public Encoder {
 public:
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }
  void put(std::string_view text, Then then, std::string& out) override {
    const auto operation = then == Then::kEnd     ? BROTLI_OPERATION_FINISH
                           : then == Then::kFlush ? BROTLI_OPERATION_FLUSH
                                                  : BROTLI_OPERATION_PROCESS;
    auto* in = reinterpret_cast<const std::uint8_t*>(text.data());
    std::size_t left = text.size();
    do {
      std::uint8_t bytes[4096];
      std::uint8_t* next = bytes;
      std::size_t room = sizeof bytes;
      EXPECT_TRUE(BrotliEncoderCompressStream(state_, operation, &left, &in, &room, &next, nullptr));
      out.append(reinterpret_cast<char*>(bytes), sizeof bytes - room);
    } while (left != 0 || BrotliEncoderHasMoreOutput(state_));
  }

 private:
  BrotliEncoderState* state_ = [] {
    auto* state = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, 5);
    return state;
  }();
};

class ZstdEncoder final : public Encoder {
 public:
  explicit ZstdEncoder(int window_log = 0) {
    if (window_log != 0) ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }
  void put(std::string_view text, Then then, std::string& out) override {
    const auto operation = then == Then::kEnd ? ZSTD_e_end : then == Then::kFlush ? ZSTD_e_flush : ZSTD_e_continue;
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    std::size_t left = 0;
    do {
      char bytes[4096];
      ZSTD_outBuffer to{bytes, sizeof bytes, 0};
      left = ZSTD_compressStream2(context_, &to, &in, operation);
      EXPECT_FALSE(ZSTD_isError(left));
      out.append(bytes, to.pos);
    } while ((then != Then::kGoOn && left != 0) || in.pos < in.size);
  }

 private:
  ZSTD_CCtx* context_ = ZSTD_createCCtx();
};

std::unique_ptr<Encoder> make(Wrapping wrapping) {
  switch (wrapping) {
    case Wrapping::kGzip: return std::make_unique<ZlibEncoder>(15 + 16);
    case Wrapping::kZlib: return std::make_unique<ZlibEncoder>(15);
    case Wrapping::kRawDeflate: return std::make_unique<ZlibEncoder>(-15);
    case Wrapping::kBrotli: return std::make_unique<BrotliEncoder>();
    case Wrapping::kZstd: return std::make_unique<ZstdEncoder>();
  }
  return nullptr;
}

}  // namespace

const char* to_text(Wrapping wrapping) {
  constexpr const char* kNames[] = {"gzip", "zlib", "raw deflate", "br", "zstd"};
  return kNames[static_cast<std::size_t>(wrapping)];
}

ContentCoding coding_of(Wrapping wrapping) {
  switch (wrapping) {
    case Wrapping::kGzip: return ContentCoding::kGzip;
    case Wrapping::kZlib:
    case Wrapping::kRawDeflate: return ContentCoding::kDeflate;
    case Wrapping::kBrotli: return ContentCoding::kBrotli;
    case Wrapping::kZstd: return ContentCoding::kZstd;
  }
  return ContentCoding::kUnknown;
}

std::string encode(Wrapping wrapping, const std::vector<std::string>& pieces, bool flush, std::vector<std::size_t>* ends) {
  std::string out;
  const auto encoder = make(wrapping);
  for (const std::string& piece : pieces) {
    encoder->put(piece, flush ? Encoder::Then::kFlush : Encoder::Then::kGoOn, out);
    if (ends != nullptr) ends->push_back(out.size());
  }
  encoder->put({}, Encoder::Then::kEnd, out);
  return out;
}

std::string encode_zstd_window(std::string_view text, int window_log) {
  std::string out;
  ZstdEncoder encoder(window_log);
  // In two parts, so that the encoder can't shrink the window to the text's size.
  encoder.put(text.substr(0, text.size() / 2), Encoder::Then::kFlush, out);
  encoder.put(text.substr(text.size() / 2), Encoder::Then::kEnd, out);
  return out;
}

}  // namespace moongate
