// The gateway's part for who looks on: what workers tell, and what a look at its health shows.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "app/gateway_process.h"
#include "http/api_reply.h"
#include "live/worker_feed.h"

namespace moongate {

// Before the workers run.
Status GatewayProcess::open_live() {
  LiveHub::Parts parts{clock_, *metrics_};
  parts.requests = static_cast<std::size_t>(settings_.live.requests);
  parts.capture_requests = static_cast<std::size_t>(settings_.live.capture_requests);
  parts.capture_bytes = static_cast<std::size_t>(settings_.live.capture_kb) << 10;
  live_hub_ = std::make_unique<LiveHub>(std::move(parts));
  if (settings_.live.requests == 0) return {};
  for (WorkerPart& part : workers_) part.worker->watch = std::make_unique<WorkerFeed>(*live_hub_);
  return {};
}

void GatewayProcess::start_live() {
  live_ = std::make_unique<LiveService>(LiveService::Parts{
      *store_, clock_, *logger_, *live_hub_,
      [this](const HttpRequest& request) { return state_->people().admit(request); },
      [this](const HttpRequest& request) { return state_->people().is_foreign(request); },
      [this] { return gateway_->exchanges.load(); },
      [this] { return health_view(); }});
  plane_->add(service_of(*live_));
}

boost::json::object GatewayProcess::health_view() const {
  boost::json::error_code failed;
  boost::json::value parsed = boost::json::parse("{" + detail() + "}", failed);
  boost::json::object view = !failed && parsed.is_object() ? std::move(parsed.get_object()) : boost::json::object();
  view["ready"] = gateway_->ready.load() && !gateway_->draining.load();
  boost::json::array accounts;
  for (const AccountInForce& each : accounts_now()) {
    boost::json::object health{{"state", each.state}};
    health["reason"] = each.reason.empty() ? boost::json::value() : boost::json::value(each.reason);
    health["until"] = each.until_s == 0 ? boost::json::value() : boost::json::value(rfc3339(each.until_s));
    accounts.push_back({{"name", each.account->name},
                        {"provider", to_string(each.account->provider)},
                        {"source", each.source},
                        {"health", std::move(health)}});
  }
  view["accounts"] = std::move(accounts);
  return view;
}

}  // namespace moongate
