// Reads Prometheus's text format 0.0.4 strictly, so that tests see what a scraper sees.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace moongate {

struct ReadExposition {
  std::string problem;                     // empty: valid
  std::map<std::string, double> samples;   // by `name{a="x",b="y"}`, label values still escaped
  std::map<std::string, std::string> types;

  double at(const std::string& name) const {
    const auto found = samples.find(name);
    return found == samples.end() ? -12345 : found->second;
  }
  bool has(const std::string& name) const { return samples.contains(name); }
};

// Besides the grammar: each family once, with HELP before TYPE before its samples, no sample outside its family, none
// twice, histograms whole, with rising bounds and counts, ending at +Inf with the count.
ReadExposition read_exposition(std::string_view text);

}  // namespace moongate
