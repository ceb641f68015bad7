// Requests as JSON, and what their notes mean in words.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "live/live_record.h"
#include "proxy/request_watch.h"
#include "store/records.h"

namespace moongate {

// A row of a list, and a "request" message of the WebSocket.
boost::json::object request_summary(const LiveRequest& request);
boost::json::object request_summary(const LedgerRecord& row);
// All of it.
boost::json::object request_detail(const LiveRequest& request);
boost::json::object request_detail(const LedgerRecord& row);

// [{"at_ms", "phase", "text"}]
boost::json::array decisions_view(const LiveRequest& request);
// [{"route", "status", "reason", "began_ms", "duration_ms", "then"}]
boost::json::array attempts_view(const LiveRequest& request);
boost::json::object timings_view(const LiveRequest& request);
// Bodies that were kept: text where they are text, base64 otherwise.
boost::json::object capture_view(const CapturedBodies& bodies);

}  // namespace moongate
