#include "control/map_schema.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "config/map_text.h"
#include "unit/crypto/temp_directory.h"

namespace moongate {
namespace {

using boost::json::object;
using boost::json::value;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// The keys that stand in the readers' lists: ObjectReader …(node, path, "what", {"key", …}, …).
std::set<std::string> keys_of_the_reader() {
  const std::filesystem::path source = std::filesystem::path(MOONGATE_SOURCE_DIR) / "core/config";
  std::set<std::string> keys;
  for (const char* file : {"map.cpp", "map_clients.cpp", "map_accounts.cpp", "model_rule.cpp", "terms_reader.cpp"}) {
    const std::string text = text_of(source / file);
    const std::regex list("ObjectReader [a-z]+\\([^;{]*\\{([^}]*)\\}"), name("\"([a-z_]+)\"");
    for (std::sregex_iterator it(text.begin(), text.end(), list), end; it != end; ++it) {
      const std::string inner = (*it)[1];
      for (std::sregex_iterator each(inner.begin(), inner.end(), name); each != std::sregex_iterator(); ++each) keys.insert((*each)[1]);
    }
  }
  // Named by list_key().
  keys.insert({"key_filename_gemini", "key_filename_claude"});
  return keys;
}

void collect_keys(const value& schema, std::set<std::string>& keys) {
  if (!schema.is_object()) return;
  for (const auto& [name, inner] : schema.get_object()) {
    if (name == "properties") {
      for (const auto& [key, each] : inner.get_object()) keys.insert(std::string(key));
    }
    if (inner.is_object()) collect_keys(inner, keys);
  }
}

TEST(MapSchema, HasEveryKeyThatTheReaderKnowsAndNoOther) {
  std::set<std::string> keys;
  collect_keys(map_schema(), keys);
  EXPECT_EQ(keys, keys_of_the_reader());
  EXPECT_GT(keys.size(), 25U);
}

// One of everything that a schema describes.
value example_of(const object& root, const object& schema) {
  if (const auto* reference = schema.if_contains("$ref")) {
    const std::string name(reference->get_string().subview(std::string_view("#/$defs/").size()));
    return example_of(root, root.at("$defs").at(name).as_object());
  }
  const value& type = schema.at("type");
  const std::string_view kind = type.is_array() ? "number" : std::string_view(type.get_string());
  if (const auto* choices = schema.if_contains("enum")) return choices->get_array().front();
  if (kind == "array") return boost::json::array{example_of(root, schema.at("items").as_object())};
  if (kind == "integer" || kind == "number") return 1;
  if (kind == "boolean") return true;
  if (kind == "string") return "example.test";
  object made;
  for (const auto& [key, inner] : schema.at("properties").as_object()) made[key] = example_of(root, inner.as_object());
  return made;
}

TEST(MapSchema, DescribesWhatTheReaderTakes) {
  const TempDirectory folder;
  std::ofstream(folder.path() / "key.json") << R"({"type": "anthropic_api_key", "api_key": "sk-0123456789"})";
  const object schema = map_schema();
  object map = example_of(schema, schema).as_object();
  map.erase("key_filename_gemini");
  map["clients"].as_array()[0].as_object().erase("key_filename_gemini");
  std::string text = boost::json::serialize(map);
  const auto put = [&](const std::string& key, const std::string& made) {
    text = std::regex_replace(text, std::regex("\"" + key + "\":(\\[\"example.test\"\\]|\"example.test\"|[0-9])"), "\"" + key + "\":" + made);
  };
  put("key_filename", "\"key.json\"");
  put("ip_allow", "[\"10.0.0.0/8\"]");
  put("expires", "\"2030-01-01\"");
  put("location", "\"us-central1\"");
  Settings settings;
  settings.map.credentials_dir = folder.path().string();
  std::vector<Problem> problems;
  const auto read = load_map_text(settings, {}, text, problems);
  for (const Problem& each : problems) {
    EXPECT_TRUE(each.warning) << each.format() << "\n" << text;
    EXPECT_EQ(each.message.find("unknown key"), std::string::npos) << each.format();
  }
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->clients.size(), 1U);
  EXPECT_EQ(read->accounts.size(), 1U);
}

}  // namespace
}  // namespace moongate
