// What the gateway would do with a request, found out by running its policy on one that is made up.
#pragma once

#include <memory>
#include <string>

#include "app/workbench.h"
#include "control/operator_hooks.h"
#include "identity/inner_tokens.h"
#include "limits/limit_book.h"
#include "store/store.h"

namespace moongate {

struct WhatIfWorld {
  const Settings& settings;
  std::shared_ptr<const MapConfig> map;
  std::shared_ptr<const PolicySource> policy;
  Workbench::Outside outside;  // all of it
  InnerTokens& inner;
  LimitBook& limits;
  Store& store;
};

// The answer of POST /api/admin/what-if, as a JSON object. Nothing is sent, minted, counted or logged. Runs on the calling
// thread and may block. kNotFound: no such client (the message is what there is not); kInvalid: no request could look like
// that; kUnavailable: the store is away.
Result<std::string> answer_what_if(WhatIfWorld world, const WhatIfQuestion& question);

}  // namespace moongate
