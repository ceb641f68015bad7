// What is happening now, over HTTP: /ws, and under /api/admin/ overview, requests and the capture of bodies.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "http/message.h"
#include "identity/caller.h"
#include "live/live_hub.h"
#include "store/store.h"

namespace moongate {

class LiveService {
 public:
  struct Parts {
    Store& store;
    const Clock& clock;
    const Logger& log;
    LiveHub& hub;
    Admission admit;
    // Whether a page of another site sent a request.
    std::function<bool(const HttpRequest&)> foreign;
    std::function<int()> running;                   // requests, now
    std::function<boost::json::object()> health;    // "accounts", and what else a health tick has
  };
  // The references must outlive the service; the hub's thread starts here and ends with the service.
  explicit LiveService(Parts parts);
  ~LiveService();
  LiveService(const LiveService&) = delete;

  // Whether the path is one of ours (docs/live.md), whatever the method.
  bool serves(const HttpRequest& request) const;
  // Blocks on the store; safe from several threads.
  HttpResponse handle(const HttpRequest& request);

 private:
  struct Call {
    const HttpRequest& request;
    const Caller& caller;
    std::string name;  // what stands in the path for one
  };
  using Handler = HttpResponse (LiveService::*)(const Call&);
  struct Route {
    std::string_view method, path;
    Role least;
    Handler handler;
  };
  static const Route kRoutes[];

  HttpResponse look_on(const HttpRequest& request);
  HttpResponse show_overview(const Call& call);
  // requests_api.cpp
  HttpResponse list_requests(const Call& call);
  HttpResponse show_request(const Call& call);
  // capture_api.cpp
  HttpResponse show_capture(const Call& call);
  HttpResponse begin_capture(const Call& call);
  HttpResponse end_capture(const Call& call);

  void note(const Call& call, std::string_view action, const std::string& subject, boost::json::object detail);
  HttpResponse store_away(const Error& error) const;
  // overview.cpp
  boost::json::object now_figures();
  boost::json::array minute_points(std::int64_t from_s) const;
  OrReply<boost::json::array> rollup_points(std::int64_t from_s, UsageBucket bucket) const;
  std::optional<NanoDollars> cost_today();

  Parts parts_;
  std::mutex mutex_;  // guards the next two
  std::int64_t cost_due_ms_ = 0;  // when it is asked for next
  std::optional<NanoDollars> cost_today_;
};

}  // namespace moongate
