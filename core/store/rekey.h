// `moongate rekey`: what is sealed with one master key is sealed with another.
#pragma once

#include <string>
#include <vector>

#include "crypto/sealed_box.h"
#include "store/store.h"

namespace moongate {

// The boxes of one purpose, from the old and the new master key, and what stands before the id in the context
// that its values are sealed for.
struct RekeyPurpose {
  SealedKind kind;
  SealedBox from, to;
  std::string context_prefix;
};

// Every sealed value from its old box to its new one, in one transaction; how many. A value that the new box
// opens already is left as it is, so that it can be done again when it is not certain that it was done. Error
// kInvalid, with nothing changed: a value that neither box opens; the message names it.
Result<std::int64_t> rekey(Store& store, const std::vector<RekeyPurpose>& purposes, Random& random);

}  // namespace moongate
