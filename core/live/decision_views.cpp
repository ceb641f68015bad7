// Notes in words: what was decided, which accounts were asked, how long it took.
#include <boost/json/value.hpp>

#include "live/live_views.h"
#include "protocol/upstream_error.h"
#include "upstream/account_health.h"

namespace moongate {
namespace {

using Kind = RequestNote::Kind;

double ms(std::int64_t us) { return static_cast<double>(us) / 1000; }

std::string route_name(const LiveRequest& request, std::uint8_t route) {
  return route < request.routes.size() ? request.routes[route] : "a route further down the list";
}

std::string_view fault_name(const RequestNote& note) { return to_string(static_cast<UpstreamFault>(note.value)); }

std::string plan_text(std::uint32_t value) {
  static constexpr std::string_view kSteps[] = {"the client gets this answer", "the same account is asked again", "the next account is asked",
                                                "asked again without thinking blocks", "asked again without the betas it does not know"};
  if (value == RequestNote::kBudgetSpent) return "the client gets this answer: the budget of retries is spent";
  return std::string(value < std::size(kSteps) ? kSteps[value] : "the client gets this answer");
}

std::string identified_text(const LiveRequest& request) {
  std::string text = request.client;
  if (request.identity_kind == "static") text += ", by a client token of the map";
  else if (request.identity_kind == "key") text += ", by a stored key";
  else if (request.identity_kind == "virtual-token") text += ", by an access token of a virtual service account";
  else if (request.identity_kind == "virtual-jwt") text += ", by a self-signed token of a virtual service account";
  else if (!request.identity_kind.empty()) text += ", by \"" + request.identity_kind + "\"";
  if (!request.key_id.empty()) text += " (" + request.key_id + ")";
  return text;
}

std::string reserved_text(std::uint32_t of) {
  std::string text;
  for (const auto& [bit, who] : {std::pair{RequestNote::kOfKey, "the key"}, {RequestNote::kOfClient, "the client"},
                                 {RequestNote::kOfUser, "the user"}, {RequestNote::kOfAccount, "the account"}}) {
    if ((of & bit) != 0) text += (text.empty() ? "reserved from what is left to " : ", ") + std::string(who);
  }
  return text.empty() ? "none apply" : text;
}

struct Words {
  std::string_view phase;
  std::string text;
};

Words words_of(const LiveRequest& request, const RequestNote& note) {
  const std::string route = route_name(request, note.route);
  switch (note.kind) {
    case Kind::kAuthenticated: return {"authenticate", identified_text(request)};
    case Kind::kModelKnown: return {"model", request.model.empty() ? "none" : request.model};
    case Kind::kRouted: {
      std::string text = std::to_string(note.value) + (note.value == 1 ? " route: " : " routes, in this order: ");
      for (std::size_t i = 0; i < request.routes.size(); ++i) {
        text += (i == 0 ? "" : ", ") + request.routes[i];
        if (request.routes.size() > 1) text += " (weight " + std::to_string(request.weights[i]) + ")";
      }
      return {"select", std::move(text)};
    }
    case Kind::kReserved:
      return {"limits", reserved_text(note.value)};
    case Kind::kAffinity:
      if (note.status == 0) return {"affinity", "nobody holds this conversation yet: the policy's order stands"};
      if (note.status == 1) return {"affinity", route + " holds this conversation's prompt cache and goes first"};
      if (note.status == 2) return {"affinity", route + " holds this conversation, but is in trouble"};
      return {"affinity", route + " has made the resource that is asked for; nobody else knows it"};
    case Kind::kPassedOver:
      return {"health", route + " is " + std::string(to_string(static_cast<Fitness>(note.status))) + " and goes last, for another " +
                            std::to_string((note.value + 999) / 1000) + " s"};
    case Kind::kAttempt: return {"attempt", route};
    case Kind::kConnected: return {"connect", note.status == 1 ? "on a kept-alive connection" : "on a new connection"};
    case Kind::kUnreachable: return {"connect", route + " cannot be reached"};
    case Kind::kNoCredential: return {"map", "no credential could be had for " + route};
    case Kind::kAnswered:
      return {"answer", std::to_string(note.status) + (note.value == 0 ? "" : ", " + std::string(fault_name(note)))};
    case Kind::kPlan: return {"retry", plan_text(note.value)};
    case Kind::kCaptured: return {"capture", "the bodies are kept, as asked for this client"};
  }
  return {"", ""};
}

std::string_view word_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone: return "done";
    case Outcome::kRejected: return "refused by the gateway";
    case Outcome::kClientGone: return "the client left";
    case Outcome::kUpstreamCut: return "the upstream's answer broke off";
    case Outcome::kTimeout: return "a deadline passed";
    case Outcome::kError: return "failed";
    case Outcome::kPending: return "running";
  }
  return "failed";
}

}  // namespace

boost::json::array decisions_view(const LiveRequest& request) {
  boost::json::array list;
  for (const RequestNote& note : request.notes) {
    Words words = words_of(request, note);
    list.push_back({{"at_ms", ms(note.at_us)}, {"phase", words.phase}, {"text", std::move(words.text)}});
  }
  if (!request.running) {
    std::string text = std::to_string(request.status) + " to the client; " + std::string(word_of(request.outcome));
    if (!request.error.empty()) text += ": " + request.error;
    list.push_back({{"at_ms", ms(request.duration_us)}, {"phase", "end"}, {"text", std::move(text)}});
  }
  return list;
}

boost::json::array attempts_view(const LiveRequest& request) {
  boost::json::array list;
  boost::json::object open;
  std::uint32_t began_us = 0;
  const auto close = [&](std::int64_t at_us) {
    if (open.empty()) return;
    if (!open.contains("duration_ms")) open["duration_ms"] = ms(at_us - began_us);
    list.push_back(std::move(open));
    open = boost::json::object();
  };
  for (const RequestNote& note : request.notes) {
    if (note.kind == Kind::kAttempt) {
      close(note.at_us);
      began_us = note.at_us;
      open = {{"route", route_name(request, note.route)}, {"began_ms", ms(note.at_us)}, {"status", nullptr}, {"reason", nullptr}};
    } else if (note.kind == Kind::kConnected) {
      if (!open.empty()) open["kept_alive"] = note.status == 1;
    } else if (note.kind == Kind::kUnreachable || note.kind == Kind::kNoCredential) {
      if (!open.empty()) open["reason"] = note.kind == Kind::kUnreachable ? "unreachable" : "no-credential";
      close(note.at_us);
    } else if (note.kind == Kind::kAnswered && !open.empty()) {
      open["status"] = note.status;
      if (note.value != 0) open["reason"] = fault_name(note);
      open["head_ms"] = ms(note.at_us - began_us);
    } else if (note.kind == Kind::kPlan && !open.empty()) {
      open["then"] = plan_text(note.value);
      if (note.value != 0 && note.value != RequestNote::kBudgetSpent) close(note.at_us);
    }
  }
  close(request.duration_us);
  return list;
}

boost::json::object timings_view(const LiveRequest& request) {
  boost::json::object view;
  const auto first_of = [&](Kind kind, const char* name) {
    for (const RequestNote& note : request.notes) {
      if (note.kind != kind) continue;
      view[name] = ms(note.at_us);
      return;
    }
    view[name] = nullptr;
  };
  first_of(Kind::kAuthenticated, "authenticated_ms");
  first_of(Kind::kModelKnown, "model_known_ms");
  first_of(Kind::kReserved, "reserved_ms");
  first_of(Kind::kAttempt, "first_attempt_ms");
  first_of(Kind::kConnected, "connected_ms");
  view["upstream_head_ms"] = nullptr;
  for (const RequestNote& note : request.notes) {
    if (note.kind == Kind::kAnswered) view["upstream_head_ms"] = ms(note.at_us);  // the last one
  }
  view["first_byte_ms"] = request.first_byte_us < 0 ? boost::json::value() : boost::json::value(ms(request.first_byte_us));
  view["end_ms"] = request.running ? boost::json::value() : boost::json::value(ms(request.duration_us));
  return view;
}

}  // namespace moongate
