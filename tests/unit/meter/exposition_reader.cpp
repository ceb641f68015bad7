#include "exposition_reader.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <regex>
#include <set>
#include <vector>

namespace moongate {
namespace {

double number(const std::string& text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::nan("");
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return *end == '\0' && !text.empty() ? value : std::nan("bad");
}

// The family that a sample belongs to.
std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
  if (types.contains(name)) return name;
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const std::string base = name.substr(0, name.size() - suffix.size());
    const auto found = types.find(base);
    if (found != types.end() && found->second == "histogram") return base;
  }
  return "";
}

struct Buckets {
  double last_bound = -std::numeric_limits<double>::infinity();
  double last_count = 0;
  bool ended = false;
};

}  // namespace

ReadExposition read_exposition(std::string_view text) {
  static const std::regex kHelp("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)");
  static const std::regex kType("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)");
  static const std::string kLabel = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\\\\\|\\\\\"|\\\\n)*\"";
  static const std::regex kSample("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(" + kLabel + "(?:," + kLabel + ")*)\\})? ([^ ]+)");
  static const std::regex kBound("(.*?),?le=\"([^\"]+)\"");

  ReadExposition out;
  std::set<std::string> helped;
  std::string family;
  std::map<std::string, Buckets> buckets;
  std::size_t begin = 0;
  const auto fail = [&](const std::string& why, std::string_view line) {
    if (out.problem.empty()) out.problem = why + ": " + std::string(line);
  };
  if (!text.empty() && text.back() != '\n') fail("no newline at the end", "");
  while (begin < text.size() && out.problem.empty()) {
    const std::size_t end = text.find('\n', begin);
    const std::string line(text.substr(begin, end - begin));
    begin = end + 1;
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      if (!helped.insert(match[1]).second) fail("a family twice", line);
      family = match[1];
    } else if (std::regex_match(line, match, kType)) {
      if (match[1] != family || out.types.contains(family)) fail("TYPE not right behind its HELP", line);
      out.types[family] = match[2];
    } else if (std::regex_match(line, match, kSample)) {
      const std::string name = match[1], labels = match[3];
      if (family_of(name, out.types) != family) fail("a sample outside its family", line);
      const double value = number(match[4]);
      if (std::isnan(value) && match[4] != "NaN") fail("no number", line);
      const std::string key = labels.empty() ? name : name + "{" + labels + "}";
      if (!out.samples.emplace(key, value).second) fail("a sample twice", line);
      if (out.types[family] == "counter" && value < 0) fail("a negative counter", line);
      std::smatch bound;
      if (out.types[family] == "histogram" && name == family + "_bucket") {
        if (!std::regex_match(labels, bound, kBound)) {
          fail("a bucket without le", line);
          continue;
        }
        Buckets& of = buckets[family + "{" + bound[1].str()];
        const double at = number(bound[2]);
        if (!(at > of.last_bound) || value < of.last_count || of.ended) fail("buckets that do not rise", line);
        of.last_bound = at;
        of.last_count = value;
        of.ended = std::isinf(at);
      } else if (out.types[family] == "histogram" && name == family + "_count") {
        const Buckets& of = buckets[family + "{" + labels];
        if (!of.ended || of.last_count != value) fail("a count that is not the last bucket's", line);
      }
    } else {
      fail("a line that is no exposition", line);
    }
  }
  return out;
}

}  // namespace moongate
