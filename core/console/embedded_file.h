// Files that are part of the program.
#pragma once

#include <span>
#include <string_view>

namespace moongate {

struct EmbeddedFile {
  std::string_view path;    // relative to console/dist: "index.html", "assets/index-1a2b3c4d.js"
  std::string_view bytes;
  std::string_view digest;  // of the bytes, in hex: what an ETag is made of
};

// What console/dist held when the program was built, sorted by path.
std::span<const EmbeddedFile> built_console();

}  // namespace moongate
