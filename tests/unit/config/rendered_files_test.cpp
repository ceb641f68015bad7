// What follows from the table of settings must say what the table says. After a change to the table, run this
// program once with MOONGATE_REGENERATE=1 in the environment: it then writes the texts anew.
#include <gtest/gtest.h>

#include "config/settings.h"
#include "workspace.h"

namespace moongate {
namespace {

constexpr std::string_view kBegin = "<!-- settings: begin -->\n";
constexpr std::string_view kEnd = "<!-- settings: end -->\n";
constexpr const char* kHow = "is not what core/config/settings.cpp says; run test_config with MOONGATE_REGENERATE=1";

std::string source_path(const std::string& name) { return std::string(MOONGATE_SOURCE_DIR) + "/" + name; }

std::string read(const std::string& name) {
  std::ifstream in(source_path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void hold(const std::string& name, const std::string& expected) {
  if (std::getenv("MOONGATE_REGENERATE") != nullptr) std::ofstream(source_path(name), std::ios::binary) << expected;
  EXPECT_EQ(read(name), expected) << name << " " << kHow;
}

TEST(RenderedFiles, TheSettingsFileIsTheTableWithItsDefaults) { hold("conf/moongate.yaml", render_settings_file()); }

TEST(RenderedFiles, TheDocumentedTableIsTheTable) {
  const std::string text = read("docs/configuration.md");
  const std::size_t begin = text.find(kBegin), end = text.find(kEnd);
  ASSERT_NE(begin, text.npos);
  ASSERT_NE(end, text.npos);
  hold("docs/configuration.md", text.substr(0, begin + kBegin.size()) + render_settings_table() + text.substr(end));
}

TEST(RenderedFiles, TheSettingsFileGivesTheDefaults) {
  std::vector<Problem> problems;
  const Settings settings = load_settings({source_path("conf/moongate.yaml"), {}, {}}, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(render_effective_settings(settings), render_effective_settings(Settings()));
}

}  // namespace
}  // namespace moongate
