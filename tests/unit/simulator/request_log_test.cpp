#include "simulator/request_log.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "crypto/hash.h"

namespace moongate::sim {
namespace {

Request with(HeaderList headers, std::string target = "/v1/messages") {
  Request request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

TEST(RequestLog, KeepsTheLastTenThousand) {
  RequestLog log;
  for (std::size_t i = 0; i < RequestLog::kMost + 5; ++i) log.finish(log.begin(with({}), 1), {});
  std::istringstream lines(log.lines());
  std::string first, line;
  std::getline(lines, first);
  std::size_t count = 1;
  while (std::getline(lines, line)) ++count;
  EXPECT_EQ(count, RequestLog::kMost);
  EXPECT_EQ(boost::json::parse(first).at("request"), 6);
}

TEST(RequestLog, FinishingOneThatHasLeftTheLogDoesNothing) {
  RequestLog log;
  const std::uint64_t number = log.begin(with({}), 1);
  log.clear();
  log.finish(number, {200, -1, true});
  EXPECT_EQ(log.lines(), "");
}

TEST(RequestLog, ShowsOfACredentialItsDigestAlone) {
  RequestLog log;
  Request request =
      with({{"X-Api-Key", "sk-secret"}, {"Authorization", "Bearer ya29.secret"}, {"Accept", "*/*"}},
           "/v1beta/models?alt=sse&key=AIzaSecret&x=1");
  request.parameters = {{"alt", "sse"}, {"key", "AIzaSecret"}, {"x", "1"}};
  log.begin(request, 1);
  const std::string text = log.lines();
  EXPECT_EQ(text.find("ecret"), std::string::npos);
  const boost::json::value line = boost::json::parse(text);
  EXPECT_EQ(line.at("headers").at("x-api-key").as_string(),
            "present:" + sha256_hex("sk-secret").substr(0, 8));
  EXPECT_EQ(line.at("headers").at("authorization").as_string(),
            "present:" + sha256_hex("ya29.secret").substr(0, 8));
  EXPECT_EQ(line.at("headers").at("accept"), "*/*");
  EXPECT_EQ(line.at("target").as_string(),
            "/v1beta/models?alt=sse&key=present:" + sha256_hex("AIzaSecret").substr(0, 8) + "&x=1");
}

TEST(RequestLog, TellsOnlyWhatCameAfterARequestWhenAsked) {
  RequestLog log;
  log.begin(with({}), 1);
  const std::uint64_t second = log.begin(with({}), 1);
  log.begin(with({}), 1);
  EXPECT_EQ(boost::json::parse(log.lines(second)).at("request"), 3);
}

}  // namespace
}  // namespace moongate::sim
