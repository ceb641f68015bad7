// Reads chosen top-level fields of a JSON text as it flows by, in pieces of any size, without keeping it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moongate {

// Feeds on the bytes of one JSON document and captures the raw text of the values of chosen keys of the
// outermost object (or, in array mode, of each object of the outermost array). Everything else is skipped at
// memory speed. State is a few dozen bytes besides the captures; nothing is allocated while nothing is captured.
// Not a validator: it finds structure (strings, nesting) and reports broken structure, not broken numbers.
class JsonScanner {
 public:
  static constexpr std::size_t kMaxWanted = 4;
  static constexpr unsigned kMaxDepth = 512;

  enum class Shape : std::uint8_t { kObject, kArrayOfObjects };  // kArrayOfObjects accepts a lone object too
  enum class State : std::uint8_t { kMore, kDone, kBroken };

  struct Capture {
    std::string raw;             // the value as sent: quotes, braces and all; the last one seen for repeated keys
    std::uint64_t key_begin = 0; // byte offsets into the document: of the key's opening quote,
    std::uint64_t begin = 0;     //   of the value's first byte,
    std::uint64_t end = 0;       //   and past its last
    std::uint32_t count = 0;     // how often the key occurred (in its object; summed over objects in array mode)
    bool truncated = false;      // the value was longer than max_capture; raw holds its beginning
  };

  // `keys`: up to kMaxWanted names, which must outlive the scanner (literals).
  JsonScanner(std::initializer_list<std::string_view> keys, std::size_t max_capture_bytes,
              Shape shape = Shape::kObject);

  // Takes the next bytes. kDone: the document ended within them (trailing whitespace is eaten; anything else
  // after the end is kBroken). kBroken is final: unbalanced or deeper than kMaxDepth, a control byte in a string.
  State feed(std::string_view bytes);
  State state() const;
  std::uint64_t consumed() const;       // bytes taken so far
  const Capture& capture(std::size_t key_index) const;
  bool seen(std::size_t key_index) const;
  // Ready for the next document (the next SSE event's data).
  void reset();

 private:
  // implementation's
};

// The text of a captured JSON string ("…" with escapes) as UTF-8. False: not a string, or a bad escape.
bool decode_json_string(std::string_view raw, std::string& out);
// A captured non-negative integer. False: not one, or above 2^63-1.
bool decode_json_uint(std::string_view raw, std::uint64_t& out);

}  // namespace moongate
