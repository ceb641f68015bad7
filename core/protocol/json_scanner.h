// Reads chosen top-level fields of a JSON text as it flows by, in pieces of any size, without keeping it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "protocol/byte_scan.h"
#include "protocol/nest_walk.h"
#include "protocol/short_string.h"

namespace moongate {

// Feeds on the bytes of one JSON document and captures the raw text of the values of chosen keys of the
// outermost object (or, in array mode, of each object of the outermost array). Everything else is skipped at
// memory speed. State is a few dozen bytes besides the captures; nothing is allocated while nothing is
// captured. A key is recognised however it is spelled ("mod\u0065l" is "model": the parser upstream sees it
// so too). Not a validator: it finds structure (strings, nesting, the commas and colons of the level that it
// reads keys from) and reports broken structure, not broken numbers. A document that is no object (or array
// of anything, in array mode) is broken structure.
class JsonScanner {
 public:
  static constexpr std::size_t kMaxWanted = 4;
  static constexpr unsigned kMaxDepth = 512;

  enum class Shape : std::uint8_t { kObject, kArrayOfObjects };  // kArrayOfObjects accepts a lone object too
  enum class State : std::uint8_t { kMore, kDone, kBroken };

  struct Capture {
    std::string raw;  // the value as sent: quotes, braces and all; the last one seen for repeated keys
    std::uint64_t key_begin = 0;  // byte offsets into the document: of the key's opening quote,
    std::uint64_t begin = 0;      //   of the value's first byte,
    std::uint64_t end = 0;        //   and past its last
    std::uint32_t count =
        0;                   // how often the key occurred with a complete value (summed over objects in array
                             // mode). Parsers differ in which of two they believe: refuse more than one
    bool truncated = false;  // the value was longer than max_capture; raw holds its beginning
  };

  // `keys`: up to kMaxWanted names of at most ShortString::kCapacity bytes, which must outlive the scanner
  // (literals).
  JsonScanner(std::initializer_list<std::string_view> keys, std::size_t max_capture_bytes,
              Shape shape = Shape::kObject);

  // Takes the next bytes. kDone: the document ended within them (trailing whitespace is eaten; anything else
  // after the end is kBroken). kBroken is final: unbalanced or deeper than kMaxDepth, a control byte in a
  // string.
  State feed(std::string_view bytes);
  State state() const {
    return place_ == Place::kDone ? State::kDone : place_ == Place::kBroken ? State::kBroken : State::kMore;
  }
  std::uint64_t consumed() const {
    return consumed_;
  }  // bytes taken so far; kBroken: where the offending byte lies
  // Valid for key_index below the number of keys. While its value is still arriving, `raw` holds its
  // beginning.
  const Capture& capture(std::size_t key_index) const { return captures_[key_index]; }
  // A complete value was seen.
  bool seen(std::size_t key_index) const { return captures_[key_index].count != 0; }
  // Ready for the next document (the next SSE event's data).
  void reset();

 private:
  // What the next byte has to be.
  enum class Place : std::uint8_t {
    kStart,
    kFirstElement,  // after '[' of the outermost array
    kElement,       // after ',' in it
    kFirstKey,      // after '{' of an object whose keys are read
    kNextKey,       // after ',' in it
    kInKey,
    kColon,
    kValue,
    kInString,
    kInScalar,     // number, true, false, null
    kInContainer,  // inside a nested value
    kAfterValue,
    kDone,
    kBroken,
  };
  struct Input {
    const char* p;
    const char* end;
    const char* begin;
    const char* mark;  // where the part of the captured value that lies in this piece begins
  };

  void step(Input& in);
  void begin_document(Input& in);
  void begin_key(Input& in);
  void read_key(Input& in);
  void match_key(std::string_view name);
  void begin_value(Input& in);
  void skip_string(Input& in);
  void skip_scalar(Input& in);
  void skip_container(Input& in);
  void after_value(Input& in);
  void end_value(Input& in);
  void keep(const char* from, const char* to);
  bool push(char open);
  bool pop(char close);
  bool top_is_object() const;
  bool next_token(Input& in) const;
  std::uint64_t offset(const Input& in) const {
    return consumed_ + static_cast<std::uint64_t>(in.p - in.begin);
  }

  std::array<std::string_view, kMaxWanted> keys_;
  std::array<Capture, kMaxWanted> captures_;
  std::size_t max_capture_;
  std::uint64_t consumed_ = 0;  // at the beginning of the piece being taken
  std::uint64_t key_begin_ = 0;
  std::array<std::uint64_t, kMaxDepth / 64> nesting_{};  // a bit a level: 1 object, 0 array
  ShortString key_;                                      // a key that is cut or has escapes
  byte_scan::StringWalk walk_;
  byte_scan::NestWalk nest_;
  std::uint16_t depth_ = 0;
  std::uint16_t level_ = 0;  // depth around the nested value being skipped
  std::uint8_t key_count_ = 0;
  std::int8_t wanted_ = -1;  // the key whose value comes, or is being read
  Shape shape_;
  Place place_ = Place::kStart;
  bool capturing_ = false;
};

// The text of a captured JSON string ("…" with escapes) as UTF-8. False: not a string, or a bad escape.
bool decode_json_string(std::string_view raw, std::string& out);
// A captured non-negative integer. False: not one, or above 2^63-1.
bool decode_json_uint(std::string_view raw, std::uint64_t& out);

}  // namespace moongate
