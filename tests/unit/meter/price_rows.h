// Price rows for tests, written as an operator would write them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "meter/price_file.h"

namespace moongate::prices {

// A row's members, without braces, with what every row needs and no test of prices cares about.
inline std::string row(const std::string& id, const std::string& members) {
  return "{\"id\":\"" + id + "\",\"source\":\"a test\",\"date\":\"2026-10-09\"," + members + "}";
}

inline std::string file(const std::vector<std::string>& rows) {
  std::string text = "{\"prices\":[";
  for (const std::string& each : rows) text += (text.back() == '[' ? "\n" : ",\n") + each;
  return text + "\n]}";
}

inline std::vector<PriceRow> parsed(const std::vector<std::string>& rows) {
  std::vector<Problem> problems;
  std::vector<PriceRow> found = parse_price_file("prices.json", file(rows), problems);
  for (const Problem& problem : problems) ADD_FAILURE() << problem.format();
  return found;
}

// The table that is delivered with the gateway.
inline std::vector<PriceRow> delivered() {
  std::vector<Problem> problems;
  std::vector<PriceRow> found = parse_price_file("built-in", built_in_prices(), problems);
  for (const Problem& problem : problems) ADD_FAILURE() << problem.format();
  return found;
}

// Midnight UTC of "2026-10-07", in milliseconds.
inline std::int64_t day_ms(const std::string& day) {
  return parsed({row("d", R"("provider":"*","model":"m","input":"1","effective_from":")" + day + "\"")}).at(0).effective_from_s *
         1000;
}

}  // namespace moongate::prices
