#include "protocol/thinking_strip.h"

#include <algorithm>
#include <vector>

#include "protocol/json_cursor.h"

namespace moongate {
namespace {

using namespace json_cursor;

struct Span {
  std::size_t begin;
  std::size_t end;
};

struct Elements {
  std::vector<Span> all;
  std::vector<bool> gone;
  bool any_gone = false;
  bool all_gone = false;

  bool read(std::string_view body, std::size_t at) {
    return for_each_element(body, at, [&](std::size_t begin, std::size_t end) {
      all.push_back({begin, end});
      gone.push_back(false);
      return true;
    });
  }
  void drop(std::size_t i) { gone[i] = any_gone = true; }
  void finish() {
    all_gone = any_gone;
    for (const bool each : gone) all_gone = all_gone && each;
  }
  // The cuts that remove what is gone, commas included. Precondition: not all_gone.
  void cut(std::vector<Span>& cuts) const {
    bool kept_before = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!gone[i]) {
        kept_before = true;
        continue;
      }
      // With one kept before: its end to this one's end; else this one's begin to the next one's.
      if (kept_before) cuts.push_back({all[i - 1].end, all[i].end});
      else cuts.push_back({all[i].begin, all[i + 1].begin});
    }
  }
};

bool is_thinking(std::string_view block) {
  const std::string_view type = member(block, 0, "type");
  return type == "\"thinking\"" || type == "\"redacted_thinking\"";
}

}  // namespace

std::optional<std::string> strip_thinking(std::string_view body) {
  const std::string_view list = member(body, skip_space(body, 0), "messages");
  if (list.empty()) return std::nullopt;
  Elements messages;
  if (!messages.read(body, static_cast<std::size_t>(list.data() - body.data()))) return std::nullopt;
  std::vector<std::vector<Span>> inner(messages.all.size());
  bool any = false;
  for (std::size_t i = 0; i < messages.all.size(); ++i) {
    const std::string_view content = member(body, messages.all[i].begin, "content");
    if (content.empty() || content.front() != '[') continue;
    Elements blocks;
    if (!blocks.read(body, static_cast<std::size_t>(content.data() - body.data()))) return std::nullopt;
    for (std::size_t k = 0; k < blocks.all.size(); ++k) {
      if (is_thinking(body.substr(blocks.all[k].begin, blocks.all[k].end - blocks.all[k].begin))) blocks.drop(k);
    }
    blocks.finish();
    any = any || blocks.any_gone;
    if (blocks.all_gone) messages.drop(i);
    else blocks.cut(inner[i]);
  }
  messages.finish();
  if (!any || messages.all_gone) return std::nullopt;

  std::vector<Span> cuts;
  messages.cut(cuts);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (!messages.gone[i]) cuts.insert(cuts.end(), inner[i].begin(), inner[i].end());
  }
  std::sort(cuts.begin(), cuts.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });

  std::string out;
  out.reserve(body.size());
  std::size_t at = 0;
  for (const Span& cut : cuts) {
    out += body.substr(at, cut.begin - at);
    at = cut.end;
  }
  return out += body.substr(at);
}

}  // namespace moongate
