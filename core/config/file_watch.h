// Tells whether an operator's files have changed, by looking now and then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moongate {

// A look costs one stat a file. Symbolic links to files are followed. What is not there counts too: a file that
// appears or goes is a change, and never an error. Belongs to one thread.
class FileWatch {
 public:
  // One file, whether it is there or not.
  void add_file(std::string path);
  // Every file below `folder` whose name ends in `suffix` (".lua"), in sub-folders too. Names that begin with '.'
  // (what editors leave) and symbolic links to folders below it are left out; at most kMaxFiles are watched.
  void add_folder(std::string folder, std::string suffix);

  // Whether anything has changed since the call before. The first call takes the present state as it is and
  // says false; what was added since the call before is likewise only noted. Blocks on the file system.
  bool changed();

  static constexpr std::size_t kMaxFiles = 10000;

 private:
  struct Seen {
    std::int64_t modified_ns = 0, status_changed_ns = 0, size = 0;
    std::uint64_t inode = 0, device = 0;
    bool exists = false;
    // Of a file so young that a second write could leave all of the above as it is (kernel time ticks in
    // milliseconds): a hash of its content.
    std::optional<std::uint64_t> content;
  };
  struct Folder {
    std::string path, suffix;
    bool known = false;  // looked at before
  };

  Seen look(const std::string& path, const Seen* before) const;
  static bool same(const Seen& before, const Seen& now);
  void collect(const Folder& folder, std::map<std::string, bool>& names) const;

  std::map<std::string, bool> files_;  // to whether it was looked at before
  std::vector<Folder> folders_;
  std::map<std::string, Seen> seen_;
};

}  // namespace moongate
