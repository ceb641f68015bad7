// What providers ask for: rows of prices, found by provider, model and date. docs/prices.md tells the file's format.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/money.h"

namespace moongate {

enum class TokenPrice : std::uint8_t {
  kInput,
  kOutput,
  kCacheWrite5m,
  kCacheWrite1h,
  kCacheRead,
  kAudioInput,
  kAudioOutput,
  kThoughts,    // where none is given: as output
  kToolPrompt,  // where none is given: as input
};
inline constexpr std::size_t kTokenPrices = 9;
std::string_view to_string(TokenPrice kind);  // as the price file has it: "cache_write_5m"

// A price that the row does not have. It is never taken from another kind of token but where the enumeration says so.
inline constexpr NanoDollars kNoPrice = -1;

struct TokenPrices {
  std::array<NanoDollars, kTokenPrices> nano_per_million;  // tokens
  TokenPrices() { nano_per_million.fill(kNoPrice); }
  NanoDollars operator[](TokenPrice kind) const { return nano_per_million[static_cast<std::size_t>(kind)]; }
  NanoDollars& operator[](TokenPrice kind) { return nano_per_million[static_cast<std::size_t>(kind)]; }
  bool operator==(const TokenPrices&) const = default;
};

// A prompt of more tokens than this puts the whole request, output included, on these prices. They stand alone.
struct PriceTier {
  std::int64_t above_prompt_tokens = 0;
  TokenPrices prices;
  bool operator==(const PriceTier&) const = default;
};

// A factor that the row does not have.
inline constexpr std::int64_t kNoFactor = -1;

// Millionths; they multiply prices of tokens, not of searches, images and seconds.
struct PriceFactors {
  std::int64_t batch_ppm = kNoFactor;
  std::int64_t flex_ppm = kNoFactor;
  std::int64_t priority_ppm = kNoFactor;
  std::int64_t provisioned_ppm = kNoFactor;               // Vertex's provisioned throughput
  std::int64_t fast_ppm = kNoFactor;                      // Anthropic's speed "fast"
  std::int64_t regional_ppm = kNoFactor;                  // at a Vertex location that is not "global"
  std::vector<std::pair<std::string, std::int64_t>> geo;  // by Anthropic's inference_geo
  bool operator==(const PriceFactors&) const = default;
};

struct PriceRow {
  std::string id;
  std::string provider;  // as to_string(Provider) has it, or "*"
  std::string model;     // a name, or its beginning and '*'
  std::int64_t effective_from_s = std::numeric_limits<std::int64_t>::min();
  std::int64_t effective_until_s = std::numeric_limits<std::int64_t>::max();  // [from, until)
  TokenPrices prices;
  std::vector<PriceTier> tiers;  // by rising threshold
  NanoDollars web_search_nano = kNoPrice;  // per thousand
  NanoDollars image_nano = kNoPrice;       // each
  NanoDollars video_nano = kNoPrice;       // a second
  PriceFactors factors;
  std::string source;  // where the figures are from
  std::string date;    // and of when, "2026-10-09"
  std::string notes;
  bool operator==(const PriceRow&) const = default;

  // Those of the tier that a prompt of this size is in.
  const TokenPrices& prices_for(std::int64_t prompt_tokens) const;
};

// Immutable; safe to read from any thread. Rows that find() gave live as long as the book.
class PriceBook {
 public:
  // `stored` beats `file` where both have a row for the same provider and model at the same time.
  explicit PriceBook(std::vector<PriceRow> file = {}, std::vector<PriceRow> stored = {});
  PriceBook(const PriceBook&) = delete;
  PriceBook& operator=(const PriceBook&) = delete;

  // The row in effect: of the model as it is named, else of its family (family_of_model()), else of the longest beginning
  // that fits; in each, of this provider before "*". "models/…" and "publishers/…/models/…" before the name do not count.
  // nullptr: there is no price. Allocates nothing.
  const PriceRow* find(std::string_view provider, std::string_view model, std::int64_t at_ms) const;

  const std::vector<PriceRow>& rows() const { return rows_; }  // the stored ones first

 private:
  const PriceRow* pick(const std::vector<std::uint32_t>& candidates, std::string_view provider, std::int64_t at_s) const;
  const PriceRow* find_named(std::string_view provider, std::string_view name, std::int64_t at_s) const;

  struct Beginning {
    std::string_view text;
    std::vector<std::uint32_t> rows;
  };
  std::vector<PriceRow> rows_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> named_;  // keys lie in rows_
  std::vector<Beginning> beginnings_;                                       // the longest first
};

// The name without its date: "claude-sonnet-4-5@20250929" and "claude-sonnet-4-5-20250929" are claude-sonnet-4-5.
std::string_view family_of_model(std::string_view model);

}  // namespace moongate
