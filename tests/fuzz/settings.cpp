// A settings file, a variable and a flag, all hostile.
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/setting_row.h"
#include "config/settings.h"

namespace {

using namespace moongate;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Settings settings;
  SettingOrigins origins;
  std::vector<Problem> problems;
  apply_settings_yaml("moongate.yaml", input, settings, origins, problems);
  cross_check_settings(settings, origins, problems);
  for (const Problem& problem : problems) {
    require(!problem.message.empty() && problem.line >= 0 && problem.column >= 0);
    require(problem.format().find('\n') == std::string::npos);
  }
  static const std::string defaults = render_effective_settings(Settings());
  if (render_effective_settings(settings) == defaults) return 0;
  // What was taken is allowed, and can be written down and read back.
  for (const SettingRow& row : setting_rows()) {
    Settings again;
    if (row.form != TextForm::kCacheUrl) require(assign_setting(row, read_setting(row, settings), again).ok());
  }
  std::vector<Problem> none;
  Settings read_back;
  apply_settings_yaml("again.yaml", render_effective_settings(settings), read_back, origins, none);
  require(none.empty());
  return 0;
}
