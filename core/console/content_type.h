// What a file of the console is, told by its name.
#pragma once

#include <string_view>

namespace moongate {

struct ContentType {
  std::string_view name;      // with charset where it is text
  bool compressible = false;
};

// "application/octet-stream" for endings that are not known.
ContentType content_type_of(std::string_view path);

}  // namespace moongate
