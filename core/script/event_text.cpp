#include "script/event_text.h"

namespace moongate {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// The next line without its end, and the end. False: the text is used up.
bool take_line(std::string_view& text, std::string_view& line, std::string_view& end) {
  if (text.empty()) return false;
  const std::size_t at = text.find_first_of("\r\n");
  if (at == std::string_view::npos) {
    line = text;
    end = {};
    text = {};
    return true;
  }
  line = text.substr(0, at);
  const std::size_t length = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
  end = text.substr(at, length);
  text.remove_prefix(at + length);
  return true;
}

// Whether the line is "name: value" or "name:value"; value without its first space.
bool field_of(std::string_view line, std::string_view name, std::string_view& value) {
  if (!line.starts_with(name)) return false;
  line.remove_prefix(name.size());
  if (line.empty()) {
    value = {};
    return true;
  }
  if (line.front() != ':') return false;
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  value = line;
  return true;
}

}  // namespace

bool is_sse_event(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos || (text[first] != '{' && text[first] != '[');
}

std::string_view event_name(std::string_view text) {
  std::string_view line, end, value, name;
  if (!is_sse_event(text)) return {};
  while (take_line(text, line, end)) {
    if (field_of(line, "event", value)) name = value;  // the last one counts
  }
  return name;
}

std::string event_data(std::string_view text) {
  std::string data;
  if (!is_sse_event(text)) {
    const std::size_t first = text.find_first_not_of(kSpace);
    const std::size_t last = text.find_last_not_of(kSpace);
    return std::string(text.substr(first, last - first + 1));
  }
  std::string_view line, end, value;
  bool more = false;
  while (take_line(text, line, end)) {
    if (!field_of(line, "data", value)) continue;
    if (more) data += '\n';
    more = true;
    data += value;
  }
  return data;
}

void set_event_data(std::string& text, std::string_view data) {
  if (!is_sse_event(text)) {
    const std::size_t first = text.find_first_not_of(kSpace);
    const std::size_t last = text.find_last_not_of(kSpace);
    text.replace(first, last - first + 1, data);
    return;
  }
  std::string out;
  std::string_view rest = text;
  std::string_view line, end, value;
  std::string_view line_end = text.find("\r\n") != std::string::npos ? "\r\n" : "\n";
  bool placed = false;
  auto place = [&] {
    placed = true;
    std::string_view left = data;
    std::string_view part, part_end;
    if (left.empty()) out.append("data:").append(line_end);
    while (take_line(left, part, part_end)) out.append("data: ").append(part).append(line_end);
  };
  while (take_line(rest, line, end)) {
    if (field_of(line, "data", value)) {
      if (!placed) place();
      continue;
    }
    if (line.empty() && !placed) place();  // an event without data gets some
    out.append(line).append(end);
  }
  if (!placed) place();
  text = std::move(out);
}

}  // namespace moongate
