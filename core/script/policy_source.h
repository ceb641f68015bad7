// The text of one policy generation: every Lua file of the policy folder, read once, so that all workers load
// the same thing however long that takes them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

class PolicySource {
 public:
  static constexpr std::size_t kMaxFileBytes = 1 << 20;
  static constexpr std::size_t kMaxFiles = 512;
  static constexpr int kMaxDepth = 8;

  // Reads `dir` and what lies below it: *.lua, but nothing whose name begins with a dot. Errors name the
  // file.
  static Result<std::shared_ptr<const PolicySource>> read(const std::string& dir);
  // Texts from memory, by path relative to the folder ("route.lua", "moongate/headers.lua").
  static std::shared_ptr<const PolicySource> of(std::map<std::string, std::string, std::less<>> files,
                                                std::string shown_as = "lua");

  // nullptr: no such file.
  const std::string* find(std::string_view path) const;
  const std::map<std::string, std::string, std::less<>>& files() const { return files_; }
  // How error messages call a file: "lua/route.lua", with the folder's own name.
  std::string shown(std::string_view path) const { return shown_as_ + "/" + std::string(path); }
  // Differs when any text differs.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  PolicySource() = default;
  void seal();

  std::map<std::string, std::string, std::less<>> files_;
  std::string shown_as_;
  std::string fingerprint_;
};

}  // namespace moongate
