#include "crypto/base64.h"
#include "crypto/hash.h"
#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

class GeminiFiles : public SimulatorTest {};

TEST_F(GeminiFiles, AFileIsUploadedInPartsAndFoundAgain) {
  const HeaderList key{{"x-goog-api-key", "k"}};
  HeaderList start = key;
  start.insert(start.end(), {{"X-Goog-Upload-Protocol", "resumable"},
                             {"X-Goog-Upload-Command", "start"},
                             {"X-Goog-Upload-Header-Content-Length", "11"},
                             {"X-Goog-Upload-Header-Content-Type", "text/plain"}});
  const Response begun =
      exchange("POST", "/upload/v1beta/files", start, R"({"file":{"displayName":"greeting"}})");
  ASSERT_EQ(begun.status, 200) << begun.body;
  EXPECT_EQ(begun.header("x-goog-upload-status"), "active");
  std::string url(begun.header("x-goog-upload-url"));
  ASSERT_TRUE(url.starts_with(simulator->url()));
  url.erase(0, simulator->url().size());
  const Response first =
      exchange("POST", url, {{"X-Goog-Upload-Command", "upload"}, {"X-Goog-Upload-Offset", "0"}}, "hello ");
  EXPECT_EQ(first.header("x-goog-upload-size-received"), "6");
  EXPECT_EQ(
      exchange("POST", url, {{"X-Goog-Upload-Command", "upload"}, {"X-Goog-Upload-Offset", "3"}}, "x").status,
      400);
  const Response last = exchange(
      "POST", url, {{"X-Goog-Upload-Command", "upload, finalize"}, {"X-Goog-Upload-Offset", "6"}}, "world");
  EXPECT_EQ(last.header("x-goog-upload-status"), "final");
  const json::value file = parsed(last.body).at("file");
  EXPECT_EQ(file.at("sizeBytes"), "11");
  EXPECT_EQ(file.at("displayName"), "greeting");
  EXPECT_EQ(file.at("sha256Hash"), json::value(base64_encode(sha256_hex("hello world"))));
  const std::string name(file.at("name").as_string());
  EXPECT_EQ(parsed(exchange("GET", "/v1beta/" + name, key).body), file);
  EXPECT_EQ(parsed(exchange("GET", "/v1beta/files", key).body).at("files").as_array().size(), 1u);
  EXPECT_EQ(exchange("DELETE", "/v1beta/" + name, key).status, 200);
  EXPECT_EQ(exchange("GET", "/v1beta/" + name, key).status, 403);
  EXPECT_EQ(exchange("POST", url, {{"X-Goog-Upload-Command", "query"}}).status, 404);
}

TEST_F(GeminiFiles, AnUploadNeedsAKeyAndTheAnnouncedLength) {
  EXPECT_EQ(exchange("POST", "/upload/v1beta/files", {{"X-Goog-Upload-Command", "start"}}).status, 403);
  const Response begun = exchange("POST", "/upload/v1beta/files",
                                  {{"x-goog-api-key", "k"},
                                   {"X-Goog-Upload-Command", "start"},
                                   {"X-Goog-Upload-Header-Content-Length", "5"}});
  const std::string url = std::string(begun.header("x-goog-upload-url")).substr(simulator->url().size());
  EXPECT_EQ(exchange("POST", url,
                     {{"X-Goog-Upload-Command", "upload, finalize"}, {"X-Goog-Upload-Offset", "0"}}, "abc")
                .status,
            400);
}

}  // namespace
}  // namespace moongate::sim
