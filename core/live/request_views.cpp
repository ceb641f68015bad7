#include <boost/json/value.hpp>

#include "base/log.h"
#include "base/money.h"
#include "base/utf8.h"
#include "control/admin_views.h"
#include "crypto/base64.h"
#include "live/live_views.h"
#include "meter/decoder.h"

namespace moongate {
namespace {

namespace json = boost::json;

json::value or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }
json::value count_view(std::int64_t count) { return count < 0 ? json::value() : json::value(count); }

json::object tokens_view(const Usage& usage) {
  return {{"input_tokens", count_view(usage.input)},
          {"cache_write_5m_tokens", count_view(usage.cache_write_5m)},
          {"cache_write_1h_tokens", count_view(usage.cache_write_1h)},
          {"cache_read_tokens", count_view(usage.cache_read)},
          {"output_tokens", count_view(usage.output)},
          {"thought_tokens", count_view(usage.thoughts)},
          {"tool_prompt_tokens", count_view(usage.tool_prompt)},
          {"audio_input_tokens", count_view(usage.audio_input)},
          {"audio_output_tokens", count_view(usage.audio_output)},
          {"web_searches", count_view(usage.web_searches)},
          {"images", count_view(usage.images)},
          {"video_ms", count_view(usage.video_ms)}};
}

constexpr std::size_t kMostDecoded = 1u << 20;

// What a reader can read: decoded where the answer was compressed, as far as what was kept goes.
json::object body_view(const std::string& kept, std::uint64_t bytes, const std::string& coding) {
  std::string text = kept;
  bool decoded = false;
  if (!coding.empty()) {
    if (const auto decoder = Decoder::create(parse_content_coding(coding))) {
      text.clear();
      decoder->feed(kept, [&](std::string_view piece) {
        if (text.size() < kMostDecoded) text += piece.substr(0, kMostDecoded - text.size());
      });
      decoded = true;
    }
  }
  // The cut may have gone through a character.
  for (int i = 0; i < 3 && !text.empty() && kept.size() < bytes && !is_valid_utf8(text); ++i) text.pop_back();
  json::object view{{"bytes", bytes}, {"cut", kept.size() < bytes}};
  if (decoded) view["decoded_from"] = coding;
  if (is_valid_utf8(text)) view["text"] = text;
  else view["base64"] = base64_encode(text);
  return view;
}

}  // namespace

json::object request_summary(const LiveRequest& request) {
  const std::int64_t began_ms = request.ended_at_ms - request.duration_us / 1000;
  json::object view{{"id", request.id},
                    {"state", request.running ? "running" : "ended"},
                    {"at", format_utc_ms(request.ended_at_ms)},
                    {"began_at", format_utc_ms(began_ms)},
                    {"client", or_null(request.client)},
                    {"user_id", or_null(request.user_id)},
                    {"key_id", or_null(request.key_id)},
                    {"method", request.method},
                    {"path", request.path},
                    {"dialect", request.dialect},
                    {"operation", request.operation},
                    {"model", or_null(request.model)},
                    {"provider", or_null(request.provider)},
                    {"account", or_null(request.account)},
                    {"stream", request.stream},
                    {"attempts", request.attempts}};
  if (request.running) return view;
  view["status"] = request.status;
  view["outcome"] = to_string(request.outcome);
  view["error"] = or_null(request.error);
  view["input_tokens"] = request.input_tokens();
  view["output_tokens"] = request.output_tokens();
  view["cost"] = request.priced ? json::value(format_dollars(request.cost_nano)) : json::value();
  view["duration_ms"] = static_cast<double>(request.duration_us) / 1000;
  view["first_byte_ms"] = request.first_byte_us < 0 ? json::value() : json::value(static_cast<double>(request.first_byte_us) / 1000);
  return view;
}

json::object request_summary(const LedgerRecord& row) {
  return {{"id", row.request_id},
          {"state", "ended"},
          {"at", format_utc_ms(row.ended_at_ms)},
          {"began_at", format_utc_ms(row.ended_at_ms - row.duration_ms)},
          {"client", or_null(row.client)},
          {"user_id", or_null(row.user_id)},
          {"key_id", or_null(row.key_id)},
          {"method", nullptr},
          {"path", nullptr},
          {"dialect", nullptr},
          {"operation", row.operation},
          {"model", or_null(row.model)},
          {"provider", or_null(row.provider)},
          {"account", or_null(row.account)},
          {"stream", row.stream},
          {"attempts", nullptr},
          {"status", row.status},
          {"outcome", row.outcome},
          {"error", nullptr},
          {"input_tokens", row.input_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens + row.cache_read_tokens + row.tool_prompt_tokens},
          {"output_tokens", row.output_tokens + (row.provider == "vertex" || row.provider == "gemini" ? row.thought_tokens : 0)},
          {"cost", row.priced ? json::value(format_dollars(row.cost_nano)) : json::value()},
          {"duration_ms", row.duration_ms},
          {"first_byte_ms", row.first_byte_ms < 0 ? json::value() : json::value(row.first_byte_ms)}};
}

json::object request_detail(const LiveRequest& request) {
  json::object view = request_summary(request);
  view["source"] = "recent";
  view["address"] = or_null(request.address);
  view["identity"] = or_null(request.identity_kind);
  view["upstream_model"] = or_null(request.upstream_model);
  view["upstream_status"] = request.upstream_status == 0 ? json::value() : json::value(request.upstream_status);
  view["location"] = or_null(request.location);
  view["estimated"] = request.estimated;
  view["billed"] = request.priced ? json::value(format_dollars(request.billed_nano)) : json::value();
  view["bytes_in"] = request.bytes_in;
  view["bytes_out"] = request.bytes_out;
  json::array routes;
  for (const std::string& route : request.routes) routes.emplace_back(route);
  view["routes"] = std::move(routes);
  view["decisions"] = decisions_view(request);
  view["attempts_made"] = request.attempts;
  view["attempts"] = attempts_view(request);
  view["timings"] = timings_view(request);
  view["tokens"] = tokens_view(request.usage);
  return view;
}

json::object request_detail(const LedgerRecord& row) {
  json::object view = request_summary(row);
  json::object all = ledger_view(row);
  view["source"] = "ledger";
  for (const char* name : {"gateway", "location", "upstream_model", "estimated", "service_tier", "inference_geo", "speed", "raw_usage",
                           "billed", "markup_ppm", "price_id", "bytes_in", "bytes_out"}) {
    view[name] = std::move(all[name]);
  }
  view["tokens"] = std::move(all["usage"]);
  view["decisions"] = json::array();
  view["attempts"] = json::array();
  view["timings"] = {{"first_byte_ms", view["first_byte_ms"]}, {"end_ms", row.duration_ms}};
  return view;
}

json::object capture_view(const CapturedBodies& bodies) {
  return {{"request", body_view(bodies.request, bodies.request_bytes, "")},
          {"answer", body_view(bodies.answer, bodies.answer_bytes, bodies.answer_coding)}};
}

}  // namespace moongate
