#include <gtest/gtest.h>

#include <optional>

#include "protocol/api.h"
#include "unit/protocol/case_file.h"

namespace moongate {
namespace {

using testing_cases::Line;

std::optional<Dialect> dialect_named(std::string_view name) {
  for (const Dialect dialect : {Dialect::kAnthropic, Dialect::kVertexGemini, Dialect::kVertexClaude,
                                Dialect::kGemini, Dialect::kOpenAi, Dialect::kPlain}) {
    if (to_string(dialect) == name) return dialect;
  }
  return std::nullopt;
}

std::optional<ArrayPosition> position_named(std::string_view name) {
  if (name == "before") return ArrayPosition::kBeforeArray;
  if (name == "first") return ArrayPosition::kFirst;
  if (name == "after-element") return ArrayPosition::kAfterElement;
  if (name == "after-comma") return ArrayPosition::kAfterComma;
  if (name == "inside") return ArrayPosition::kInsideElement;
  if (name == "after-array") return ArrayPosition::kAfterArray;
  return std::nullopt;
}

TEST(ErrorCases, EveryErrorHasTheShapeOfItsDialect) {
  Dialect dialect = Dialect::kPlain;
  ErrorText error;
  std::string message;
  std::string request_id;
  std::string reason;
  int cases = 0;
  for (const Line& line : testing_cases::read_cases("errors")) {
    if (line.name == "file") continue;
    SCOPED_TRACE(line.where);
    error.message = message;
    error.request_id = request_id;
    error.reason = reason;
    if (line.name == "error") {
      const std::size_t space = line.value.find(' ');
      const std::optional<Dialect> named = dialect_named(line.value.substr(0, space));
      ASSERT_TRUE(named.has_value());
      dialect = *named;
      error = {};
      error.http_status = std::stoi(line.value.substr(space + 1));
      message = request_id = reason = "";
      ++cases;
    } else if (line.name == "message") {
      message = line.value;
    } else if (line.name == "request-id") {
      request_id = line.value;
    } else if (line.name == "reason") {
      reason = line.value;
    } else if (line.name == "retry-after") {
      error.retry_after_seconds = std::stoi(line.value);
    } else if (line.name == "body") {
      EXPECT_EQ(error_body(dialect, error), line.value);
    } else if (line.name == "event") {
      EXPECT_EQ(error_event(dialect, error), line.value);
    } else if (line.name == "array") {
      EXPECT_EQ(error_array_body(error), line.value);
    } else if (line.name == "type" || line.name == "status") {
      const std::string pair = '"' + line.name + "\":\"" + line.value + '"';
      EXPECT_NE(error_body(dialect, error).find(pair), std::string::npos) << error_body(dialect, error);
    } else if (line.name.starts_with("tail ")) {
      const std::optional<ArrayPosition> position = position_named(line.name.substr(5));
      ASSERT_TRUE(position.has_value());
      EXPECT_EQ(error_array_tail(error, *position), line.value);
    } else {
      ADD_FAILURE() << "no such line: " << line.name;
    }
  }
  EXPECT_GT(cases, 35);
}

}  // namespace
}  // namespace moongate
