// Paths with a place for a name in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace moongate {

// Whether `path` is that of `pattern`, part by part, where a part "*" stands for anything but nothing: what stood there (the
// last of them), percent-decoded; empty where the pattern has none.
std::optional<std::string> match_path(std::string_view pattern, std::string_view path);

}  // namespace moongate
