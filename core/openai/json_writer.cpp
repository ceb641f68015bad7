#include "openai/json_writer.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>

#include "base/log.h"

namespace moongate::openai {

JsonWriter& JsonWriter::open(char c) {
  separate();
  out_ += c;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char c) {
  out_ += c;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::name(std::string_view text) {
  value(text);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  out_ += '"';
  append_json_escaped(out_, text);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return raw("null");
  char text[40];
  const auto written = std::to_chars(text, text + sizeof text, number);
  return raw({text, static_cast<std::size_t>(written.ptr - text)});
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

// As deep as the document that it comes from: JsonDocument::kMaxDepth.
JsonWriter& JsonWriter::value(const boost::json::value& tree) {
  switch (tree.kind()) {
    case boost::json::kind::null:
      return value(nullptr);
    case boost::json::kind::bool_:
      return value(tree.get_bool());
    case boost::json::kind::int64:
      return value(tree.get_int64());
    case boost::json::kind::uint64:
      return value(tree.get_uint64());
    case boost::json::kind::double_:
      return value(tree.get_double());
    case boost::json::kind::string:
      return value(std::string_view(tree.get_string()));
    case boost::json::kind::array:
      array();
      for (const boost::json::value& each : tree.get_array()) value(each);
      return end_array();
    case boost::json::kind::object:
      return value(tree.get_object());
  }
  return *this;
}

JsonWriter& JsonWriter::value(const boost::json::object& tree) {
  object();
  for (const auto& each : tree) {
    name(each.key());
    value(each.value());
  }
  return end_object();
}

std::string json_text(const boost::json::value& tree) {
  std::string out;
  JsonWriter(out).value(tree);
  return out;
}

}  // namespace moongate::openai
