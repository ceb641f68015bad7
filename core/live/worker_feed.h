// A worker's end of the live view: requests are packed into a batch that is handed over ten times a second.
#pragma once

#include <string>

#include "live/live_hub.h"
#include "proxy/request_watch.h"

namespace moongate {

// On its worker's thread. What it costs a request is the packing; no lock is taken before the batch is full.
class WorkerFeed final : public RequestWatch {
 public:
  // The hub must outlive it.
  explicit WorkerFeed(LiveHub& hub) : hub_(hub) {}
  ~WorkerFeed() override { flush(); }

  bool wants_begun() const override { return hub_.wants_begun(); }
  void begun(const WatchedRequest& request) override { put(request, true); }
  void ended(const WatchedRequest& request) override { put(request, false); }
  std::size_t capture_bytes(std::string_view client) const override { return hub_.captures().wanted(client); }
  void captured(std::string_view request_id, std::string_view client, CapturedBodies bodies) override {
    hub_.captures().keep(request_id, client, std::move(bodies));
  }
  void flush() override;

 private:
  void put(const WatchedRequest& request, bool running);

  LiveHub& hub_;
  std::string batch_;
};

}  // namespace moongate
