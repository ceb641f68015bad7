#include "live/live_record.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "proxy/exchange.h"

namespace moongate {
namespace {

constexpr std::size_t kLongestText = 512;
constexpr std::size_t kMostRoutes = 16;
constexpr std::size_t kTexts = 16;

// What lies before the notes and the texts. Never leaves the process, so it is laid out as the compiler likes.
struct PackedFields {
  PackedHead common;
  Usage usage;
  NanoDollars billed_nano;
  std::int64_t first_byte_us, duration_us;
  std::uint64_t bytes_in, bytes_out;
  std::int32_t status, upstream_status, attempts;
  Outcome outcome;
  bool stream, estimated;
  std::uint8_t notes, routes;
};
static_assert(std::is_trivially_copyable_v<PackedFields> && std::is_trivially_copyable_v<RequestNote>);

// Writes where room has been made.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}
  void bytes(const void* data, std::size_t size) {
    if (size != 0) std::memcpy(at_, data, size);
    at_ += size;
  }
  void text(std::string_view value) {
    const auto size = static_cast<std::uint16_t>(value.size());
    bytes(&size, sizeof size);
    bytes(value.data(), size);
  }
  const char* at() const { return at_; }

 private:
  char* at_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T plain() {
    T value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string_view text() {
    const auto size = plain<std::uint16_t>();
    const std::string_view value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return value;
  }

 private:
  std::string_view bytes_;
};

std::string_view cut(std::string_view text) {
  if (text.size() <= kLongestText) return text;
  std::size_t size = kLongestText;
  for (int i = 0; i < 3 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80; ++i) --size;
  return text.substr(0, size);
}

std::string_view name_of(const Route& route) {
  return route.account ? cut(route.account->name) : std::string_view();
}

}  // namespace

void pack(const WatchedRequest& request, bool running, std::string& out) {
  const AccessRecord& record = request.record;
  const std::array<std::string_view, kTexts> texts = {
      cut(record.request_id), cut(record.client),  cut(request.identity_kind), cut(request.key_id),
      cut(request.user_id),   cut(record.client_address), cut(record.method),  cut(record.path.substr(0, record.path.find('?'))),
      record.dialect,         record.operation,    record.provider,            cut(record.account),
      cut(record.model),      cut(record.upstream_model), cut(request.location), cut(record.error)};
  const std::span<const Route> routes = request.routes.first(std::min(request.routes.size(), kMostRoutes));
  std::size_t size = sizeof(PackedFields) + request.notes.size_bytes() + 2 * kTexts;
  for (const std::string_view text : texts) size += text.size();
  for (const Route& route : routes) size += 10 + to_string(route.provider).size() + name_of(route).size() + cut(route.location).size();

  PackedFields head{};
  head.common = {static_cast<std::uint32_t>(size), running, request.priced, record.unix_ns / 1'000'000, request.cost_nano};
  head.usage = record.usage;
  head.billed_nano = request.billed_nano;
  head.first_byte_us = record.ttfb_us;
  head.duration_us = record.duration_us;
  head.bytes_in = record.bytes_in;
  head.bytes_out = record.bytes_out;
  head.status = record.status;
  head.upstream_status = record.upstream_status;
  head.attempts = record.attempts;
  head.outcome = record.outcome;
  head.stream = record.stream;
  head.estimated = record.usage_estimated;
  head.notes = static_cast<std::uint8_t>(request.notes.size());
  head.routes = static_cast<std::uint8_t>(routes.size());

  const std::size_t begin = out.size();
  out.resize(begin + size);
  Writer write(out.data() + begin);
  write.bytes(&head, sizeof head);
  for (const std::string_view text : texts) write.text(text);
  write.bytes(request.notes.data(), request.notes.size_bytes());
  for (const Route& route : routes) {
    write.text(to_string(route.provider));
    write.text(name_of(route));
    write.text(cut(route.location));
    const std::int32_t weight = route.account ? route.account->weight : 1;
    write.bytes(&weight, sizeof weight);
  }
}

PackedHead packed_head(std::string_view bytes) { return Reader(bytes).plain<PackedFields>().common; }

std::string_view packed_id(std::string_view bytes) {
  bytes.remove_prefix(sizeof(PackedFields));
  return Reader(bytes).text();
}

LiveRequest unpack(std::string_view bytes) {
  Reader read(bytes);
  const PackedFields head = read.plain<PackedFields>();
  LiveRequest request;
  request.running = head.common.running;
  request.priced = head.common.priced;
  request.ended_at_ms = head.common.ended_at_ms;
  request.cost_nano = head.common.cost_nano;
  request.billed_nano = head.billed_nano;
  request.usage = head.usage;
  request.first_byte_us = head.first_byte_us;
  request.duration_us = head.duration_us;
  request.bytes_in = head.bytes_in;
  request.bytes_out = head.bytes_out;
  request.status = head.status;
  request.upstream_status = head.upstream_status;
  request.attempts = head.attempts;
  request.outcome = head.outcome;
  request.stream = head.stream;
  request.estimated = head.estimated;
  for (std::string* text : {&request.id, &request.client, &request.identity_kind, &request.key_id, &request.user_id,
                            &request.address, &request.method, &request.path, &request.dialect, &request.operation,
                            &request.provider, &request.account, &request.model, &request.upstream_model,
                            &request.location, &request.error}) {
    *text = read.text();
  }
  for (int i = 0; i < head.notes; ++i) request.notes.push_back(read.plain<RequestNote>());
  for (int i = 0; i < head.routes; ++i) {
    std::string route(read.text());
    route.append("/").append(read.text());
    if (const std::string_view location = read.text(); !location.empty()) route.append("@").append(location);
    request.routes.push_back(std::move(route));
    request.weights.push_back(read.plain<std::int32_t>());
  }
  return request;
}

std::int64_t LiveRequest::input_tokens() const {
  std::int64_t sum = 0;
  for (const std::int64_t each : {usage.input, usage.cache_write_5m, usage.cache_write_1h, usage.cache_read, usage.tool_prompt}) {
    sum += std::max<std::int64_t>(each, 0);
  }
  return sum;
}

// Anthropic tells thoughts as a part of the output, Google beside it.
std::int64_t LiveRequest::output_tokens() const {
  const bool beside = provider == to_string(Provider::kVertex) || provider == to_string(Provider::kGemini);
  return std::max<std::int64_t>(usage.output, 0) + (beside ? std::max<std::int64_t>(usage.thoughts, 0) : 0);
}

}  // namespace moongate
