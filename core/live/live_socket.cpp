#include "live/live_socket.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "live/live_views.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::size_t kBehindBytes = 256 * 1024;  // unsent: whoever reads so slowly is told less
constexpr int kPolicy = 1008;

std::string error_message(std::string_view text) { return json::serialize(json::object{{"type", "error"}, {"message", text}}); }

bool name_matches(const std::string& wanted, const std::string& name) {
  if (wanted.empty()) return true;
  if (wanted.ends_with('*')) return name.starts_with(std::string_view(wanted).substr(0, wanted.size() - 1));
  return wanted == name;
}

}  // namespace

bool is_status_filter(std::string_view text) {
  if (text == "error" || text == "ok") return true;
  return text.size() == 3 && text[0] >= '1' && text[0] <= '5' &&
         (text.substr(1) == "xx" || std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

bool status_matches(std::string_view filter, int status, std::string_view outcome) {
  if (filter.empty()) return true;
  const bool good = outcome == "done" && status < 400;
  if (filter == "error") return !good;
  if (filter == "ok") return good;
  if (filter.ends_with("xx")) return status / 100 == filter[0] - '0';
  return std::to_string(status) == filter;
}

bool RequestFilter::takes(const LiveRequest& request) const {
  if (!name_matches(client, request.client) || !name_matches(model, request.model) || !name_matches(account, request.account)) return false;
  return status.empty() || (!request.running && status_matches(status, request.status, to_string(request.outcome)));
}

void LiveSocket::opened(std::shared_ptr<WebSocketPeer> peer) {
  {
    const std::scoped_lock lock(mutex_);
    peer_ = std::move(peer);
  }
  hub_.add(shared_from_this());
}

void LiveSocket::closed() {
  hub_.remove(this);
  const std::scoped_lock lock(mutex_);
  peer_ = nullptr;
}

void LiveSocket::message(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (!peer_) return;
  if (const std::string wrong = read(text); !wrong.empty()) peer_->send(error_message(wrong));
}

std::string LiveSocket::read(std::string_view text) {
  json::error_code failed;
  const json::value parsed = json::parse(text, failed);
  if (failed || !parsed.is_object()) return "Send a JSON object: {\"subscribe\":[\"requests\",\"health\",\"usage\"],\"filter\":{…}}.";
  Wants wants = wants_;
  for (const auto& [name, value] : parsed.get_object()) {
    if (name == "subscribe") {
      if (!value.is_array()) return "\"subscribe\" is a list of topics.";
      wants.requests = wants.health = wants.usage = false;
      for (const json::value& topic : value.get_array()) {
        if (topic == "requests") wants.requests = true;
        else if (topic == "health") wants.health = true;
        else if (topic == "usage") wants.usage = true;
        else return "The topics are \"requests\", \"health\" and \"usage\".";
      }
    } else if (name == "filter") {
      if (!value.is_object()) return "\"filter\" is an object.";
      wants.filter = RequestFilter();
      for (const auto& [field, of] : value.get_object()) {
        if (of.is_null()) continue;
        std::string* place = field == "client"    ? &wants.filter.client
                             : field == "model"   ? &wants.filter.model
                             : field == "account" ? &wants.filter.account
                             : field == "status"  ? &wants.filter.status
                                                  : nullptr;
        if (place == nullptr) return "A filter has \"client\", \"model\", \"account\" and \"status\".";
        if (of.is_int64()) *place = std::to_string(of.get_int64());
        else if (of.is_string()) *place = of.get_string();
        else return "What a filter asks for is a text.";
      }
      if (!wants.filter.status.empty() && !is_status_filter(wants.filter.status)) {
        return "\"status\" is a number (429), a class (5xx), \"ok\" or \"error\".";
      }
    } else {
      return "Only \"subscribe\" and \"filter\" are known here.";
    }
  }
  if (caller_.role == Role::kUser && (wants.health || wants.usage)) return "Your role sees \"requests\" of your own clients.";
  wants_ = std::move(wants);
  return {};
}

void LiveSocket::tell_lag() {
  if (dropped_ == 0 || !peer_ || peer_->waiting_bytes() > kBehindBytes / 2) return;
  peer_->send(json::serialize(json::object{{"type", "lagged"}, {"dropped", dropped_}}));
  dropped_ = 0;
}

void LiveSocket::offer(std::string text) {
  if (!peer_) return;
  tell_lag();
  if (dropped_ > 0 || peer_->waiting_bytes() > kBehindBytes || !peer_->send(std::move(text))) ++dropped_;
}

void LiveSocket::request(const LiveRequest& request) {
  const std::scoped_lock lock(mutex_);
  if (!wants_.requests || !wants_.filter.takes(request)) return;
  if (caller_.role == Role::kUser && (caller_.user_id.empty() || request.user_id != caller_.user_id)) return;
  json::object message{{"type", "request"}};
  message["request"] = request_summary(request);
  offer(json::serialize(message));
}

void LiveSocket::tick(std::string_view topic, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  tell_lag();
  if (!(topic == "health" ? wants_.health : wants_.usage) || !peer_) return;
  // The next one says it all again: a tick that finds no room is no loss to be told of.
  if (peer_->waiting_bytes() <= kBehindBytes) peer_->send(text);
}

bool LiveSocket::look_at_session() {
  const OrReply<Caller> now = admit_(asked_);
  std::string why;
  if (const auto* refused = std::get_if<HttpResponse>(&now)) {
    if (refused->status != 401 && refused->status != 403) return false;  // the store is away: what held, holds
    why = "the session is over";
  } else if (std::get<Caller>(now).role != caller_.role || std::get<Caller>(now).user_id != caller_.user_id) {
    why = "the role has changed";
  }
  if (why.empty()) return true;
  std::shared_ptr<WebSocketPeer> peer;
  {
    const std::scoped_lock lock(mutex_);
    wants_ = Wants();
    peer = peer_;
  }
  if (peer) peer->close(kPolicy, why);
  return true;
}

}  // namespace moongate
