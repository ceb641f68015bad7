#include <gtest/gtest.h>

#include <sstream>

#include "protocol/api.h"
#include "unit/protocol/case_file.h"

namespace moongate {
namespace {

using testing_cases::Line;

std::string described(const ApiTarget& t) {
  std::ostringstream out;
  out << to_string(t.dialect) << ' ' << to_string(t.operation);
  const auto field = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out << ' ' << name << '=' << value;
  };
  field("version", t.version);
  field("project", t.project);
  field("location", t.location);
  field("model", t.model);
  field("verb", t.verb);
  field("key", t.key);
  if (t.model_in_body) out << " model-in-body";
  if (t.stream_in_body) out << " stream-in-body";
  if (t.sse) out << " sse";
  if (t.shared) out << " shared";
  if (!t.method_allowed) out << " allow(" << t.allow << ')';
  return out.str();
}

struct Account {
  std::string project, location, model;
};

Account parse_account(const std::string& text) {
  Account account;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    const std::string value = word.substr(word.find('=') + 1);
    if (word.starts_with("project=")) account.project = value;
    if (word.starts_with("location=")) account.location = value;
    if (word.starts_with("model=")) account.model = value;
  }
  return account;
}

std::string rewritten(const ApiTarget& target, const Account& account, const std::string& words) {
  const bool stream = words.ends_with(" stream");
  const std::optional<Provider> provider = parse_provider(words.substr(0, words.find(' ')));
  if (!provider) return "no such provider";
  const Result<std::string> result =
      upstream_request_target(target, {*provider, account.project, account.location, account.model, stream});
  return result.ok() ? *result : "refused";
}

TEST(RoutingCases, EveryRequestLineIsUnderstoodAsWritten) {
  Account account;
  std::string request;
  ApiTarget target;
  int cases = 0;
  for (const Line& line : testing_cases::read_cases("routing")) {
    SCOPED_TRACE(line.where);
    if (line.name == "file") {
      account = {"acme", "us-central1", "m"};
    } else if (line.name == "account") {
      account = parse_account(line.value);
    } else if (line.name == "request") {
      request = line.value;
      const std::size_t space = request.find(' ');
      ASSERT_NE(space, std::string::npos);
      target = parse_target(std::string_view(request).substr(0, space),
                            std::string_view(request).substr(space + 1));
      ++cases;
    } else if (line.name == "is") {
      EXPECT_EQ(described(target), line.value) << request;
    } else if (line.name == "path") {
      EXPECT_EQ(target.path, line.value) << request;
    } else if (line.name.starts_with("dialect with ")) {
      const std::string with = line.name.substr(13);
      ApiTarget refined = target;
      refine_dialect(refined, with != "google-key", with != "anthropic-version");
      EXPECT_EQ(to_string(refined.dialect), line.value) << request;
    } else if (line.name.starts_with("to ")) {
      EXPECT_EQ(rewritten(target, account, line.name.substr(3)), line.value) << request;
    } else {
      ADD_FAILURE() << "no such line: " << line.name;
    }
  }
  EXPECT_GT(cases, 150);
}

TEST(RoutingCases, WhatCanBeServedIsWhatCanBeRewritten) {
  for (const Line& line : testing_cases::read_cases("routing")) {
    if (line.name != "request") continue;
    SCOPED_TRACE(line.where);
    const std::size_t space = line.value.find(' ');
    const ApiTarget target =
        parse_target(line.value.substr(0, space), std::string_view(line.value).substr(space + 1));
    for (const Provider provider :
         {Provider::kVertex, Provider::kVertexClaude, Provider::kAnthropic, Provider::kGemini}) {
      const Result<std::string> result =
          upstream_request_target(target, {provider, "acme", "global", "m", false});
      if (target.dialect == Dialect::kOpenAi) continue;  // is sent as another request altogether
      EXPECT_EQ(result.ok(), can_serve(target, provider)) << line.value << " at " << to_string(provider);
      if (result.ok()) {
        EXPECT_EQ(result->find("SECRET"), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace moongate
