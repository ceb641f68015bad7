// Terms and limits out of a JSON object, with the place of each mistake. Inside core/config only.
#pragma once

#include <string_view>

#include "config/json_reader.h"
#include "config/terms.h"

namespace moongate {

// The members of Terms in an object that may have others besides; what is wrong is reported and counts as absent.
// `unknown`: what to make of unknown members of "limits" (the owner has judged its own).
Terms read_terms(ObjectReader& owner, FileProblems& problems, ObjectReader::Unknown unknown);

// "limits" of an object.
LimitSet read_limits(ObjectReader& owner, FileProblems& problems,
                     ObjectReader::Unknown unknown = ObjectReader::Unknown::kWarn);

// What callers may call a model; compared only. The '*' of a wildcard is not part of it.
bool is_model_name(std::string_view name);

}  // namespace moongate
