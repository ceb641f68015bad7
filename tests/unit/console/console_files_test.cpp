#include "console/console_files.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "console/gzip.h"

namespace moongate {
namespace {

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = next_;
    ++next_;
  }

 private:
  std::uint8_t next_ = 1;
};

const std::string kScript(5000, 'x');
const EmbeddedFile kFiles[] = {
    {"index.html", "<script nonce=\"__CSP_NONCE__\" src=\"/admin/assets/a-1.js\"></script><meta content=\"__CSP_NONCE__\">", "00"},
    {"assets/a-1.js", kScript, "aa11"},
    {"assets/short-2.css", "a{}", "cc33"},
    {"favicon.svg", "<svg/>", "ff44"},
};

class Console : public ::testing::Test {
 protected:
  HttpResponse get(std::string path, HeaderList headers = {}, std::string method = "GET") {
    HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    EXPECT_TRUE(files_.serves(request));
    return files_.handle(request);
  }
  static std::string header(const HttpResponse& response, std::string_view name) {
    return std::string(find_header(response.headers, name));
  }
  bool serves(std::string path) {
    HttpRequest request;
    request.path = std::move(path);
    return files_.serves(request);
  }

  CountingRandom random_;
  ConsoleFiles files_{kFiles, random_};
};

TEST_F(Console, ServesItsFolderAndNothingBeside) {
  EXPECT_TRUE(serves("/admin"));
  EXPECT_TRUE(serves("/admin/"));
  EXPECT_TRUE(serves("/admin/assets/a-1.js"));
  EXPECT_FALSE(serves("/administrator"));
  EXPECT_FALSE(serves("/api/admin/users"));
  EXPECT_FALSE(serves("/"));
}

TEST_F(Console, SendsTheFolderWithoutSlashToTheOneWith) {
  for (const char* path : {"/admin", "/admin/index.html"}) {
    const HttpResponse response = get(path);
    EXPECT_EQ(response.status, 308);
    EXPECT_EQ(header(response, "Location"), "/admin/");
  }
}

TEST_F(Console, PutsAFreshNonceIntoEveryIndexAndItsPolicy) {
  const HttpResponse first = get("/admin/");
  const HttpResponse second = get("/admin/");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body.find("__CSP_NONCE__"), std::string::npos);
  EXPECT_NE(first.body, second.body);
  const std::size_t begin = first.body.find("nonce=\"") + 7;
  const std::string nonce = first.body.substr(begin, first.body.find('"', begin) - begin);
  EXPECT_EQ(nonce.size(), 24u);
  EXPECT_NE(header(first, "Content-Security-Policy").find("script-src 'self' 'nonce-" + nonce + "'"), std::string::npos);
  EXPECT_NE(header(first, "Content-Security-Policy").find("style-src 'self' 'nonce-" + nonce + "'"), std::string::npos);
  EXPECT_NE(first.body.find("content=\"" + nonce + "\""), std::string::npos);
  EXPECT_EQ(header(first, "Cache-Control"), "no-store");
  EXPECT_EQ(header(first, "ETag"), "");
}

TEST_F(Console, AnswersThePagesOwnAddressesWithTheIndex) {
  for (const char* path : {"/admin/users", "/admin/users/ann/keys", "/admin/routes/", "/admin/accounts/company-1.json"}) {
    const HttpResponse response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(header(response, "Content-Type"), "text/html; charset=utf-8") << path;
  }
}

TEST_F(Console, SaysThatAFileIsNotThere) {
  for (const char* path : {"/admin/assets/a-2.js", "/admin/assets/gone", "/admin/robots.txt", "/admin/../passwd", "/admin/assets"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(Console, TakesGetAndHeadOnly) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    const HttpResponse response = get("/admin/", {}, method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
  }
  EXPECT_EQ(get("/admin/assets/a-1.js", {}, "HEAD").status, 200);
}

TEST_F(Console, LetsBrowsersKeepWhatChangesItsNameForGood) {
  const HttpResponse script = get("/admin/assets/a-1.js");
  EXPECT_EQ(header(script, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(script.body, kScript);
  const HttpResponse icon = get("/admin/favicon.svg");
  EXPECT_EQ(header(icon, "Cache-Control"), "no-cache");
  EXPECT_EQ(header(icon, "Content-Type"), "image/svg+xml");
}

TEST_F(Console, CompressesForThoseWhoTakeIt) {
  const HttpResponse script = get("/admin/assets/a-1.js", {{"accept-encoding", "br, gzip;q=0.8"}});
  EXPECT_EQ(header(script, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(script, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header(script, "ETag"), "\"aa11-gzip\"");
  EXPECT_EQ(script.body, gzip(kScript));
  EXPECT_LT(script.body.size(), 200u);
}

TEST_F(Console, SendsPlainBytesToThoseWhoDoNot) {
  for (const char* accepted : {"", "br", "gzip;q=0", "gzip; q=0.000, *", "identity"}) {
    const HttpResponse script = get("/admin/assets/a-1.js", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(header(script, "Content-Encoding"), "") << accepted;
    EXPECT_EQ(header(script, "ETag"), "\"aa11\"") << accepted;
    EXPECT_EQ(header(script, "Vary"), "Accept-Encoding") << accepted;
    EXPECT_EQ(script.body, kScript) << accepted;
  }
  EXPECT_EQ(header(get("/admin/assets/short-2.css", {{"Accept-Encoding", "gzip"}}), "Content-Encoding"), "");
}

TEST_F(Console, SaysThatWhatTheBrowserHasIsStillTrue) {
  for (const char* tags : {"\"aa11\"", "W/\"aa11\"", "\"zz\", \"aa11\"", "*"}) {
    const HttpResponse script = get("/admin/assets/a-1.js", {{"If-None-Match", tags}});
    EXPECT_EQ(script.status, 304) << tags;
    EXPECT_EQ(script.body, "") << tags;
    EXPECT_EQ(header(script, "ETag"), "\"aa11\"") << tags;
  }
  EXPECT_EQ(get("/admin/assets/a-1.js", {{"If-None-Match", "\"aa\""}}).status, 200);
  EXPECT_EQ(get("/admin/assets/a-1.js", {{"If-None-Match", "\"aa11\""}, {"Accept-Encoding", "gzip"}}).status, 200)
      << "another coding is another thing";
}

TEST_F(Console, IsStrictOnEveryAnswer) {
  for (const char* path : {"/admin", "/admin/", "/admin/assets/a-1.js", "/admin/none.js"}) {
    const HttpResponse response = get(path);
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(header(response, "X-Frame-Options"), "DENY") << path;
    EXPECT_EQ(header(response, "Referrer-Policy"), "same-origin") << path;
    EXPECT_EQ(header(response, "Cross-Origin-Opener-Policy"), "same-origin") << path;
    EXPECT_NE(header(response, "Permissions-Policy").find("camera=()"), std::string::npos) << path;
    const std::string policy = header(response, "Content-Security-Policy");
    EXPECT_EQ(policy.find("default-src 'none'"), 0u) << path;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path;
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << path;
  }
}

TEST(BuiltConsole, HasAnIndexThatNamesOnlyFilesItHas) {
  const auto files = built_console();
  const auto index = std::find_if(files.begin(), files.end(), [](const EmbeddedFile& f) { return f.path == "index.html"; });
  ASSERT_NE(index, files.end());
  EXPECT_NE(index->bytes.find("__CSP_NONCE__"), std::string_view::npos);
  std::size_t found = 0;
  for (std::size_t at = 0; (at = index->bytes.find("/admin/assets/", at)) != std::string_view::npos;) {
    at += 7;
    const std::string_view name = index->bytes.substr(at, index->bytes.find('"', at) - at);
    EXPECT_TRUE(std::any_of(files.begin(), files.end(), [&](const EmbeddedFile& f) { return f.path == name; })) << name;
    ++found;
  }
  EXPECT_GT(found, 0u);
}

TEST(BuiltConsole, HasNoFileWithoutDigestOrBytes) {
  for (const EmbeddedFile& file : built_console()) {
    EXPECT_EQ(file.digest.size(), 20u) << file.path;
    EXPECT_FALSE(file.bytes.empty()) << file.path;
  }
}

}  // namespace
}  // namespace moongate
