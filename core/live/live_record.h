// One request as the live view keeps it: packed by the worker, unpacked when somebody looks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "meter/outcome.h"
#include "protocol/usage.h"
#include "proxy/request_watch.h"

namespace moongate {

struct LiveRequest {
  bool running = false;  // has only begun
  std::int64_t ended_at_ms = 0;  // of a running one: when it began
  std::string id, client, identity_kind, key_id, user_id, address;
  std::string method, path, dialect, operation, provider, account, model, upstream_model, location, error;
  int status = 0, upstream_status = 0, attempts = 0;
  Outcome outcome = Outcome::kPending;
  bool stream = false, estimated = false, priced = false;
  Usage usage;
  NanoDollars cost_nano = 0, billed_nano = 0;
  std::int64_t first_byte_us = -1, duration_us = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::vector<std::string> routes;  // "anthropic/main@us-east5"
  std::vector<std::int32_t> weights;  // of their accounts, in the same order
  std::vector<RequestNote> notes;

  std::int64_t input_tokens() const;  // all that went in: cached or not
  std::int64_t output_tokens() const;
};

// Appends. Long texts are cut at 512 bytes.
void pack(const WatchedRequest& request, bool running, std::string& out);

// What can be told without unpacking.
struct PackedHead {
  std::uint32_t size = 0;  // of the whole entry
  bool running = false;
  bool priced = false;
  std::int64_t ended_at_ms = 0;
  NanoDollars cost_nano = 0;
};
// Of the first entry of `bytes`, which were made by pack() in this process.
PackedHead packed_head(std::string_view bytes);
std::string_view packed_id(std::string_view bytes);
LiveRequest unpack(std::string_view bytes);

}  // namespace moongate
