#include "simulator/json_text.h"

#include <boost/json.hpp>

namespace moongate::sim {
namespace {

namespace json = boost::json;

void line_break(std::string& out, JsonStyle style, int depth) {
  if (style != JsonStyle::kPretty) return;
  out += '\n';
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

void append(std::string& out, const json::value& value, JsonStyle style, int depth) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ',';
      first = false;
      line_break(out, style, depth + 1);
      out += json::serialize(json::string_view(member.key()));
      out += style == JsonStyle::kCompact ? ":" : ": ";
      append(out, member.value(), style, depth + 1);
    }
    line_break(out, style, depth);
    out += '}';
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    bool first = true;
    for (const auto& item : *array) {
      if (!first) out += ',';
      first = false;
      line_break(out, style, depth + 1);
      append(out, item, style, depth + 1);
    }
    line_break(out, style, depth);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string to_text(const json::value& value, JsonStyle style) {
  if (style == JsonStyle::kCompact) return json::serialize(value);
  std::string out;
  append(out, value, style, 0);
  return out;
}

}  // namespace moongate::sim
