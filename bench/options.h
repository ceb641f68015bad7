// `--name value` and `--flag` on a command line.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace moongate::bench {

class Options {
 public:
  // Exits with 2 and a message at anything that is not --name [value].
  Options(int argc, char** argv, int first) {
    for (int i = first; i < argc; ++i) {
      std::string_view name = argv[i];
      if (name.substr(0, 2) != "--") {
        std::fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[i]);
        std::exit(2);
      }
      bool has_value = i + 1 < argc && std::string_view(argv[i + 1]).substr(0, 2) != "--";
      values_[std::string(name.substr(2))] = has_value ? argv[++i] : "1";
    }
  }

  std::string text(const std::string& name, std::string fallback) const {
    auto found = values_.find(name);
    return found == values_.end() ? fallback : found->second;
  }
  long long number(const std::string& name, long long fallback) const {
    auto found = values_.find(name);
    return found == values_.end() ? fallback : std::atoll(found->second.c_str());
  }
  bool given(const std::string& name) const { return values_.contains(name); }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace moongate::bench
