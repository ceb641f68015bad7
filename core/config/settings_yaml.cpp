// Reads conf/moongate.yaml: groups of scalars, one level deep. Every problem carries yaml-cpp's line and column.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "config/json_tree.h"
#include "config/nearest.h"
#include "config/setting_row.h"

namespace moongate {
namespace {

std::vector<std::string_view> group_names() {
  std::vector<std::string_view> names;
  for (std::string_view key : setting_keys()) {
    const std::size_t dot = key.find('.');
    if (dot == key.npos) continue;
    const std::string_view name = key.substr(0, dot);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

bool is_group(std::string_view name) {
  const auto names = group_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Reader {
 public:
  Reader(const std::string& file, Settings& settings, SettingOrigins& origins, std::vector<Problem>& problems)
      : file_(file), settings_(settings), origins_(origins), problems_(problems) {}

  void read_document(const YAML::Node& root) {
    if (root.IsNull()) return;  // only comments: all defaults
    if (!root.IsMap()) {
      problem(root.Mark(), "", "a settings file is made of lines like \"workers: 4\" and groups like \"listen:\"");
      return;
    }
    read_map(root, "");
  }

  void problem(const YAML::Mark& mark, std::string path, std::string message) {
    const bool known = !mark.is_null();
    problems_.push_back(
        {file_, known ? mark.line + 1 : 0, known ? mark.column + 1 : 0, std::move(path), std::move(message)});
  }

 private:
  void read_map(const YAML::Node& map, const std::string& group) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        problem(entry.first.Mark(), group, "a setting's name must be plain text");
        continue;
      }
      const std::string path = group.empty() ? entry.first.Scalar() : group + "." + entry.first.Scalar();
      read_entry(entry.first, entry.second, path, group.empty());
    }
  }

  void read_entry(const YAML::Node& key, const YAML::Node& value, const std::string& path, bool outermost) {
    const SettingRow* row = find_setting(path);
    const bool group = outermost && row == nullptr && is_group(path);
    if (row == nullptr && !group) {
      const bool as_group = outermost && value.IsMap();
      const auto nearest = as_group ? nearest_name(path, group_names()) : nearest_name(path, setting_keys());
      problem(key.Mark(), quotable(path),
              std::string(as_group ? "unknown group" : "unknown setting") + "; the nearest known one is " +
                  std::string(nearest));
      return;
    }
    const int line = key.Mark().line + 1;
    if (const auto [seen, first_time] = lines_.emplace(path, line); !first_time) {
      problem(key.Mark(), path, "is here for the second time; the first is on line " + std::to_string(seen->second));
      return;
    }
    if (group) {
      read_group(value, path);
    } else {
      read_scalar(*row, key, value);
    }
  }

  void read_group(const YAML::Node& value, const std::string& path) {
    if (value.IsNull()) return;  // every line of the group is commented out
    if (value.IsMap()) {
      read_map(value, path);
    } else {
      problem(value.Mark(), path, "is a group of settings; write them below it, indented");
    }
  }

  void read_scalar(const SettingRow& row, const YAML::Node& key, const YAML::Node& value) {
    const std::string path(row.key);
    if (value.IsNull()) {
      problem(key.Mark(), path, "has no value; it must be " + allowed_values(row) +
                                    " (\"\" is the empty text; without the line the default holds)");
      return;
    }
    if (!value.IsScalar()) {
      problem(value.Mark(), path, "must be a single value: " + allowed_values(row));
      return;
    }
    if (Status status = assign_setting(row, value.Scalar(), settings_); !status) {
      problem(value.Mark(), path, status.error().message);
      return;
    }
    origins_.set(row.key, {file_, value.Mark().line + 1, value.Mark().column + 1, path});
  }

  const std::string& file_;
  Settings& settings_;
  SettingOrigins& origins_;
  std::vector<Problem>& problems_;
  std::map<std::string, int> lines_;
};

// Only counts; LoadAll would loop for ever on a text such as ",", of which no document consumes anything.
class DocumentCount : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { last_begin = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  YAML::Mark last_begin = YAML::Mark::null_mark();
};

// YAML allows none of these, and yaml-cpp takes 0x04 for the end of the file and 0x00 for UTF-16.
bool has_control_byte(std::string_view text, Reader& reader) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n' || c == '\r') continue;
    const TextPosition at = position_of(text, i);
    YAML::Mark mark;
    mark.line = at.line - 1;
    mark.column = at.column - 1;
    reader.problem(mark, "", "has a control byte here, which YAML does not allow");
    return true;
  }
  return false;
}

void read(const std::string& text, Reader& reader) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentCount documents;
  if (!parser.HandleNextDocument(documents)) return;
  const YAML::Mark first = documents.last_begin;
  if (parser.HandleNextDocument(documents)) {
    const bool stuck = documents.last_begin.pos == first.pos;
    reader.problem(documents.last_begin, "", stuck ? "is not valid YAML from here on"
                                                   : "begins a second YAML document here; a settings file is one");
    return;
  }
  reader.read_document(YAML::Load(text));
}

}  // namespace

void apply_settings_yaml(const std::string& file, std::string_view text, Settings& settings,
                         SettingOrigins& origins, std::vector<Problem>& problems) {
  Reader reader(file, settings, origins, problems);
  if (has_control_byte(text, reader)) return;
  // yaml-cpp's messages name no values, so none can carry a secret; it gives up by itself where nesting is too deep
  // for its recursion (depthguard.h).
  try {
    read(std::string(text), reader);
  } catch (const YAML::Exception& error) {
    reader.problem(error.mark, "", "is not valid YAML: " + quotable(error.msg, 160));
  } catch (const std::exception&) {
    reader.problem(YAML::Mark::null_mark(), "", "is not valid YAML");
  }
}

}  // namespace moongate
