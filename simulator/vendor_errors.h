// Errors in each vendor's own words and shape.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <string_view>

#include "simulator/faults.h"
#include "simulator/reply.h"

namespace moongate::sim {

// {"type":"error","error":{"type","message"},"request_id"}; an empty `type` is the one that belongs to the
// status.
Reply anthropic_error(int status, std::string_view type, std::string_view message,
                      const std::string& request_id);

// {"error":{"code","message","status","details"}}; an empty `reason` (of google.rpc.Code) is the status's
// own. Where a stream without alt=sse was asked for, Google wraps it in an array: `in_array`.
struct GoogleError {
  int code = 400;
  std::string_view reason;
  std::string message;
  boost::json::array details;
  bool in_array = false;
};
Reply google_error(const GoogleError& error);
// {"@type": "type.googleapis.com/google.rpc.ErrorInfo", …}
boost::json::object error_info(std::string_view reason, std::string_view service);

// {"error","error_description"} of the token endpoint.
Reply oauth_error(int status, std::string_view error, std::string_view description);

// The headers that status=… brings along: retry-after, retry-after-ms, x-should-retry.
void add_retry_headers(const Faults& faults, Reply& reply);

}  // namespace moongate::sim
