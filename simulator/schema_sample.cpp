#include "simulator/schema_sample.h"

#include <boost/json.hpp>
#include <string>

#include "simulator/json_members.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 16;

std::string type_of(const json::object& schema) {
  std::string type(find_string(schema, "type"));
  if (const auto* several = find_array(schema, "type"); several != nullptr && !several->empty()) {
    if (const auto* first = several->front().if_string()) type = std::string(*first);
  }
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  if (type.empty() && schema.contains("properties")) type = "object";
  return type;
}

json::value sample(const json::value& value, std::string_view name, int depth);

json::object object_sample(const json::object& schema, int depth) {
  json::object out;
  const auto* properties = find_object(schema, "properties");
  if (properties == nullptr) return out;
  const auto* required = find_array(schema, "required");
  if (required == nullptr || required->empty()) {
    for (const auto& member : *properties)
      out[member.key()] = sample(member.value(), member.key(), depth + 1);
    return out;
  }
  for (const auto& each : *required) {
    const auto* member_name = each.if_string();
    const auto* member = member_name != nullptr ? properties->if_contains(*member_name) : nullptr;
    if (member != nullptr) out[*member_name] = sample(*member, *member_name, depth + 1);
  }
  return out;
}

json::value sample(const json::value& value, std::string_view name, int depth) {
  const auto* schema = value.if_object();
  if (schema == nullptr || depth > kMaxDepth) return nullptr;
  for (const char* fixed : {"const", "default", "example"}) {
    if (const auto* found = schema->if_contains(fixed)) return *found;
  }
  if (const auto* choices = find_array(*schema, "enum"); choices != nullptr && !choices->empty()) {
    return choices->front();
  }
  for (const char* several : {"anyOf", "oneOf", "allOf"}) {
    if (const auto* forms = find_array(*schema, several); forms != nullptr && !forms->empty()) {
      return sample(forms->front(), name, depth + 1);
    }
  }
  const std::string type = type_of(*schema);
  if (type == "object") return object_sample(*schema, depth);
  if (type == "array") {
    json::array out;
    if (const auto* items = schema->if_contains("items")) out.push_back(sample(*items, name, depth + 1));
    return out;
  }
  if (type == "string") return json::value(std::string(name));
  if (type == "integer" || type == "number") return 1;
  if (type == "boolean") return true;
  return nullptr;
}

}  // namespace

json::value sample_of(const json::value& schema, std::string_view name) { return sample(schema, name, 0); }

}  // namespace moongate::sim
