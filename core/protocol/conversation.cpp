#include "protocol/conversation.h"

#include <functional>

#include "protocol/json_cursor.h"
#include "protocol/json_scanner.h"
#include "protocol/query_params.h"

namespace moongate {
namespace {

using namespace json_cursor;

constexpr std::string_view kMark = "\"cache_control\"";
constexpr std::size_t kLongestName = 512;
constexpr std::size_t kLongestUser = 1024;
constexpr std::string_view kFolders[] = {"cachedContents", "files", "operations", "batches"};

void mix(std::uint64_t& hash, std::string_view text) {
  hash = hash * 0x9E3779B97F4A7C15u + std::hash<std::string_view>()(text);
}

// The text without its cache marks: they move from turn to turn.
void mix_unmarked(std::uint64_t& hash, std::string_view text) {
  std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return mix(hash, text);
  std::string kept;
  kept.reserve(text.size());
  for (; mark != std::string_view::npos; mark = text.find(kMark)) {
    std::size_t before = mark;
    while (before > 0 && (byte_scan::is_json_space(text[before - 1]) || text[before - 1] == ',')) --before;
    kept += text.substr(0, before);
    const std::size_t colon = skip_space(text, mark + kMark.size());
    const std::size_t value = colon < text.size() && text[colon] == ':' ? skip_space(text, colon + 1) : kNone;
    const std::size_t end = value == kNone ? kNone : skip_value(text, value);
    if (end == kNone) return mix(hash, kept);
    text.remove_prefix(end);
  }
  kept += text;
  mix(hash, kept);
}

std::string_view first_user_message(std::string_view messages) {
  std::string_view found;
  for_each_element(messages, 0, [&](std::size_t begin, std::size_t end) {
    const std::string_view each = messages.substr(begin, end - begin);
    if (member(each, 0, "role") != "\"user\"") return true;
    found = each;
    return false;
  });
  return found;
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// The run of name characters at the front.
std::string_view leading_name(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && n < kLongestName && is_name_char(text[n])) ++n;
  return text.substr(0, n);
}

std::string joined(std::string_view folder, std::string_view name) {
  if (name.empty()) return {};
  std::string out(folder);
  out += '/';
  return out += name;
}

// "…/folder/name" anywhere in the text, the folder being a whole segment.
std::string resource_after(std::string_view text, std::string_view folder) {
  for (std::size_t at = text.find(folder); at != std::string_view::npos; at = text.find(folder, at + 1)) {
    const bool whole = at == 0 || !is_name_char(text[at - 1]);
    if (!whole || at + folder.size() >= text.size() || text[at + folder.size()] != '/') continue;
    const std::string_view name = leading_name(text.substr(at + folder.size() + 1));
    if (!name.empty()) return joined(folder, name);
  }
  return {};
}

}  // namespace

ConversationMarks read_conversation(std::string_view body) {
  ConversationMarks marks;
  marks.cached = body.find(kMark) != std::string_view::npos;
  const bool names_user = body.find("\"user_id\"") != std::string_view::npos;
  if (!marks.cached && !names_user) return marks;
  JsonScanner scanner({"system", "tools", "messages", "metadata"}, kLongestUser);
  scanner.feed(body);
  const auto span = [&](std::size_t key) {
    const JsonScanner::Capture& found = scanner.capture(key);
    return found.count == 0 ? std::string_view() : body.substr(found.begin, found.end - found.begin);
  };
  const std::string_view user = member(span(3), 0, "user_id");
  if (user.size() > 2 && user.front() == '"' && user.size() <= kLongestUser) marks.user = user;
  if (!marks.cached) return marks;
  marks.one_hour = body.find("\"1h\"") != std::string_view::npos;
  mix_unmarked(marks.prefix, span(0));
  mix_unmarked(marks.prefix, span(1));
  mix_unmarked(marks.prefix, first_user_message(span(2)));
  return marks;
}

std::string resource_of_target(const ApiTarget& target) {
  switch (target.operation) {
    case Operation::kFiles: {
      std::string upload;
      for_each_param(target.query, [&](std::string_view, std::string_view name, std::string_view value) {
        if (upload.empty() && param_name_is(name, "upload_id")) upload = joined("uploads", value.substr(0, kLongestName));
      });
      return upload.empty() ? resource_after(target.path, "files") : upload;
    }
    case Operation::kBatches: return resource_after(target.path, "batches");
    case Operation::kCachedContents: return resource_after(target.path, "cachedContents");
    case Operation::kFetchOperation: return resource_after(target.path, "operations");
    default: return {};
  }
}

std::string resource_of_name(std::string_view name) {
  if (name.starts_with("file_")) return joined("files", leading_name(name));
  if (name.starts_with("msgbatch_")) return joined("batches", leading_name(name));
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return {};
  const std::size_t before = name.rfind('/', slash - 1);
  const std::string_view folder = name.substr(before == std::string_view::npos ? 0 : before + 1,
                                              slash - (before == std::string_view::npos ? 0 : before + 1));
  for (const std::string_view known : kFolders) {
    if (folder == known) return joined(known, leading_name(name.substr(slash + 1)));
  }
  return {};
}

std::string resource_in_body(Operation operation, std::string_view body) {
  const auto behind = [body](std::string_view key, std::string_view folder) {
    const std::size_t at = body.find(key);
    return at == std::string_view::npos ? std::string() : resource_after(body.substr(at + key.size(), kLongestName), folder);
  };
  if (operation == Operation::kFetchOperation) return behind("\"operationName\"", "operations");
  for (const std::string_view key : {"\"cachedContent\"", "\"cached_content\""}) {
    if (std::string found = behind(key, "cachedContents"); !found.empty()) return found;
  }
  for (const std::string_view key : {"\"fileUri\"", "\"file_uri\""}) {
    if (std::string found = behind(key, "files"); !found.empty()) return found;
  }
  static constexpr std::string_view kFileId = "\"file_id\"";
  if (std::size_t at = body.find(kFileId); at != std::string_view::npos) {
    at = skip_space(body, at + kFileId.size());
    if (at < body.size() && body[at] == ':') at = skip_space(body, at + 1);
    if (at < body.size() && body[at] == '"') return joined("files", leading_name(body.substr(at + 1)));
  }
  return {};
}

std::string resource_of_upload_url(std::string_view url) {
  const std::size_t question = url.find('?');
  std::string found;
  if (question == std::string_view::npos) return found;
  for_each_param(url.substr(question + 1), [&](std::string_view, std::string_view name, std::string_view value) {
    if (found.empty() && param_name_is(name, "upload_id")) found = joined("uploads", value.substr(0, kLongestName));
  });
  return found;
}

}  // namespace moongate
