// What a worker needs to say what a request cost and to write it down.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "identity/key_directory.h"
#include "meter/price_book.h"
#include "meter/spool.h"
#include "proxy/balances.h"
#include "proxy/known_use.h"

namespace moongate {

// On its worker's thread; filled in before the worker runs, what is a snapshot is swapped by posting to its loop.
struct Billing {
  std::shared_ptr<const PriceBook> prices = std::make_shared<const PriceBook>();  // never null
  std::shared_ptr<const Balances> balances;  // null: users need no money
  std::shared_ptr<const UseSums> use;        // null: not known
  const Spool* spool = nullptr;              // null: nothing is written down (tests)
  SpoolWriter* writer = nullptr;
  KeyDirectory* keys = nullptr;              // is told which keys were used
  std::string gateway;                       // this process, in ledger rows
  std::int64_t markup_ppm = 1'000'000;       // where an identity says none
  bool refuse_unpriced = false;
  bool refuse_unrecorded = true;             // requests while nothing can be written down
  NanoDollars warning = 0, cutoff = 0;       // of balances
  std::int64_t output_tokens = 1024;         // expected of a request that names no maximum
  std::atomic<std::uint64_t> unpriced{0};    // requests that used what has no price; written by the worker alone
  std::string scratch;                       // of one row's bytes
};

}  // namespace moongate
