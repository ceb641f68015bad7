// One browser, or program, that looks on over GET /ws.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "http/message.h"
#include "identity/caller.h"
#include "live/live_hub.h"

namespace moongate {

// Which requests a subscriber wants. Empty texts: all.
struct RequestFilter {
  std::string client, model, account, status;  // status: "200", "4xx", "error" (all but well-ended ones)
  bool takes(const LiveRequest& request) const;
};
// Nothing: `text` is no status to filter by.
bool is_status_filter(std::string_view text);
bool status_matches(std::string_view filter, int status, std::string_view outcome);

class LiveSocket final : public WebSocketHandler, public LiveListener, public std::enable_shared_from_this<LiveSocket> {
 public:
  // `request` is the one that asked for the WebSocket: whether its session still holds is asked again and again.
  LiveSocket(LiveHub& hub, Admission admit, HttpRequest request, Caller caller)
      : hub_(hub), admit_(std::move(admit)), asked_(std::move(request)), caller_(std::move(caller)) {}

  void opened(std::shared_ptr<WebSocketPeer> peer) override;
  void message(std::string_view text) override;
  void closed() override;

  void request(const LiveRequest& request) override;
  void tick(std::string_view topic, const std::string& text) override;
  bool look_at_session() override;

 private:
  struct Wants {
    bool requests = false, health = false, usage = false;
    RequestFilter filter;
  };
  // The error to tell; empty: it is done.
  std::string read(std::string_view text);
  // Or leaves it out, and counts, when the subscriber is behind.
  void offer(std::string text);
  void tell_lag();

  LiveHub& hub_;
  const Admission admit_;
  const HttpRequest asked_;
  const Caller caller_;
  std::mutex mutex_;  // guards the rest
  std::shared_ptr<WebSocketPeer> peer_;
  Wants wants_;
  std::uint64_t dropped_ = 0;
};

}  // namespace moongate
