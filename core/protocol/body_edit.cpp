#include "protocol/body_edit.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"

namespace moongate {
namespace {

constexpr std::string_view kHeaderVersion = "2023-06-01";
constexpr std::string_view kVertexVersion = "vertex-2023-10-16";

Error invalid(std::string text) { return {ErrorKind::kInvalid, std::move(text), ErrorSource::kClient}; }

std::size_t skip_space(std::string_view body, std::size_t at) {
  while (at < body.size() && byte_scan::is_json_space(body[at])) ++at;
  return at;
}

// Where the last byte before `at` that is no whitespace lies.
std::size_t before_space(std::string_view body, std::size_t at) {
  do --at;
  while (byte_scan::is_json_space(body[at]));
  return at;
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

// What to cut so that the members in `run` (neighbours, in order) go and the commas stay right.
Span cut_of(std::string_view body, Span run) {
  const std::size_t after = skip_space(body, run.end);
  if (body[after] == ',') return {run.begin, skip_space(body, after + 1)};
  const std::size_t before = before_space(body, run.begin);
  if (body[before] == ',') return {before, run.end};
  return run;
}

// The removed members as runs of neighbours: cut one by one, two last members would both claim one comma.
std::size_t join_neighbours(std::string_view body, std::span<Span> members) {
  std::sort(members.begin(), members.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::size_t runs = 0;
  for (const Span& member : members) {
    if (runs != 0) {
      const std::size_t comma = skip_space(body, members[runs - 1].end);
      if (body[comma] == ',' && skip_space(body, comma + 1) == member.begin) {
        members[runs - 1].end = member.end;
        continue;
      }
    }
    members[runs++] = member;
  }
  return runs;
}

}  // namespace

std::ptrdiff_t BodyEdits::growth() const {
  std::ptrdiff_t sum = 0;
  for (const BodyEdit& edit : edits()) {
    sum += static_cast<std::ptrdiff_t>(edit.insert.size()) - static_cast<std::ptrdiff_t>(edit.remove);
  }
  return sum;
}

std::string BodyEdits::apply(std::string_view body) const {
  std::string out;
  out.reserve(body.size() + static_cast<std::size_t>(std::max<std::ptrdiff_t>(growth(), 0)));
  std::size_t at = 0;
  for (const BodyEdit& edit : edits()) {
    out += body.substr(at, edit.offset - at);
    out += edit.insert;
    at = edit.offset + edit.remove;
  }
  return out += body.substr(at);
}

void BodyEdits::add(std::size_t offset, std::size_t remove, std::string_view insert) {
  if (count_ != 0 && edits_[count_ - 1].offset + edits_[count_ - 1].remove == offset) {
    edits_[count_ - 1].remove += remove;
    edits_[count_ - 1].insert += insert;
    return;
  }
  assert(count_ < kMax);
  edits_[count_++] = {offset, remove, std::string(insert)};
}

Result<BodyEdits> edit_body(std::string_view body, std::span<const MemberChange> changes) {
  assert(changes.size() <= JsonScanner::kMaxWanted);
  const auto key = [&](std::size_t i) { return i < changes.size() ? changes[i].key : std::string_view(); };
  JsonScanner scanner({key(0), key(1), key(2), key(3)}, 0);
  if (scanner.feed(body) != JsonScanner::State::kDone) {
    if (scanner.state() == JsonScanner::State::kMore)
      return invalid("The request body is a JSON object cut short");
    return invalid("The request body is not a JSON object; it breaks at byte " +
                   std::to_string(scanner.consumed()));
  }

  const std::size_t brace = skip_space(body, 0);
  std::string added;
  std::array<Span, JsonScanner::kMaxWanted> gone{};
  std::array<const MemberChange*, JsonScanner::kMaxWanted> set_there{};
  std::size_t gone_count = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const MemberChange& change = changes[i];
    const JsonScanner::Capture& found = scanner.capture(i);
    if (found.count > 1)
      return invalid("The request body has \"" + std::string(change.key) + "\" more than once");
    if (found.count == 0) {
      if (change.action == MemberChange::Action::kRemove) continue;
      if (!added.empty()) added += ',';
      added += json_quoted(change.key);
      added += ':';
      added += change.value;
    } else if (change.action == MemberChange::Action::kRemove) {
      gone[gone_count++] = {static_cast<std::size_t>(found.key_begin), static_cast<std::size_t>(found.end)};
    } else if (change.action == MemberChange::Action::kSet) {
      set_there[i] = &change;
    }
  }
  const std::span<Span> runs(gone.data(), join_neighbours(body, {gone.data(), gone_count}));

  // An added member goes first, with a comma unless nothing else is left.
  const std::size_t first = skip_space(body, brace + 1);
  const bool all_gone =
      runs.size() == 1 && runs[0].begin == first && body[skip_space(body, runs[0].end)] == '}';
  if (!added.empty() && body[first] != '}' && !all_gone) added += ',';

  struct Planned {
    std::size_t offset, remove;
    std::string_view insert;
  };
  std::array<Planned, BodyEdits::kMax> plan{};
  std::size_t planned = 0;
  if (!added.empty()) plan[planned++] = {brace + 1, 0, added};
  for (const Span& run : runs) {
    const Span cut = cut_of(body, run);
    plan[planned++] = {cut.begin, cut.end - cut.begin, {}};
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (set_there[i] == nullptr) continue;
    const JsonScanner::Capture& found = scanner.capture(i);
    plan[planned++] = {static_cast<std::size_t>(found.begin),
                       static_cast<std::size_t>(found.end - found.begin), set_there[i]->value};
  }
  std::sort(plan.begin(), plan.begin() + static_cast<std::ptrdiff_t>(planned),
            [](const Planned& a, const Planned& b) {
              return a.offset != b.offset ? a.offset < b.offset : a.remove < b.remove;  // an insertion first
            });
  BodyEdits edits;
  for (std::size_t i = 0; i < planned; ++i) edits.add(plan[i].offset, plan[i].remove, plan[i].insert);
  return edits;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out += '"';
}

Result<BodyEdits> claude_body_for_vertex(std::string_view body, bool count_tokens, std::string_view model,
                                         std::string_view anthropic_version) {
  const std::string quoted_model = json_quoted(model);
  const std::string quoted_version = json_quoted(anthropic_version);
  const auto model_action = count_tokens ? MemberChange::Action::kSet : MemberChange::Action::kRemove;
  const MemberChange changes[] = {{"model", model_action, quoted_model},
                                  {"anthropic_version", MemberChange::Action::kAddIfAbsent, quoted_version}};
  return edit_body(body, changes);
}

Result<BodyEdits> claude_body_for_anthropic(std::string_view body, std::string_view model, bool stream) {
  const std::string quoted_model = json_quoted(model);
  const MemberChange changes[] = {{"model", MemberChange::Action::kSet, quoted_model},
                                  {"anthropic_version", MemberChange::Action::kRemove, {}},
                                  {"stream", MemberChange::Action::kAddIfAbsent, "true"}};
  return edit_body(body, std::span(changes).first(stream ? 3 : 2));
}

std::string_view vertex_version_of(std::string_view anthropic_header) {
  return anthropic_header.empty() || anthropic_header == kHeaderVersion ? kVertexVersion : anthropic_header;
}

std::string_view anthropic_version_of(std::string_view vertex_body_value) {
  return vertex_body_value.empty() || vertex_body_value.starts_with("vertex-") ? kHeaderVersion
                                                                               : vertex_body_value;
}

}  // namespace moongate
