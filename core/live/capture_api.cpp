// /api/admin/clients/{client}/capture: whose bodies are kept for a while.
#include "control/admin_input.h"
#include "live/live_service.h"

namespace moongate {
namespace {

constexpr int kMostMinutes = 24 * 60;

boost::json::object capture_state(const CaptureBook::Capture& capture) {
  return {{"client", capture.client},   {"active", true},
          {"until", rfc3339(capture.until_ms / 1000)}, {"max_bytes", capture.max_bytes},
          {"captured", capture.captured}, {"actor", capture.actor}};
}

}  // namespace

HttpResponse LiveService::show_capture(const Call& call) {
  for (const CaptureBook::Capture& capture : parts_.hub.captures().running()) {
    if (capture.client == call.name) return json_reply(200, capture_state(capture));
  }
  return json_reply(200, {{"client", call.name}, {"active", false}});
}

HttpResponse LiveService::begin_capture(const Call& call) {
  AdminBody body(call.request, {"minutes", "max_bytes"});
  const auto minutes = body.integer("minutes", 1, kMostMinutes);
  const auto max_bytes = body.integer("max_bytes", 1, static_cast<std::int64_t>(parts_.hub.captures().most_bytes()));
  if (!minutes) body.refuse("\"minutes\" is needed: how long bodies are kept, 1 to 1440.");
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!parts_.hub.keeps_requests()) {
    return api_error(409, "FAILED_PRECONDITION", "live.requests is 0: no request is kept here, and no body.");
  }
  // Requests are told by their client's name; who gives an id means the same.
  std::string client = call.name;
  const auto known = parts_.store.find_client(client);
  if (!known) return store_away(known.error());
  if (*known) client = (*known)->name;
  const CaptureBook::Capture capture =
      parts_.hub.captures().begin(client, call.caller.name, static_cast<int>(*minutes), static_cast<std::size_t>(max_bytes.value_or(0)));
  note(call, "client.capture", client, {{"minutes", *minutes}, {"max_bytes", capture.max_bytes}});
  return json_reply(200, capture_state(capture));
}

HttpResponse LiveService::end_capture(const Call& call) {
  std::string client = call.name;
  const auto known = parts_.store.find_client(client);
  if (known && *known) client = (*known)->name;
  const bool ended = parts_.hub.captures().end(client);
  if (ended) note(call, "client.capture-end", client, {});
  return json_reply(200, {{"client", client}, {"active", false}});
}

}  // namespace moongate
