#include "proxy/telemetry.h"

#include "protocol/query_params.h"
#include "proxy/worker.h"

namespace moongate {
namespace {

constexpr std::string_view kApi = "/api";

// The path behind "/api/<kind>"; nothing: not that kind.
std::optional<std::string_view> behind(std::string_view path, std::string_view kind) {
  if (!path.starts_with(kApi)) return std::nullopt;
  path.remove_prefix(kApi.size());
  if (!path.starts_with(kind)) return std::nullopt;
  path.remove_prefix(kind.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return path;
}

std::string without_credentials(std::string_view query) {
  std::string kept;
  for_each_param(query, [&](std::string_view whole, std::string_view name, std::string_view) {
    if (!is_credential_param(name)) kept += (kept.empty() ? "?" : "&") + std::string(whole);
  });
  return kept;
}

Task<void> deliver(Worker& worker, FetchRequest request) {
  const Result<FetchResponse> ignored = co_await fetch(worker.reactor, worker.pool, std::move(request));
  --worker.reports_under_way;
}

}  // namespace

std::optional<FetchRequest> telemetry_request(const Settings::Telemetry& settings, const TelemetryReport& report) {
  if (settings.mode != "forward") return std::nullopt;
  const std::string* receiver = &settings.statsig_url;
  std::optional<std::string_view> rest = behind(report.path, "/statsig");
  if (!rest && behind(report.path, "/event_logging")) rest = report.path.substr(kApi.size());
  if (!rest) {
    rest = behind(report.path, "/sentry");
    receiver = &settings.sentry_url;
  }
  if (!rest || receiver->empty()) return std::nullopt;
  FetchRequest request;
  std::string prefix;
  if (!parse_url(*receiver, request.endpoint, prefix)) return std::nullopt;
  prefix.resize(std::min(prefix.find('?'), prefix.size()));
  while (prefix.ends_with('/')) prefix.pop_back();
  request.method = report.method;
  request.target = prefix + std::string(*rest) + without_credentials(report.query);
  if (request.target.empty() || request.target.front() != '/') request.target.insert(0, "/");
  for (const auto& [name, value] : {std::pair("Content-Type", report.content_type),
                                    std::pair("Content-Encoding", report.content_encoding),
                                    std::pair("User-Agent", report.user_agent)}) {
    if (!value.empty()) request.headers.emplace_back(name, value);
  }
  request.timeout_ms = kReportMs;
  return request;
}

void send_report(Worker& worker, FetchRequest request) {
  if (worker.draining() || worker.reports_under_way >= kMaxReportsAtOnce) return;
  ++worker.reports_under_way;
  worker.run_aside(deliver(worker, std::move(request)));
}

}  // namespace moongate
