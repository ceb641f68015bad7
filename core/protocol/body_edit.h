// Changes to single members of a JSON request body that leave every other byte as it was: unknown fields,
// their order, whitespace and number spelling reach the upstream untouched.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/json_scanner.h"

namespace moongate {

// What is to become of one top-level member.
struct MemberChange {
  enum class Action : std::uint8_t {
    kRemove,       // nothing happens when it is not there
    kSet,          // its value replaced where it stands; put first when it is not there
    kAddIfAbsent,  // put first when it is not there
  };
  std::string_view key;  // plain text without escapes
  Action action = Action::kRemove;
  std::string_view value;  // JSON text: json_quoted("x"), "true"
};

// Replaces `remove` bytes at `offset` of the original by `insert`. Edits are in order and do not overlap.
struct BodyEdit {
  std::size_t offset = 0;
  std::size_t remove = 0;
  std::string insert;
};

class BodyEdits {
 public:
  static constexpr std::size_t kMax = JsonScanner::kMaxWanted + 1;

  std::span<const BodyEdit> edits() const { return {edits_.data(), count_}; }
  bool empty() const { return count_ == 0; }
  // How much longer (or, negative, shorter) the body becomes.
  std::ptrdiff_t growth() const;
  // The whole new body, for what holds it in one piece anyway.
  std::string apply(std::string_view body) const;

  // Keeps the order; an edit that begins where the last one ends is made one with it.
  void add(std::size_t offset, std::size_t remove, std::string_view insert);

 private:
  std::array<BodyEdit, kMax> edits_;
  std::size_t count_ = 0;
};

// The edits that bring the changes about. At most JsonScanner::kMaxWanted changes, each of another key. Keys
// are found however they are spelled. kInvalid, with a message for the caller: the body is no complete JSON
// object, or has a key to be changed twice (which of the two an upstream would believe is unknown).
Result<BodyEdits> edit_body(std::string_view body, std::span<const MemberChange> changes);

// `text` as a JSON string, quotes included.
std::string json_quoted(std::string_view text);

// The two conversions between Anthropic Messages and Claude on Vertex.
// To Vertex: "model" goes (the path has it) unless count_tokens is asked, where it is set to `model`;
// "anthropic_version" is added when absent.
Result<BodyEdits> claude_body_for_vertex(std::string_view body, bool count_tokens, std::string_view model,
                                         std::string_view anthropic_version);
// To Anthropic: "model" is set, "anthropic_version" (a header there) goes. `stream`: the caller asked for a
// stream by its path; "stream": true is added when the body says nothing.
Result<BodyEdits> claude_body_for_anthropic(std::string_view body, std::string_view model, bool stream);

// Versions as the two services write them. The header "2023-06-01" (or none) is "vertex-2023-10-16" in a
// Vertex body; a later version has one spelling in both places. And back.
std::string_view vertex_version_of(std::string_view anthropic_header);
std::string_view anthropic_version_of(std::string_view vertex_body_value);

}  // namespace moongate
