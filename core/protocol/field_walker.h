// Follows a table of paths through a JSON document that arrives in pieces, and tells what lies at their ends.
// Everything off those paths is skipped at memory speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/nest_walk.h"
#include "protocol/short_string.h"

namespace moongate {

// One key of an object on the way: where its value leads. Below kFirstLeaf: an index into the table of nodes;
// from kFirstLeaf on: the name of a leaf, as the sink knows it.
struct FieldRule {
  std::string_view key;
  std::uint8_t target;
};
struct FieldNode {
  std::span<const FieldRule> rules;
  bool raw = false;  // its text is wanted as it stands, too
};
inline constexpr std::uint8_t kFirstLeaf = 0x40;
// From here on, leaves of which only the length is wanted.
inline constexpr std::uint8_t kFirstMeasured = 0x80;

// Arrays are transparent: an object in an array is taken as the array itself would be. Node 0 is the
// document.
using FieldTable = std::span<const FieldNode>;

// What a walk finds. Only non-negative integers that fit (bare or, as protobuf's JSON writes 64-bit ones, in
// quotes) and strings are reported; null, true, false and fractions are not.
class FieldSink {
 public:
  virtual void on_number(std::uint8_t leaf, std::int64_t value) = 0;
  // `value` is decoded, cut at ShortString::kCapacity. False: nothing more of this document is wanted.
  virtual bool on_text(std::uint8_t leaf, std::string_view value) = 0;
  virtual void on_enter(std::uint8_t node) = 0;  // an object on a path begins
  virtual void on_leave(std::uint8_t node) = 0;  // and ends
  // A string (what is between its quotes, escapes as sent), an object or an array came to its end.
  virtual void on_length(std::uint8_t leaf, std::uint64_t bytes) {}
  // The next part of a raw node's text, braces included. The first comes after its on_enter(), the last before its
  // on_leave(); a raw node inside a raw node is only a part of it.
  virtual void on_raw(std::string_view bytes) {}

 protected:
  ~FieldSink() = default;
};

class FieldWalker {
 public:
  // The table must outlive the walker.
  explicit FieldWalker(FieldTable table) : table_(table) {}

  void feed(std::string_view bytes, FieldSink& sink);
  // Ready for the next document, whose rules are those of node `root`.
  void reset(std::uint8_t root = 0);

  // The document that was to come has been read elsewhere, whole.
  void pass() { place_ = Place::kDone; }

  bool done() const { return place_ == Place::kDone; }         // the document is complete
  bool broken() const { return place_ == Place::kBroken; }     // it is no JSON document
  bool ignoring() const { return place_ == Place::kIgnored; }  // the sink wanted no more
  // For a document that is an array: where between its elements the bytes so far end.
  bool before_document() const { return place_ == Place::kStart; }
  bool before_first_element() const { return at_array_level() && place_ == Place::kFirstElement; }
  bool before_later_element() const { return at_array_level() && place_ == Place::kValue; }
  bool after_element() const { return at_array_level() && place_ == Place::kAfterValue; }

 private:
  enum class Place : std::uint8_t {
    kStart,
    kFirstElement,  // after '[': a value or ']'
    kValue,
    kFirstKey,
    kNextKey,
    kInKey,
    kColon,
    kInString,
    kInText,  // a string that is a leaf
    kInScalar,
    kInContainer,
    kAfterValue,
    kDone,
    kIgnored,
    kBroken,
  };
  static constexpr std::size_t kLevels = 8;  // deeper than any path; beyond, values are skipped

  void walk(const char* p, const char* end, FieldSink& sink);
  bool at_array_level() const { return depth_ == 1 && (objects_ & 1U) == 0; }
  const char* begin_value(const char* p, const char* end, FieldSink& sink);
  const char* begin_key(const char* p, const char* end);
  const char* read_key(const char* p, const char* end);
  const char* pass_colon(const char* p, const char* end);
  const char* read_string(const char* p, const char* end, FieldSink& sink);
  const char* read_scalar(const char* p, const char* end, FieldSink& sink);
  const char* skip_container(const char* p, const char* end, FieldSink& sink);
  const char* after_value(const char* p, const char* end, FieldSink& sink);
  void match_key(std::string_view name);
  void end_text(std::string_view value, FieldSink& sink);
  const char* broken(const char* p) {
    place_ = Place::kBroken;
    return p;
  }

  FieldTable table_;
  const char* raw_from_ = nullptr;  // during feed(): where the part of the raw text that lies in this piece begins
  ShortString text_;  // a key or a leaf that is cut or has escapes
  std::uint64_t number_ = 0;  // of a scalar: its value; of what is measured: the bytes so far
  std::uint32_t skip_depth_ = 0;  // levels inside a container that is being skipped
  byte_scan::StringWalk walk_;
  byte_scan::NestWalk nest_;
  std::uint16_t objects_ = 0;  // a bit a level: 1 object, 0 array
  std::uint8_t nodes_[kLevels] = {};
  std::uint8_t depth_ = 0;
  std::uint8_t root_ = 0;
  std::uint8_t raw_depth_ = 0;  // the depth inside the raw node being read; 0: none is
  std::uint8_t target_ = 0;  // where the value that comes next leads
  Place place_ = Place::kStart;
  bool integer_ = false;  // the scalar being read is one so far
};

}  // namespace moongate
