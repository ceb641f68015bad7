// Reads objects of a JSON file by a list of known keys, and complains with line, column and path.
// Inside core/config only.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_tree.h"
#include "config/settings.h"

namespace moongate {

// nullopt: there is no such variable.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

// The problems of one file. Offsets become lines and columns.
class FileProblems {
 public:
  // `text` must outlive this. `environment` resolves ${NAME} in strings.
  FileProblems(std::string file, std::string_view text, const EnvironmentLookup& environment,
               std::vector<Problem>& problems);

  void error(std::size_t offset, std::string path, std::string message) { add(offset, path, message, false); }
  void warning(std::size_t offset, std::string path, std::string message) { add(offset, path, message, true); }
  // About the file as a whole.
  void about_file(std::string message, bool warning);

  int line_of(std::size_t offset) const;
  bool had_errors() const { return errors_; }
  const std::string& file() const { return file_; }

  // `text` with every ${NAME} replaced; nullopt (and a problem): a variable that is not set, or no closing brace.
  std::optional<std::string> expand(const std::string& text, std::size_t offset, const std::string& path);

 private:
  void add(std::size_t offset, std::string& path, std::string& message, bool warning);
  void push(Problem problem);
  TextPosition place_of(std::size_t offset) const;

  std::string file_;
  std::string_view text_;
  const EnvironmentLookup& environment_;
  std::vector<Problem>& problems_;
  std::vector<std::size_t> line_begins_;
  std::size_t listed_ = 0;
  std::optional<std::size_t> overflow_;  // index of the problem that says "and more"
  bool errors_ = false;
};

struct TextValue {
  std::string text;  // with its ${NAME} replaced
  std::size_t begin = 0;
  std::string path;
};

// What is absent is nothing wrong here; `required` says so where it is. What has the wrong type is reported and
// then counts as absent.
class ObjectReader {
 public:
  enum class Unknown : std::uint8_t { kWarn, kIgnore, kRefuse };

  // Reports what is no object, repeated keys, and keys that are not in `known`. A key that begins with '_' is a
  // remark and ignored, but not with kRefuse. `what` names the object in messages: "a client".
  ObjectReader(const JsonNode& node, std::string path, std::string_view what,
               std::initializer_list<std::string_view> known, FileProblems& problems,
               Unknown unknown = Unknown::kWarn);

  bool is_object() const { return node_.type == JsonNode::Type::kObject; }
  std::size_t begin() const { return node_.begin; }
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const { return json_path(path_, key); }
  bool has(std::string_view key) const { return node_.find(key) != nullptr; }

  std::optional<TextValue> text(std::string_view key);
  // text(), and an error when it is absent or empty. `hint` ends the sentence: "write …".
  std::optional<TextValue> required_text(std::string_view key, std::string_view hint);
  // A number as it is written, or a string, for amounts that must not go through floating point.
  std::optional<TextValue> decimal(std::string_view key);
  // `hint` ends the sentence "must be a whole number …".
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max,
                                      std::string_view hint = {});
  std::optional<bool> boolean(std::string_view key);
  const JsonNode* array(std::string_view key) { return typed(key, JsonNode::Type::kArray); }
  const JsonNode* object(std::string_view key) { return typed(key, JsonNode::Type::kObject); }

 private:
  const JsonNode* typed(std::string_view key, JsonNode::Type type);

  const JsonNode& node_;
  std::string path_;
  FileProblems& problems_;
};

}  // namespace moongate
