// Cases as text: blocks of "name: value" lines, one file a family. '#' begins a line of prose.
#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace moongate::testing_cases {

struct Line {
  std::string where;  // "vertex.case:12"
  std::string name;
  std::string value;
};

// \n, \\ and \xHH; any other backslash stays.
inline std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[i + 1] == 'n') {
      out += '\n';
      ++i;
    } else if (text[i + 1] == '\\') {
      out += '\\';
      ++i;
    } else if (text[i + 1] == 'x' && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

inline std::vector<Line> read_cases(const std::string& folder) {
  std::vector<Line> lines;
  std::set<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(MOONGATE_SOURCE_DIR "/tests/cases/" + folder)) {
    if (entry.path().extension() == ".case") paths.insert(entry.path());
  }
  for (const std::filesystem::path& path : paths) {
    lines.push_back({path.filename().string(), "file", ""});
    std::ifstream file(path);
    std::string text;
    for (int number = 1; std::getline(file, text); ++number) {
      if (text.empty() || text.front() == '#') continue;
      const std::string where = path.filename().string() + ":" + std::to_string(number);
      const std::size_t colon = text.find(':');
      if (colon == std::string::npos) {
        lines.push_back({where, "", text});
        continue;
      }
      std::string value = text.substr(colon + 1);
      if (!value.empty() && value.front() == ' ') value.erase(0, 1);
      lines.push_back({where, text.substr(0, colon), unescaped(value)});
    }
  }
  return lines;
}

}  // namespace moongate::testing_cases
