#include "meter/decoder.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <string>

namespace moongate {
namespace {

constexpr std::size_t kStep = 16 * 1024;
constexpr std::uint64_t kMaxZstdWindowLog = 23;  // 8 MiB, what RFC 8878 asks decoders for at least

// Counts what came out; false once it is too much.
class Bounded : public Decoder {
 public:
  bool feed(std::string_view piece, const Sink& sink) final {
    if (failed_) return false;
    failed_ = !decode(piece, [&](std::string_view out) {
      total_ += out.size();
      if (total_ > kMaxDecoded) return false;
      if (!out.empty()) sink(out);
      return true;
    });
    return !failed_;
  }

 protected:
  using Emit = std::function<bool(std::string_view)>;
  virtual bool decode(std::string_view piece, const Emit& emit) = 0;

 private:
  std::uint64_t total_ = 0;
  bool failed_ = false;
};

class Identity final : public Decoder {
 public:
  bool feed(std::string_view piece, const Sink& sink) override {
    sink(piece);
    return true;
  }
  bool identity() const override { return true; }
};

class Zlib final : public Bounded {
 public:
  explicit Zlib(bool gzip) : gzip_(gzip) {}
  ~Zlib() override {
    if (ready_) inflateEnd(&stream_);
  }

 private:
  bool start(int window_bits) {
    ready_ = inflateInit2(&stream_, window_bits) == Z_OK;
    return ready_;
  }

  bool decode(std::string_view piece, const Emit& emit) override {
    if (piece.empty() || ended_) return true;  // what follows the end is padding to some servers
    if (!ready_) {
      // "deflate" means zlib, but some servers send it raw: zlib's first byte has 8 in its low half.
      const bool raw = !gzip_ && (static_cast<unsigned char>(piece[0]) & 0x0F) != 8;
      if (!start(gzip_ ? 15 + 16 : raw ? -15 : 15)) return false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    std::array<char, kStep> out;
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = kStep;
      const int state = inflate(&stream_, Z_SYNC_FLUSH);
      if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) return false;
      if (!emit({out.data(), kStep - stream_.avail_out})) return false;
      if (state == Z_STREAM_END) {
        if (!gzip_ || stream_.avail_in == 0) {
          ended_ = stream_.avail_in != 0 || !gzip_;
          if (gzip_) inflateReset(&stream_);  // another member may follow
          return true;
        }
        if (inflateReset(&stream_) != Z_OK) return false;
        continue;
      }
      if (stream_.avail_in == 0 && stream_.avail_out != 0) return true;
      if (state == Z_BUF_ERROR && stream_.avail_out == kStep) return true;
    }
  }

  z_stream stream_{};
  bool gzip_;
  bool ready_ = false;
  bool ended_ = false;
};

class Brotli final : public Bounded {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }

 private:
  bool decode(std::string_view piece, const Emit& emit) override {
    if (state_ == nullptr) return false;
    const auto* in = reinterpret_cast<const std::uint8_t*>(piece.data());
    std::size_t left = piece.size();
    std::array<std::uint8_t, kStep> out;
    for (;;) {
      std::uint8_t* next = out.data();
      std::size_t room = kStep;
      const auto state = BrotliDecoderDecompressStream(state_, &left, &in, &room, &next, nullptr);
      if (state == BROTLI_DECODER_RESULT_ERROR) return false;
      if (!emit({reinterpret_cast<char*>(out.data()), kStep - room})) return false;
      if (state != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return true;
    }
  }
  BrotliDecoderState* state_;
};

class Zstd final : public Bounded {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }

 private:
  bool decode(std::string_view piece, const Emit& emit) override {
    if (stream_ == nullptr) return false;
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    std::array<char, kStep> bytes;
    for (;;) {
      ZSTD_outBuffer out{bytes.data(), kStep, 0};
      const std::size_t state = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(state)) return false;
      if (!emit({bytes.data(), out.pos})) return false;
      if (in.pos == in.size && out.pos < kStep) return true;
    }
  }
  ZSTD_DStream* stream_;
};

bool is(std::string_view text, std::string_view name) {
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    if (c != name[i]) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<Decoder> Decoder::create(std::string_view coding) {
  if (is(coding, "identity")) return std::make_unique<Identity>();
  if (is(coding, "gzip") || is(coding, "x-gzip")) return std::make_unique<Zlib>(true);
  if (is(coding, "deflate")) return std::make_unique<Zlib>(false);
  if (is(coding, "br")) return std::make_unique<Brotli>();
  if (is(coding, "zstd")) return std::make_unique<Zstd>();
  return nullptr;
}

}  // namespace moongate
