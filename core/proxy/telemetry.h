// What clients report of themselves (/api/statsig/*, /api/sentry/*, /api/event_logging/*): dropped, or handed on to where
// the operator wants it. The client is answered 204 either way, and never waits for the receiver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "upstream/http_client.h"

namespace moongate {

class Worker;

inline constexpr std::uint64_t kMaxReportBytes = 1u << 20;
inline constexpr int kMaxReportsAtOnce = 16;  // of a worker; beyond they are dropped
inline constexpr int kReportMs = 5'000;

// What is handed on of a report. Of its headers these three alone, so that no credential can go along.
struct TelemetryReport {
  std::string_view method, path, query;
  std::string_view content_type, content_encoding, user_agent;
};

// The request to the receiver, without the body: below the receiver's address stands what followed /api/statsig or
// /api/sentry, and for the third kind "/event_logging/…". Query parameters that hold credentials are left out. Nothing:
// it is dropped.
std::optional<FetchRequest> telemetry_request(const Settings::Telemetry& settings, const TelemetryReport& report);

// Sends it beside everything else, if there is room; whatever becomes of it.
void send_report(Worker& worker, FetchRequest request);

}  // namespace moongate
