// One setting as the table in settings.cpp describes it. Inside core/config only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/settings.h"

namespace moongate {

// Where the value lies: a function from the settings to the member.
using SettingSlot = std::variant<std::string& (*)(Settings&), int& (*)(Settings&), std::int64_t& (*)(Settings&),
                                 bool& (*)(Settings&)>;

// What a text may say.
enum class TextForm : std::uint8_t {
  kPath,           // not empty
  kPathOrEmpty,
  kAddress,        // parse_listen_address
  kAddressOrEmpty,
  kChoice,         // one of `choices`
  kLogTarget,      // a path, "stderr", "-" or "off"
  kHttpUrl,        // http:// or https://
  kStoreUrl,       // may hold a password
  kCacheUrl,       // may hold a password
  kHostList,       // comma-separated hosts, with or without port
  kDomain,         // a DNS name with a dot in it
  kDollars,        // parse_dollars, not negative
  kFactor,         // decimal, 0 to 1000, at most six places
  kNames,          // comma-separated words, or empty
  kHttpUrlOrEmpty,
  kMailUrlOrEmpty, // smtp:// or smtps://; may hold a password
  kOriginList,     // comma-separated http(s)://host[:port], or empty
  kCommandLine,    // words, or empty
  kWord,           // not empty, no space
};

struct SettingRow {
  std::string_view key;
  SettingSlot slot;
  TextForm form;                 // of a text
  std::int64_t min, max;         // of an integer
  std::string_view choices;      // of kChoice: "info, warn"
  std::string_view comment;      // one line: what it does, and what an empty or zero value means
};

std::span<const SettingRow> setting_rows();
const SettingRow* find_setting(std::string_view key);
std::span<const std::string_view> setting_keys();

SettingValue::Type type_of(const SettingRow& row);
std::string environment_name(std::string_view key);  // "MOONGATE_LISTEN_HTTP"
// "host:port", "1 to 65535", "true or false": the end of the sentence "It must be …".
std::string allowed_values(const SettingRow& row);

// Puts the text into the settings. kInvalid: wrong type, form or range; the message says what is allowed and
// repeats the text only where it cannot be a secret. The settings are then as they were.
Status assign_setting(const SettingRow& row, std::string_view text, Settings& settings);
// As the operator would write it, passwords masked.
std::string read_setting(const SettingRow& row, const Settings& settings);

// Where the value in force came from, for the problems that only several settings together show.
struct SettingOrigin {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;
};
class SettingOrigins {
 public:
  void set(std::string_view key, SettingOrigin origin);
  // Of a setting that nobody has written: no file, the key as path.
  SettingOrigin of(std::string_view key) const;
  bool written(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, SettingOrigin>> entries_;
};

// The YAML file's part of load_settings. `text` is untrusted.
void apply_settings_yaml(const std::string& file, std::string_view text, Settings& settings,
                         SettingOrigins& origins, std::vector<Problem>& problems);
// What single values cannot show: certificate without key, two listeners on one address, and so on.
void cross_check_settings(const Settings& settings, const SettingOrigins& origins, std::vector<Problem>& problems);

}  // namespace moongate
