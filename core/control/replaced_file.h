// Putting a new text in place of an operator's file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

// Writes `text` aside in the file's folder and renames it over the file, which keeps its mode and owner; where a symbolic
// link leads, the file there is replaced. A file that is not there yet is made with `new_mode`, and its missing folders
// with it. Whole or not at all.
// `expected`: what the file still has to say right before. kCanceled: it says something else. kForbidden: the folder or
// the file system cannot be written to; the message says what to do. kUnavailable: anything else.
Status replace_file(const std::string& path, std::string_view text, const std::optional<std::string_view>& expected,
                    unsigned new_mode);

// kForbidden, kUnavailable as above; what is not there is no error.
Status remove_file(const std::string& path);

}  // namespace moongate
