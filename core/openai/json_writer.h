// Writes JSON into a string, without a tree of it in between.
#pragma once

#include <boost/json/value.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace moongate::openai {

// The caller sees to the order: names only in objects, each followed by one value.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& object() { return open('{'); }
  JsonWriter& array() { return open('['); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& name(std::string_view text);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(double number);  // the shortest text that gives the same number; what JSON has no text for is null
  JsonWriter& value(std::integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    return raw(std::to_string(number));
  }
  JsonWriter& value(std::nullptr_t) { return raw("null"); }
  JsonWriter& value(const boost::json::value& tree);
  JsonWriter& value(const boost::json::object& tree);
  // A JSON text that is known to be one.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& member(std::string_view text, const T& v) {
    name(text);
    return value(v);
  }
  JsonWriter& member_raw(std::string_view text, std::string_view json) {
    name(text);
    return raw(json);
  }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;
};

// A tree as compact JSON text.
std::string json_text(const boost::json::value& tree);

}  // namespace moongate::openai
