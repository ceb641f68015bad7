#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "unit/control/admin_fixture.h"
#include "unit/crypto/temp_directory.h"

namespace moongate {
namespace {

constexpr char kMap[] = "{\n  \"clients\": [\n    {\"name\": \"ada\", \"client_token\": \"canary-0123456789-0123456789\"}\n  ]\n}\n";

struct MapOfTheGateway : AdminTest {
  MapOfTheGateway() {
    settings.map.file = (folder.path() / "map.json").string();
    settings.map.credentials_dir = (folder.path() / "json").string();
    write(kMap);
    ::chmod(settings.map.file.c_str(), 0640);
    hooks.configuration.version_box = SealedBox::derive("master", kConfigVersionPurpose);
    hooks.configuration.mask_key = "mask";
    hooks.configuration.reload_map = [this]() -> Status {
      ++reloads;
      if (!refusal.empty()) return Error(ErrorKind::kInvalid, refusal);
      return {};
    };
    restart();
    service->keep_found_versions();
  }

  void write(const std::string& text) { std::ofstream(settings.map.file, std::ios::binary) << text; }
  std::string file() const {
    std::ifstream in(settings.map.file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string shown() { return at(get("map"), "text"); }
  std::string etag() { return at(get("map"), "etag"); }
  HttpResponse put(const std::string& text, const std::string& base, const std::string& why = "") {
    return send("PUT", "map", boost::json::serialize(Json{{"text", text}, {"base", base}, {"note", why}}));
  }
  HttpResponse check(const std::string& text) { return post("map/check", boost::json::serialize(Json{{"text", text}})); }
  std::string with(const std::string& what, const std::string& by) {
    std::string text = shown();
    return text.replace(text.find(what), what.size(), by);
  }

  TempDirectory folder;
  int reloads = 0;
  std::string refusal;
};

TEST_F(MapOfTheGateway, IsShownWithItsSecretsMasked) {
  const HttpResponse answer = get("map");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer, "file"), settings.map.file);
  EXPECT_EQ(at(answer, "problems"), "[]");
  EXPECT_NE(shown().find("\"ada\""), std::string::npos);
  EXPECT_EQ(everything_said.find("canary"), std::string::npos);
}

TEST_F(MapOfTheGateway, IsReplacedAndTakenOverAtOnce) {
  const HttpResponse answer = put(with("\"ada\"", "\"eva\""), etag(), "she married");
  ASSERT_EQ(answer.status, 200) << answer.body;
  std::string expected = kMap;
  expected.replace(expected.find("ada"), 3, "eva");
  EXPECT_EQ(file(), expected) << "every other byte stays, the token too";
  EXPECT_EQ(reloads, 1);
  EXPECT_EQ(at(answer, "etag"), etag());
  EXPECT_EQ(at(answer, "active"), "true");
  struct stat now {};
  ASSERT_EQ(::stat(settings.map.file.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0640U);
  EXPECT_EQ(audit().front(), "admin map.change " + settings.map.file);
  EXPECT_EQ(everything_said.find("canary"), std::string::npos);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files += entry.path().string().empty() ? 0 : 1;
  EXPECT_EQ(files, 1U) << "nothing is left beside it";
}

TEST_F(MapOfTheGateway, IsNotReplacedByOneWithErrors) {
  const HttpResponse answer = put(with("\"name\": \"ada\"", "\"name\": \"not a name\""), etag());
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "error.problems.0.line"), "3");
  EXPECT_EQ(at(answer, "error.problems.0.path"), "$.clients[0].name");
  EXPECT_EQ(file(), kMap);
  EXPECT_EQ(reloads, 0);
}

TEST_F(MapOfTheGateway, IsNotReplacedWhenItHasChangedMeanwhile) {
  const std::string text = shown(), base = etag();
  write("{\"clients\": []}\n");
  EXPECT_EQ(put(text, base).status, 409);
  EXPECT_EQ(file(), "{\"clients\": []}\n");
}

TEST_F(MapOfTheGateway, IsPutBackWhenTheGatewayDoesNotTakeItOver) {
  refusal = "a key file has gone";
  const HttpResponse answer = put(with("\"ada\"", "\"eva\""), etag());
  EXPECT_EQ(answer.status, 409);
  EXPECT_SAYS(answer, "a key file has gone");
  EXPECT_EQ(file(), kMap);
}

TEST_F(MapOfTheGateway, IsCheckedWithLineAndColumnOfTheMaskedText) {
  const HttpResponse good = check(with("\"ada\"", "\"eva\""));
  EXPECT_EQ(at(good, "valid"), "true");
  const HttpResponse bad = check(with("\"}", "\", \"enable\": 1}"));
  EXPECT_EQ(at(bad, "valid"), "false");
  const std::string text = with("\"}", "\", \"enable\": 1}");
  const std::size_t line = text.find("    {");
  EXPECT_EQ(at(bad, "problems.0.line"), "3");
  // Columns are characters: the mask's ellipsis is three bytes.
  EXPECT_EQ(at(bad, "problems.0.column"), std::to_string(text.find(": 1}") + 2 - line + 1 - 2));
  EXPECT_EQ(at(check("{"), "valid"), "false");
  EXPECT_EQ(at(check("{\"clients\": [{\"client_token\": \"***…#0123456789abcdef\"}]}"), "problems.0.path"), "$.clients[0].client_token");
  EXPECT_EQ(file(), kMap);
}

TEST_F(MapOfTheGateway, GoesBackToAnOlderVersion) {
  ASSERT_EQ(put(with("\"ada\"", "\"eva\""), etag(), "second").status, 200);
  const HttpResponse list = get("map/versions");
  EXPECT_EQ(at(list, "versions.0.note"), "second");
  EXPECT_EQ(at(list, "versions.0.active"), "true");
  EXPECT_EQ(at(list, "versions.1.actor"), "disk");
  EXPECT_EQ(at(list, "versions.1.active"), "false");
  const std::string first = at(list, "versions.1.id");
  EXPECT_NE(at(get("map/versions/" + first), "text").find("\"ada\""), std::string::npos);
  ASSERT_EQ(post("map/versions/" + first + "/restore", "{}").status, 200);
  EXPECT_EQ(file(), kMap);
  EXPECT_EQ(at(get("map/versions"), "versions.0.note"), "version " + first + " again");
  EXPECT_EQ(get("map/versions/999").status, 404);
  EXPECT_EQ(get("map/versions/x").status, 404);
  EXPECT_EQ(everything_said.find("canary"), std::string::npos);
}

TEST_F(MapOfTheGateway, KeepsTheSameVersionOnce) {
  ASSERT_EQ(put(shown(), etag()).status, 200);
  service->keep_found_versions();
  EXPECT_EQ(store.list_versions("map")->size(), 1U);
  const std::string sealed = store.find_version("map", 1).value()->sealed;
  EXPECT_EQ(sealed.find("canary"), std::string::npos);
}

TEST_F(MapOfTheGateway, NotesAChangeByHandAsAVersion) {
  write("{\"clients\": []}\n");
  service->keep_found_versions();
  EXPECT_EQ(at(get("map/versions"), "versions.0.note"), "changed on the disk");
}

TEST_F(MapOfTheGateway, OnAReadOnlyFolderSaysWhatToDo) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  ::chmod(folder.path().c_str(), 0500);
  const HttpResponse answer = put(with("\"ada\"", "\"eva\""), etag());
  ::chmod(folder.path().c_str(), 0700);
  EXPECT_EQ(answer.status, 409);
  EXPECT_SAYS(answer, "may not write");
}

TEST_F(MapOfTheGateway, BehindASymbolicLinkStaysBehindIt) {
  const std::string real = (folder.path() / "real.json").string();
  std::filesystem::rename(settings.map.file, real);
  std::filesystem::create_symlink("real.json", settings.map.file);
  ASSERT_EQ(put(with("\"ada\"", "\"eva\""), etag()).status, 200);
  EXPECT_TRUE(std::filesystem::is_symlink(settings.map.file));
}

TEST_F(MapOfTheGateway, ThatIsNotThereIsNamed) {
  std::filesystem::remove(settings.map.file);
  const HttpResponse answer = get("map");
  EXPECT_EQ(answer.status, 404);
  EXPECT_SAYS(answer, settings.map.file);
}

TEST_F(MapOfTheGateway, HasASchema) { EXPECT_EQ(at(get("map/schema"), "type"), "object"); }

}  // namespace
}  // namespace moongate
