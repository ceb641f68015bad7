#include "canned_answers.h"

#include <cstdio>

namespace moongate::bench {
namespace {

// The set that the real service sends beside Content-Type: rate limits, ids and what its edge adds.
constexpr std::string_view kCommonHeaders =
    "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n"
    "Connection: keep-alive\r\n"
    "anthropic-ratelimit-requests-limit: 4000\r\n"
    "anthropic-ratelimit-requests-remaining: 3999\r\n"
    "anthropic-ratelimit-requests-reset: 2026-11-20T12:00:00Z\r\n"
    "anthropic-ratelimit-input-tokens-limit: 2000000\r\n"
    "anthropic-ratelimit-input-tokens-remaining: 1999000\r\n"
    "anthropic-ratelimit-input-tokens-reset: 2026-11-20T12:00:00Z\r\n"
    "request-id: req_011CbenchAbCdEfGhIjKlMnOp\r\n"
    "anthropic-organization-id: 00000000-0000-4000-8000-000000000000\r\n"
    "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n"
    "server: cloudflare\r\n"
    "cf-cache-status: DYNAMIC\r\n"
    "CF-RAY: 9a0000000000beef-FRA\r\n";

std::string chunk(std::string_view payload) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  return std::string(size) + std::string(payload) + "\r\n";
}

std::string event(std::string_view type, std::string_view rest) {
  std::string text = "event: ";
  text.append(type).append("\ndata: {\"type\":\"").append(type).append("\"").append(rest).append("}\n\n");
  return text;
}

std::string prose(std::size_t bytes) {
  constexpr std::string_view kSentence =
      "The moon keeps its distance and the gate stays open for whoever knows the word. ";
  std::string text;
  while (text.size() < bytes) text.append(kSentence);
  text.resize(bytes);
  return text;
}

}  // namespace

std::string plain_answer() {
  std::string body =
      "{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01BenchAbCdEfGhIjKlMnOpQ\",\"type\":"
      "\"message\","
      "\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" +
      prose(620) +
      "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":512,"
      "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"cache_creation\":"
      "{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0},\"output_tokens\":128,"
      "\"service_tier\":\"standard\"}}";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + std::string(kCommonHeaders) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string stream_opening() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n" +
         std::string(kCommonHeaders) + "Transfer-Encoding: chunked\r\n\r\n" +
         chunk(event(
             "message_start",
             ",\"message\":{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01BenchAbCdEfGhIjKlMnOpQ\","
             "\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,"
             "\"stop_sequence\":null,\"usage\":{\"input_tokens\":512,\"cache_creation_input_tokens\":0,"
             "\"cache_read_input_tokens\":0,\"output_tokens\":1,\"service_tier\":\"standard\"}}")) +
         chunk(event("content_block_start",
                     ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
}

std::string stream_ending(int events) {
  return chunk(event("content_block_stop", ",\"index\":0")) +
         chunk(event("message_delta",
                     ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"input_"
                     "tokens\":512,"
                     "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":" +
                         std::to_string(events * 30) + "}")) +
         chunk(event("message_stop", "")) + "0\r\n\r\n";
}

DeltaEvent::DeltaEvent() {
  // "~" marks the event's number and "^" the time; both are spelled out in digits.
  std::string body =
      event("content_block_delta",
            ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"bench ~~~~~~~~ ^^^^^^^^^^^^^^^^^^^ " +
                prose(108) + "\"}");
  text_ = chunk(body);
  number_at_ = text_.find('~');
  time_at_ = text_.find('^');
}

std::string_view DeltaEvent::with(int number, std::int64_t sent_ns) {
  auto put = [this](std::size_t at, int digits, std::int64_t value) {
    for (int i = digits - 1; i >= 0; --i, value /= 10)
      text_[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  };
  put(number_at_, 8, number);
  put(time_at_, 19, sent_ns);
  return text_;
}

}  // namespace moongate::bench
