// The files of page/, built into the binary.
#pragma once

#include <span>
#include <string_view>

namespace moongate {

struct SetupFile {
  std::string_view name;
  std::string_view text;
};

std::span<const SetupFile> setup_files();

}  // namespace moongate
