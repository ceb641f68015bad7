// Bodies as servers compress them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "meter/decoder.h"

namespace moongate {

enum class Wrapping : unsigned char { kGzip, kZlib, kRawDeflate, kBrotli, kZstd };

inline const std::vector<Wrapping> kEveryWrapping = {Wrapping::kGzip, Wrapping::kZlib, Wrapping::kRawDeflate,
                                                     Wrapping::kBrotli, Wrapping::kZstd};
const char* to_text(Wrapping wrapping);
ContentCoding coding_of(Wrapping wrapping);

// All pieces as one body; with `flush` each can be decoded as soon as its bytes are there, as servers of events do.
// The sizes of the body after each piece go to `ends`.
std::string encode(Wrapping wrapping, const std::vector<std::string>& pieces, bool flush = false,
                   std::vector<std::size_t>* ends = nullptr);
inline std::string encode(Wrapping wrapping, std::string_view text) {
  return encode(wrapping, std::vector<std::string>{std::string(text)});
}
// With a window of 2^`window_log`, larger than the default.
std::string encode_zstd_window(std::string_view text, int window_log);

}  // namespace moongate
