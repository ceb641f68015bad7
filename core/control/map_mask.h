// The map as an operator may see it: secrets are masked, and a mask that comes back unchanged is its secret again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace moongate {

// A mask is "***…", the last characters of a secret that is long enough for them to say nothing, '#', and a keyed digest
// of the secret. So it stands for that one secret wherever it is moved to, and nobody can make one up.
class MapMask {
 public:
  // `key`: the same in every gateway of the store, and known to nobody else.
  explicit MapMask(std::string key) : key_(std::move(key)) {}

  // Every secret masked; all other bytes as they are. Masked are: client_token, strings under keys that the map does not
  // know, what is named like a secret in a remark, and whatever looks like a key or token of a kind that we know. In a
  // text that is no JSON, everything that could be one of those.
  std::string mask(std::string_view text) const;

  struct Restored {
    std::string text;
    std::vector<Problem> problems;  // masks that stand for nothing, with their places in the masked text
    // Where the masked text had a column of the restored one.
    int shown_column(int line, int column) const;

    struct Edit {
      int line = 0, column = 0;  // in the restored text
      int shown = 0, real = 0;   // lengths in characters
    };
    std::vector<Edit> edits;
  };
  // `original`: the text whose secrets the masks may stand for. A secret comes back only where it would be masked again.
  Restored restore(std::string_view edited, std::string_view original) const;

  // Differs when the text differs, and tells nothing of it.
  std::string etag(std::string_view text) const;

 private:
  std::string mask_of(std::string_view raw) const;

  std::string key_;
};

}  // namespace moongate
