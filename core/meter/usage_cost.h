// What a request cost: its counts times a row of the price table. Whole numbers only: a sum is exact, as a fraction, and
// is rounded to nano-dollars once, half up, at the very end.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/money.h"
#include "meter/price_book.h"
#include "protocol/usage.h"
#include "store/records.h"

namespace moongate {

// What was used, in the shape that every provider's counts come to. What was not told is 0.
struct CostCounts {
  std::int64_t input = 0;  // without what was written to or read from a cache
  std::int64_t cache_write_5m = 0;
  std::int64_t cache_write_1h = 0;
  std::int64_t cache_read = 0;
  std::int64_t output = 0;
  std::int64_t thoughts = 0;  // beside output: none for Anthropic, whose thinking is a part of it
  std::int64_t tool_prompt = 0;
  std::int64_t audio_input = 0;   // a part of input
  std::int64_t audio_output = 0;  // a part of output
  std::int64_t web_searches = 0;
  std::int64_t images = 0;
  std::int64_t video_ms = 0;
  bool operator==(const CostCounts&) const = default;

  // What the long-prompt tiers go by: everything that was in the prompt, cached or not.
  std::int64_t prompt_tokens() const;
};
// `provider` as to_string(Provider) has it.
CostCounts counts_of(const Usage& usage, std::string_view provider);
CostCounts counts_of(const LedgerRecord& record);

// How the request was served. The views need to live during the call only.
struct CostContext {
  std::string_view location = {};       // of Vertex; empty: none
  std::string_view service_tier = {};   // "standard" and "" cost the list price; "batch", "flex", "priority", "provisioned"
  std::string_view inference_geo = {};  // "global", "not_available" and "": no uplift
  std::string_view speed = {};          // "standard", "" or "fast"
  bool batch = false;                   // asked for through a batch
};

// __extension__: ISO C++ has no such type, every compiler that builds this has.
__extension__ typedef __int128 WideInteger;

// count × price × factor. The cost in nano-dollars is amount / UsageCost::denominator.
struct CostLine {
  std::string_view name;  // as the price file names the price
  std::int64_t count = 0;
  NanoDollars price_nano = 0;
  std::int64_t per = 1;  // the price is for so many
  WideInteger amount = 0;
};

struct UsageCost {
  bool priced = false;          // false: no price is known for some of it; the amounts are 0 and mean nothing
  bool saturated = false;       // beyond what 64 bits hold: the amounts are the largest there are
  NanoDollars cost_nano = 0;    // what the provider takes
  NanoDollars billed_nano = 0;  // with the client's markup
  std::string_view price_id;    // of the row; lives as long as the row
  std::string why_unpriced;     // for the operator

  static constexpr std::size_t kMostLines = kTokenPrices + 3;
  std::array<CostLine, kMostLines> lines;  // of what was used at all
  std::size_t line_count = 0;
  WideInteger denominator = 1;
  std::int64_t factor_numerator = 1, factor_denominator = 1;  // of the tokens' lines: batch, priority, fast, region
};

// `row` nullptr: unpriced, unless nothing was used. Used and without a price in the row, or served in a way (tier, speed,
// region) that the row has no factor for: unpriced as a whole. `markup_ppm` below 0 counts as 0.
UsageCost cost_of(const CostCounts& counts, const PriceRow* row, const CostContext& context, std::int64_t markup_ppm);
// Costs nothing: count_tokens, and what was refused or failed.
UsageCost free_of_charge();
bool is_free_of_charge(std::string_view operation, int status);

// Prices a row of the ledger anew: priced, cost_nano, billed_nano and price_id. Again with the same book changes nothing.
void reprice(const PriceBook& book, LedgerRecord& record);

// "claude-opus-5: 25 input at 5.00 per 1000000, 64 output at 25.00 per 1000000, times 11/10 = 0.0018975"
std::string describe(const UsageCost& cost);

// What passed of an exchange whose answer broke off, so that what was never reported can be estimated.
struct PassedBytes {
  std::uint64_t request = 0;     // of the body of a request that a model worked on; 0: do not estimate the input
  std::uint64_t unreadable = 0;  // of an answer in a form or coding that could not be read
};
// Where the final report is missing, or told nothing: generated text that came after the last count of output adds a token
// for four bytes, begun ones whole. Input that was never told (Gemini's embeddings never do) is a token for four bytes of
// the request, at most a million. What was told stays. True: something was estimated.
bool estimate_missing(Usage& usage, const PassedBytes& passed);

}  // namespace moongate
