#include "simulator/compressor.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>

namespace moongate::sim {
namespace {

constexpr std::size_t kStep = 16 * 1024;
constexpr int kFast = 1;

class Gzip final : public Compressor {
 public:
  Gzip() {
    constexpr int kWindowBits = 15 + 16;  // 16: with gzip's head and trailer
    constexpr int kMemoryLevel = 8;
    good_ = deflateInit2(&stream_, kFast, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Gzip() override { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::string add(std::string_view bytes) override { return run(bytes, Z_SYNC_FLUSH); }
  std::string finish() override { return run({}, Z_FINISH); }

 private:
  std::string run(std::string_view bytes, int flush) {
    std::string out;
    if (!good_) return out;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    std::array<char, kStep> room;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = kStep;
      deflate(&stream_, flush);
      out.append(room.data(), kStep - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

  z_stream stream_{};
  bool good_ = false;
};

class Brotli final : public Compressor {
 public:
  Brotli() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kFast);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, 16);
  }
  ~Brotli() override { BrotliEncoderDestroyInstance(state_); }
  Brotli(const Brotli&) = delete;
  Brotli& operator=(const Brotli&) = delete;

  std::string add(std::string_view bytes) override { return run(bytes, BROTLI_OPERATION_FLUSH); }
  std::string finish() override { return run({}, BROTLI_OPERATION_FINISH); }

 private:
  std::string run(std::string_view bytes, BrotliEncoderOperation operation) {
    std::string out;
    std::size_t in_size = bytes.size();
    const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    do {
      std::size_t out_size = 0;
      std::uint8_t* no_room = nullptr;
      if (!BrotliEncoderCompressStream(state_, operation, &in_size, &in, &out_size, &no_room, nullptr)) break;
      std::size_t made = 0;
      const std::uint8_t* bytes_made = BrotliEncoderTakeOutput(state_, &made);
      out.append(reinterpret_cast<const char*>(bytes_made), made);
    } while (in_size > 0 || BrotliEncoderHasMoreOutput(state_));
    return out;
  }

  BrotliEncoderState* state_;
};

class Zstd final : public Compressor {
 public:
  Zstd() : context_(ZSTD_createCCtx()) { ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kFast); }
  ~Zstd() override { ZSTD_freeCCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  std::string add(std::string_view bytes) override { return run(bytes, ZSTD_e_flush); }
  std::string finish() override { return run({}, ZSTD_e_end); }

 private:
  std::string run(std::string_view bytes, ZSTD_EndDirective directive) {
    std::string out;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::array<char, kStep> room;
    for (;;) {
      ZSTD_outBuffer piece{room.data(), room.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_, &piece, &in, directive);
      out.append(room.data(), piece.pos);
      if (ZSTD_isError(left) || left == 0) break;
    }
    return out;
  }

  ZSTD_CCtx* context_;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::unique_ptr<Compressor> Compressor::create(Coding coding) {
  switch (coding) {
    case Coding::kGzip:
      return std::make_unique<Gzip>();
    case Coding::kBrotli:
      return std::make_unique<Brotli>();
    case Coding::kZstd:
      return std::make_unique<Zstd>();
    case Coding::kIdentity:
      break;
  }
  return nullptr;
}

std::string_view coding_name(Coding coding) {
  switch (coding) {
    case Coding::kGzip:
      return "gzip";
    case Coding::kBrotli:
      return "br";
    case Coding::kZstd:
      return "zstd";
    case Coding::kIdentity:
      break;
  }
  return {};
}

bool accepts(std::string_view accept_encoding, Coding coding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size() : comma + 1);
    const std::size_t semicolon = item.find(';');
    const std::string_view name = trim(item.substr(0, semicolon));
    if (name != coding_name(coding) && name != "*") continue;
    const std::string_view weight =
        semicolon == std::string_view::npos ? std::string_view() : trim(item.substr(semicolon + 1));
    // "q=0", "q=0.0", "q=0.000"
    return !(weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos);
  }
  return false;
}

}  // namespace moongate::sim
