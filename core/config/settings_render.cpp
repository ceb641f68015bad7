// The settings as text: the file with all defaults, the documentation's table, and what is in force.
#include "base/log.h"
#include "config/setting_row.h"

namespace moongate {
namespace {

constexpr std::string_view kFileHead =
    R"(# Moongate's settings: every one, with its default. A line that is missing or commented out means its default.
# An environment variable beats this file, and --set on the command line beats both: listen.http is
# MOONGATE_LISTEN_HTTP=:8888 there and --set listen.http=:8888 here. `moongate check` tells what is wrong.
# Relative paths start from the folder that the gateway is started in.
)";

std::string yaml_value(const SettingRow& row, const Settings& settings) {
  const std::string text = read_setting(row, settings);
  if (type_of(row) != SettingValue::Type::kText) return text;
  std::string quoted = "\"";
  append_json_escaped(quoted, text);  // a JSON string is a YAML string
  return quoted + "\"";
}

// Calls line(row, indentation, last part of the key) in table order, with a heading before each group.
template <class Line>
void each_line(std::string& out, bool gaps, Line line) {
  std::string_view group;
  for (const SettingRow& row : setting_rows()) {
    const std::size_t dot = row.key.find('.');
    const std::string_view of = dot == row.key.npos ? std::string_view() : row.key.substr(0, dot);
    if (of != group) {
      if (gaps) out += '\n';
      if (!of.empty()) out.append(of).append(":\n");
    }
    group = of;
    line(row, of.empty() ? "" : "  ", dot == row.key.npos ? row.key : row.key.substr(dot + 1));
  }
}

std::string markdown_code(std::string_view text) {
  std::string out = "`";
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out + "`";
}

std::string_view type_name(const SettingRow& row) {
  switch (type_of(row)) {
    case SettingValue::Type::kInteger: return "integer";
    case SettingValue::Type::kBoolean: return "boolean";
    case SettingValue::Type::kText: return "text";
  }
  return {};
}

}  // namespace

std::string render_settings_file() {
  const Settings defaults;
  std::string out(kFileHead);
  each_line(out, true, [&](const SettingRow& row, std::string_view indent, std::string_view name) {
    out.append(indent).append("# ").append(row.comment).append("\n");
    out.append(indent).append(name).append(": ").append(yaml_value(row, defaults)).append("\n");
  });
  return out;
}

std::string render_settings_table() {
  const Settings defaults;
  std::string out = "| setting | type | default | allowed | effect |\n| --- | --- | --- | --- | --- |\n";
  for (const SettingRow& row : setting_rows()) {
    const std::string value = read_setting(row, defaults);
    out += "| `" + std::string(row.key) + "` | " + std::string(type_name(row)) + " | " +
           (value.empty() ? "empty" : markdown_code(value)) + " | " + allowed_values(row) + " | " +
           std::string(row.comment) + " |\n";
  }
  return out;
}

std::string render_effective_settings(const Settings& settings) {
  const Settings defaults;
  std::string out;
  each_line(out, false, [&](const SettingRow& row, std::string_view indent, std::string_view name) {
    const std::string value = yaml_value(row, settings), standard = yaml_value(row, defaults);
    out.append(indent).append(name).append(": ").append(value);
    if (value != standard) out.append("  # default: ").append(standard);
    out += '\n';
  });
  return out;
}

std::vector<SettingValue> list_settings(const Settings& settings) {
  std::vector<SettingValue> values;
  for (const SettingRow& row : setting_rows()) values.push_back({row.key, type_of(row), read_setting(row, settings)});
  return values;
}

}  // namespace moongate
