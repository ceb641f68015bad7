// Requests as tests make them up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "live/live_record.h"
#include "proxy/exchange.h"

namespace moongate {

// What a worker would tell; members are changed before packed() is called.
struct TestRequest {
  std::string id = "mg-1", client = "builder", user_id, model = "claude-sonnet-4-5", error;
  std::vector<Route> routes;
  RequestNotes notes;
  AccessRecord record;
  bool priced = true;
  NanoDollars cost_nano = 5;

  explicit TestRequest(std::string its_id = "mg-1", std::int64_t ended_at_ms = 1'000'000) : id(std::move(its_id)) {
    record.unix_ns = ended_at_ms * 1'000'000;
    record.method = "POST";
    record.path = "/v1/messages?key=secret";
    record.dialect = "anthropic";
    record.operation = "generate";
    record.provider = "anthropic";
    record.account = "main";
    record.status = 200;
    record.outcome = Outcome::kDone;
    record.attempts = 1;
    record.duration_us = 2500;
    record.ttfb_us = 1500;
    record.usage.input = 7;
    record.usage.cache_read = 3;
    record.usage.output = 11;
  }
  std::string packed(bool running = false) {
    record.request_id = id;
    record.client = client;
    record.model = model;
    record.error = error;
    std::string out;
    pack({record, "key", "k-1", user_id, "us-east5", routes, notes.all(), priced, cost_nano, cost_nano}, running, out);
    return out;
  }
  LiveRequest seen(bool running = false) { return unpack(packed(running)); }
};

inline Route route_to(const std::string& name, Provider provider = Provider::kAnthropic, const std::string& location = "", int weight = 1) {
  auto account = std::make_shared<Account>();
  account->name = name;
  account->weight = weight;
  Route route;
  route.provider = provider;
  route.account = std::move(account);
  route.location = location;
  return route;
}

inline RequestNote noted(RequestNote::Kind kind, std::uint32_t at_us, std::uint8_t route = RequestNote::kNoRoute, int status = 0,
                         std::uint32_t value = 0) {
  return {at_us, kind, route, static_cast<std::int16_t>(status), value};
}

inline std::shared_ptr<const std::string> batch_of(const std::string& bytes) { return std::make_shared<const std::string>(bytes); }

}  // namespace moongate
