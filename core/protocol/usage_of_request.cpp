#include "protocol/usage_of_request.h"

#include <string>

#include "protocol/json_scanner.h"

namespace moongate {
namespace {

constexpr std::uint64_t kUsualSeconds = 8;
constexpr std::uint64_t kMostSeconds = 3600;
constexpr std::uint64_t kMostVideos = 100;

// `otherwise` for what is no whole number from 1 to `most`.
std::uint64_t number_in(const JsonScanner::Capture& capture, std::uint64_t most, std::uint64_t otherwise) {
  std::uint64_t value = 0;
  std::string text;
  if (capture.count == 0) return otherwise;
  const bool quoted = decode_json_string(capture.raw, text);
  if (!decode_json_uint(quoted ? std::string_view(text) : std::string_view(capture.raw), value)) return otherwise;
  return value >= 1 && value <= most ? value : otherwise;
}

}  // namespace

std::int64_t requested_video_ms(std::string_view parameters) {
  JsonScanner scanner({"durationSeconds", "sampleCount", "numberOfVideos"}, 32);
  scanner.feed(parameters);
  const std::uint64_t videos = number_in(scanner.capture(2), kMostVideos, 1);
  return static_cast<std::int64_t>(number_in(scanner.capture(0), kMostSeconds, kUsualSeconds) *
                                   number_in(scanner.capture(1), kMostVideos, videos) * 1000);
}

}  // namespace moongate
