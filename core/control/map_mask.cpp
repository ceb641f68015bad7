#include "control/map_mask.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "config/json_tree.h"
#include "control/map_secrets.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

constexpr std::string_view kBeginning = "***…";
constexpr std::size_t kDigestDigits = 16;
constexpr std::size_t kLongEnough = 24;  // as Secret::masked() has it

std::vector<SecretPlace> places_in(std::string_view text) {
  JsonNode root;
  return parse_json(text, root) ? secret_places_of_broken(text) : secret_places(root);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The digest that a mask carries; empty: it is none.
std::string_view digest_in(std::string_view text) {
  if (!text.starts_with(kBeginning)) return {};
  const std::size_t mark = text.rfind('#');
  if (mark == text.npos || text.size() - mark - 1 != kDigestDigits) return {};
  return text.substr(mark + 1);
}

// How far a text has been gone through, with line and column as position_of() counts them.
struct Cursor {
  std::size_t offset = 0;
  int line = 1, column = 1;

  void pass(std::string_view text) {
    offset += text.size();
    const std::size_t last_line = text.rfind('\n');
    line += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    if (last_line != text.npos) column = 1;
    column += static_cast<int>(characters(last_line == text.npos ? text : text.substr(last_line + 1)));
  }
};

struct FoundMask {
  const JsonNode* node = nullptr;
  std::string path;
};

void find_masks(const JsonNode& node, const std::string& path, std::vector<FoundMask>& found) {
  if (node.type == JsonNode::Type::kString && node.text.starts_with(kBeginning)) found.push_back({&node, path});
  for (std::size_t i = 0; i < node.items.size(); ++i) find_masks(node.items[i], json_path(path, i), found);
  for (const JsonMember& member : node.members) find_masks(member.value, json_path(path, member.key), found);
}

}  // namespace

std::string MapMask::mask_of(std::string_view raw) const {
  std::string end;
  std::string_view inner = raw;
  if (inner.starts_with('"')) inner.remove_prefix(1);
  if (inner.ends_with('"')) inner.remove_suffix(1);
  if (inner.size() >= kLongEnough) end = inner.substr(inner.size() - 4);
  const bool plain = std::all_of(end.begin(), end.end(), [](char c) { return c > ' ' && c < 0x7F && c != '\\' && c != '"' && c != '#'; });
  return std::string(kBeginning) + (plain ? end : "") + "#" +
         hex_encode(hmac_sha256(key_, "secret of the map\n" + std::string(raw))).substr(0, kDigestDigits);
}

std::string MapMask::mask(std::string_view text) const {
  std::string out;
  std::size_t from = 0;
  for (const SecretPlace& place : places_in(text)) {
    out.append(text.substr(from, place.begin - from)).append("\"");
    out.append(mask_of(text.substr(place.begin, place.end - place.begin))).append("\"");
    from = place.end;
  }
  return out.append(text.substr(from));
}

MapMask::Restored MapMask::restore(std::string_view edited, std::string_view original) const {
  Restored restored;
  JsonNode root;
  std::vector<FoundMask> masks;
  std::vector<SecretPlace> places;
  if (!parse_json(edited, root)) {  // what is no JSON is refused by whoever reads the map
    find_masks(root, "$", masks);
    places = secret_places(root);
  }
  std::unordered_set<std::size_t> allowed;
  for (const SecretPlace& place : places) allowed.insert(place.begin);
  std::unordered_map<std::string, std::string_view> secrets;
  if (!masks.empty()) {
    for (const SecretPlace& place : places_in(original)) {
      const std::string_view raw = original.substr(place.begin, place.end - place.begin);
      secrets.emplace(digest_in(mask_of(raw)), raw);
    }
  }
  Cursor shown, real;
  for (const FoundMask& mask : masks) {
    const std::size_t begin = mask.node->begin, end = mask.node->end;
    const std::string_view between = edited.substr(shown.offset, begin - shown.offset);
    shown.pass(between);
    real.pass(between);
    restored.text.append(between);
    const std::string_view mask_text = edited.substr(begin, end - begin);
    const bool may = allowed.contains(begin);
    const auto secret = secrets.find(std::string(digest_in(mask.node->text)));
    if (!may || secret == secrets.end()) {
      restored.problems.push_back(
          {"", shown.line, shown.column, mask.path,
           may ? "is a mask that stands for no secret of the present map; write the secret itself"
               : "is the mask of a secret, and only a secret may stand there; write what belongs here",
           false});
      continue;
    }
    restored.edits.push_back({real.line, real.column, static_cast<int>(characters(mask_text)),
                              static_cast<int>(characters(secret->second))});
    shown.pass(mask_text);
    real.pass(secret->second);
    restored.text.append(secret->second);
  }
  restored.text.append(edited.substr(shown.offset));
  return restored;
}

int MapMask::Restored::shown_column(int line, int column) const {
  int shift = 0;
  for (const Edit& edit : edits) {
    if (edit.line != line || column <= edit.column) continue;
    if (column < edit.column + edit.real) return edit.column + shift;  // inside the secret
    shift += edit.shown - edit.real;
  }
  return column + shift;
}

std::string MapMask::etag(std::string_view text) const {
  return hex_encode(hmac_sha256(key_, "text of the map\n" + std::string(text))).substr(0, 32);
}

}  // namespace moongate
