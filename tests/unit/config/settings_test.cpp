#include "config/settings.h"

#include <gtest/gtest.h>

#include <set>

#include "config/setting_row.h"
#include "workspace.h"

namespace moongate {
namespace {

using testing::Workspace;

class SettingsTest : public ::testing::Test {
 protected:
  Settings load(const std::string& yaml, std::vector<std::pair<std::string, std::string>> environment = {},
                std::vector<std::string> sets = {}) {
    SettingsSources sources{workspace_.write("moongate.yaml", yaml), std::move(environment), std::move(sets)};
    Settings settings = load_settings(sources, problems_);
    EXPECT_EQ(format(), "");
    return settings;
  }
  std::string format() const {
    std::string out;
    for (const Problem& problem : problems_) out += problem.format() + "\n";
    return out;
  }

  Workspace workspace_;
  std::vector<Problem> problems_;
};

TEST_F(SettingsTest, AreTheDefaultsWhenTheFileIsEmpty) {
  EXPECT_EQ(render_effective_settings(load("")), render_effective_settings(Settings()));
}

TEST_F(SettingsTest, TakeEveryTypeFromTheFile) {
  const Settings s = load(
      "listen:\n  http: ''\n  https: '[::1]:443'\nworkers: 3\nlimits:\n  body_bytes: 1099511627776\n"
      "policy: { ffi: true }\nlog: {level: debug, access: off}\ncache: {url: 'redis://:pa/s@s@cache:6379/2'}\n");
  EXPECT_EQ(s.listen.http, "");
  EXPECT_EQ(s.listen.https, "[::1]:443");
  EXPECT_EQ(s.workers, 3);
  EXPECT_EQ(s.limits.body_bytes, 1099511627776);
  EXPECT_TRUE(s.policy.ffi);
  EXPECT_EQ(s.log.level, "debug");
  EXPECT_EQ(s.log.access, "off");
  EXPECT_EQ(s.cache.url, "redis://:pa/s@s@cache:6379/2");
}

TEST_F(SettingsTest, AFlagBeatsTheEnvironmentAndTheEnvironmentBeatsTheFile) {
  const Settings s = load("workers: 1\nreload_ms: 1\ndata_dir: file\n",
                          {{"MOONGATE_WORKERS", "2"}, {"MOONGATE_RELOAD_MS", "2"}}, {"workers=3"});
  EXPECT_EQ(s.workers, 3);
  EXPECT_EQ(s.reload_ms, 2);
  EXPECT_EQ(s.data_dir, "file");
}

TEST_F(SettingsTest, AValueMayHoldAnEqualsSign) {
  EXPECT_EQ(load("", {}, {"upstream.ca_file=/etc/a=b.pem"}).upstream.ca_file, "/etc/a=b.pem");
}

TEST_F(SettingsTest, TheLastOfTwoFlagsHolds) { EXPECT_EQ(load("", {}, {"workers=1", "workers=2"}).workers, 2); }

TEST_F(SettingsTest, EveryOneCanBeSetInAllThreePlaces) {
  for (const SettingValue& value : list_settings(Settings())) {
    const std::string key(value.key);
    load("", {{environment_name(key), value.text}}, {key + "=" + value.text});
    load("\"" + key + "\": \"" + value.text + "\"\n");
  }
}

TEST_F(SettingsTest, ABrokenValueLeavesTheOneFromBefore) {
  SettingsSources sources{workspace_.write("moongate.yaml", "workers: 4\n"), {{"MOONGATE_WORKERS", "x"}}, {}};
  EXPECT_EQ(load_settings(sources, problems_).workers, 4);
  EXPECT_TRUE(has_errors(problems_));
}

TEST_F(SettingsTest, AFolderInTheFilesPlaceIsSaid) {
  SettingsSources sources{workspace_.path("json"), {}, {}};
  load_settings(sources, problems_);
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_EQ(problems_[0].message, "the settings file is not a regular file; correct it, or name another with --config");
}

TEST_F(SettingsTest, AFileBeyondOneMebibyteIsRefused) {
  SettingsSources sources{workspace_.write("moongate.yaml", "#" + std::string(1 << 20, 'x')), {}, {}};
  load_settings(sources, problems_);
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_EQ(problems_[0].message,
            "the settings file is larger than 1048576 bytes, the most that is read; correct it, or name another with --config");
}

TEST_F(SettingsTest, NestingThatWouldExhaustTheStackIsRefused) {
  for (const char* piece : {"[", "{a: ", "- ", "? "}) {
    std::string text = "workers: 1\nlog: ";
    for (int i = 0; i < 50000; ++i) text += piece;
    SettingsSources sources{workspace_.write("moongate.yaml", text), {}, {}};
    problems_.clear();
    load_settings(sources, problems_);
    EXPECT_TRUE(has_errors(problems_)) << piece;
  }
}

TEST_F(SettingsTest, AliasesThatMultiplyCostNothing) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string before(1, static_cast<char>(c - 1)), name(1, c);
    text += name + ": &" + name + " [*" + before + ",*" + before + ",*" + before + ",*" + before + ",*" + before + "]\n";
  }
  SettingsSources sources{workspace_.write("moongate.yaml", text), {}, {}};
  load_settings(sources, problems_);
  EXPECT_EQ(problems_.size(), 9U);
}

TEST(SettingNames, OfTheEnvironmentFollowFromTheKeyAndAreUnique) {
  EXPECT_EQ(environment_name("listen.http"), "MOONGATE_LISTEN_HTTP");
  EXPECT_EQ(environment_name("timeouts.first_byte_ms"), "MOONGATE_TIMEOUTS_FIRST_BYTE_MS");
  std::set<std::string> names;
  for (std::string_view key : setting_keys()) EXPECT_TRUE(names.insert(environment_name(key)).second) << key;
}

TEST(SettingRows, EachHasADefaultThatItsOwnRuleAllowsAndAOneLineComment) {
  for (const SettingRow& row : setting_rows()) {
    Settings settings;
    EXPECT_TRUE(assign_setting(row, read_setting(row, settings), settings)) << row.key;
    EXPECT_FALSE(row.comment.empty()) << row.key;
    EXPECT_EQ(row.comment.find('\n'), row.comment.npos) << row.key;
    EXPECT_TRUE(row.comment.ends_with('.')) << row.key;
  }
}

TEST(SettingRows, TheEndsOfARangeAreInIt) {
  for (const SettingRow& row : setting_rows()) {
    if (type_of(row) != SettingValue::Type::kInteger) continue;
    Settings settings;
    EXPECT_TRUE(assign_setting(row, std::to_string(row.min), settings)) << row.key;
    EXPECT_TRUE(assign_setting(row, std::to_string(row.max), settings)) << row.key;
    EXPECT_EQ(read_setting(row, settings), std::to_string(row.max)) << row.key;
    EXPECT_FALSE(assign_setting(row, std::to_string(row.min - 1), settings)) << row.key;
    EXPECT_FALSE(assign_setting(row, std::to_string(row.max + 1), settings)) << row.key;
  }
}

TEST(MaskedUrl, HidesThePasswordAlone) {
  EXPECT_EQ(mask_url_password("redis://:secret@host:6379/0"), "redis://:***@host:6379/0");
  EXPECT_EQ(mask_url_password("mysql://moon:se:cr@et/x@db/moongate"), "mysql://moon:***@db/moongate");
  EXPECT_EQ(mask_url_password("redis://secret@host"), "redis://***@host");
  EXPECT_EQ(mask_url_password("redis://host:6379/0"), "redis://host:6379/0");
  EXPECT_EQ(mask_url_password("sqlite:moongate.db"), "sqlite:moongate.db");
  EXPECT_EQ(mask_url_password("memory://"), "memory://");
}

TEST(EffectiveSettings, ShowWhatDiffersAndNoPassword) {
  Settings settings;
  settings.cache.url = "redis://:secret@cache:6379/0";
  settings.workers = 7;
  const std::string text = render_effective_settings(settings);
  EXPECT_EQ(text.find("secret"), text.npos);
  EXPECT_NE(text.find("cache:\n  url: \"redis://:***@cache:6379/0\"  # default: \"memory://\"\n"), text.npos) << text;
  EXPECT_NE(text.find("\nworkers: 7  # default: 0\n"), text.npos) << text;
}

TEST(ListedSettings, HaveTypesAndNoPassword) {
  Settings settings;
  settings.cache.url = "redis://:secret@cache:6379/0";
  const auto values = list_settings(settings);
  EXPECT_EQ(values.size(), setting_rows().size());
  for (const SettingValue& value : values) {
    EXPECT_EQ(value.text.find("secret"), std::string::npos);
    if (value.key == "workers") EXPECT_EQ(value.type, SettingValue::Type::kInteger);
    if (value.key == "policy.ffi") EXPECT_EQ(value.type, SettingValue::Type::kBoolean);
  }
}

TEST(Problem, IsOneLineAndLeavesOutWhatIsNotKnown) {
  EXPECT_EQ((Problem{"a.json", 3, 7, "$.x", "is\nwrong"}.format()), "a.json:3:7: $.x: is wrong");
  EXPECT_EQ((Problem{"a.json", 0, 0, "", "is missing"}.format()), "a.json: is missing");
  EXPECT_EQ((Problem{"", 0, 0, "tls.key", "is missing"}.format()), "tls.key: is missing");
}

}  // namespace
}  // namespace moongate
