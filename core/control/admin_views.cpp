#include "control/admin_views.h"

#include <boost/json/parse.hpp>

#include "base/log.h"
#include "base/money.h"
#include "http/api_reply.h"

namespace moongate {
namespace {

// What we wrote ourselves; anything else shows as null.
boost::json::value stored_json(const std::string& text) {
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse(text, failed);
  return failed ? boost::json::value() : value;
}

boost::json::value or_null(const std::string& text) { return text.empty() ? boost::json::value() : boost::json::value(text); }

}  // namespace

boost::json::value time_view(std::int64_t unix_s) {
  return unix_s == 0 ? boost::json::value() : boost::json::value(rfc3339(unix_s));
}

boost::json::object terms_view(const std::string& terms) {
  boost::json::value value = stored_json(terms);
  return value.is_object() ? std::move(value.get_object()) : boost::json::object();
}

boost::json::object user_view(const UserRecord& user) {
  return {{"id", user.id},
          {"name", user.name},
          {"email", or_null(user.email)},
          {"role", user.role},
          {"has_password", !user.password_hash.empty()},
          {"enabled", user.enabled},
          {"terms", terms_view(user.terms)},
          {"created_at", time_view(user.created_at_s)}};
}

boost::json::object client_view(const ClientRecord& client, const std::string& user_name) {
  return {{"id", client.id},
          {"name", client.name},
          {"user_id", or_null(client.user_id)},
          {"user", or_null(user_name)},
          {"enabled", client.enabled},
          {"terms", terms_view(client.terms)},
          {"created_at", time_view(client.created_at_s)}};
}

boost::json::object key_view(const ApiKeyRecord& key, const std::string& client_name) {
  return {{"id", key.id},
          {"prefix", key.prefix},
          {"name", key.name},
          {"client_id", key.client_id},
          {"client", or_null(client_name)},
          {"enabled", key.enabled},
          {"terms", terms_view(key.terms)},
          {"created_at", time_view(key.created_at_s)},
          {"expires_at", time_view(key.expires_at_s)},
          {"last_used_at", time_view(key.last_used_at_s)}};
}

boost::json::object account_view(const UpstreamAccountRecord& account) {
  boost::json::value models = stored_json(account.models);
  return {{"name", account.name},
          {"hint", account.hint},
          {"models", models.is_array() ? std::move(models) : boost::json::array()},
          {"weight", account.weight},
          {"enabled", account.enabled},
          {"disabled_reason", or_null(account.disabled_reason)},
          {"created_at", time_view(account.created_at_s)}};
}

boost::json::object movement_view(const MovementRecord& movement) {
  return {{"id", movement.id},
          {"user_id", movement.user_id},
          {"kind", movement.kind},
          {"amount", format_dollars(movement.amount_nano)},
          {"actor", movement.actor},
          {"note", movement.note},
          {"created_at", time_view(movement.created_at_s)}};
}

boost::json::object ledger_view(const LedgerRecord& row) {
  boost::json::object view{{"request_id", row.request_id},
                           {"ended_at", format_utc_ms(row.ended_at_ms)},
                           {"gateway", row.gateway},
                           {"client", row.client},
                           {"key_id", or_null(row.key_id)},
                           {"user_id", or_null(row.user_id)},
                           {"provider", row.provider},
                           {"account", row.account},
                           {"location", or_null(row.location)},
                           {"model", row.model},
                           {"upstream_model", row.upstream_model},
                           {"operation", row.operation},
                           {"outcome", row.outcome},
                           {"status", row.status},
                           {"stream", row.stream},
                           {"estimated", row.estimated},
                           {"service_tier", or_null(row.service_tier)},
                           {"inference_geo", or_null(row.inference_geo)},
                           {"speed", or_null(row.speed)}};
  view["usage"] = boost::json::object{{"input_tokens", row.input_tokens},
                                      {"cache_write_5m_tokens", row.cache_write_5m_tokens},
                                      {"cache_write_1h_tokens", row.cache_write_1h_tokens},
                                      {"cache_read_tokens", row.cache_read_tokens},
                                      {"output_tokens", row.output_tokens},
                                      {"thought_tokens", row.thought_tokens},
                                      {"tool_prompt_tokens", row.tool_prompt_tokens},
                                      {"audio_input_tokens", row.audio_input_tokens},
                                      {"audio_output_tokens", row.audio_output_tokens},
                                      {"web_searches", row.web_searches},
                                      {"images", row.images},
                                      {"video_ms", row.video_ms}};
  view["raw_usage"] = stored_json(row.raw_usage);
  view["priced"] = row.priced;
  view["cost"] = row.priced ? boost::json::value(format_dollars(row.cost_nano)) : boost::json::value();
  view["billed"] = row.priced ? boost::json::value(format_dollars(row.billed_nano)) : boost::json::value();
  view["markup_ppm"] = row.markup_ppm;
  view["price_id"] = or_null(row.price_id);
  view["duration_ms"] = row.duration_ms;
  view["first_byte_ms"] = row.first_byte_ms < 0 ? boost::json::value() : boost::json::value(row.first_byte_ms);
  view["bytes_in"] = row.bytes_in;
  view["bytes_out"] = row.bytes_out;
  return view;
}

boost::json::object notification_view(const NotificationRecord& record) {
  return {{"id", record.id},
          {"user_id", or_null(record.user_id)},
          {"kind", record.kind},
          {"text", record.text},
          {"created_at", time_view(record.created_at_s)},
          {"read_at", time_view(record.read_at_s)}};
}

boost::json::object audit_view(const AuditRecord& record) {
  return {{"at", format_utc_ms(record.at_ms)},
          {"actor", record.actor},
          {"action", record.action},
          {"subject", record.subject},
          {"detail", stored_json(record.detail)},
          {"address", record.address}};
}

}  // namespace moongate
