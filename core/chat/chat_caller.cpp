#include "chat/chat_caller.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "chat/answer_reader.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxCredential = 16 * 1024;
constexpr std::size_t kMaxRefusal = 64 * 1024;

std::string text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool is_visible(std::string_view text) {
  for (const char c : text) {
    if (c < 0x21 || c > 0x7E) return false;
  }
  return true;
}

// A session's token and a virtual service account's look alike.
bool may_be_session(std::string_view credential) {
  return credential.empty() || (credential.starts_with("ey") && std::count(credential.begin(), credential.end(), '.') == 2);
}

std::string_view status_word(int status) {
  switch (status) {
    case 400: return "INVALID_ARGUMENT";
    case 401: return "UNAUTHENTICATED";
    case 402: return "FAILED_PRECONDITION";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 405: return "UNIMPLEMENTED";
    case 409: return "ABORTED";
    case 413: return "INVALID_ARGUMENT";
    case 429: return "RESOURCE_EXHAUSTED";
    case 499: return "CANCELLED";
    case 504: return "DEADLINE_EXCEEDED";
    default: return status >= 500 ? "UNAVAILABLE" : "INVALID_ARGUMENT";
  }
}

}  // namespace

std::string presented_credential(const HttpRequest& request) {
  if (const auto key = find_header(request.headers, "x-api-key"); !key.empty()) return std::string(key);
  if (const auto key = bearer_of(request); !key.empty()) return std::string(key);
  if (const auto key = find_header(request.headers, "x-goog-api-key"); !key.empty()) return std::string(key);
  for (const auto& [name, value] : parse_form(request.query)) {
    if (name == "key" && !value.empty()) return value;
  }
  return std::string(find_header(request.headers, "x-auth-token"));
}

HttpResponse chat_error(int status, std::string_view message) { return api_error(status, status_word(status), message); }

HttpResponse passed_refusal(int status, const HeaderList& headers, std::string_view body) {
  std::string message = message_of_error(body);
  if (message.empty()) message = "The gateway answered " + std::to_string(status) + ".";
  HttpResponse refused = chat_error(status, message);
  for (const auto& [name, value] : headers) {
    if (!find_header({{name, value}}, "Retry-After").empty()) set_header(refused, "Retry-After", value);
  }
  return refused;
}

HttpResponse chat_failure(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid: return chat_error(400, error.message);
    case ErrorKind::kCanceled: return chat_error(499, "The client has left.");
    case ErrorKind::kClosed:
    case ErrorKind::kProtocol: return chat_error(502, error.message);
    case ErrorKind::kTimeout: return chat_error(504, error.message);
    default: break;
  }
  HttpResponse refused = chat_error(503, "The gateway cannot do this at the moment; try again shortly.");
  set_header(refused, "Retry-After", "1");
  return refused;
}

OrReply<ChatCaller> ChatCallers::identify(const HttpRequest& request, const Gone& gone) {
  std::string credential = presented_credential(request);
  if (credential.size() > kMaxCredential || !is_visible(credential)) return chat_error(401, "This credential is not valid here.");
  const bool session = may_be_session(credential);
  if (!credential.empty()) {
    OrReply<ChatCaller> known = by_credential(request, std::move(credential), gone);
    const HttpResponse* refused = std::get_if<HttpResponse>(&known);
    if (refused == nullptr || refused->status != 401) return known;
    if (session) return by_session(request);
    OrReply<ChatCaller> person = by_session(request);  // an administrator's token is told what it is no good for
    const HttpResponse* again = std::get_if<HttpResponse>(&person);
    return again == nullptr || again->status != 401 ? std::move(person) : std::move(known);
  }
  return by_session(request);
}

OrReply<ChatCaller> ChatCallers::by_credential(const HttpRequest& request, std::string credential, const Gone& gone) {
  const DataRequest question{"GET", "/api/chat/caller", {{"x-api-key", credential}}, {}, request.remote_address, request.tls};
  const auto call = call_data_port(parts_.port, question, gone);
  if (!call) return chat_failure(call.error());
  const Result<std::string> body = (*call)->read_all(kMaxRefusal, gone);
  if (!body) return chat_failure(body.error());
  if ((*call)->status() != 200) return passed_refusal((*call)->status(), (*call)->headers(), *body);
  boost::system::error_code failed;
  const json::value told = json::parse(*body, failed);
  if (failed || !told.is_object()) return chat_error(503, "The gateway cannot tell whose credential this is.");
  ChatCaller caller;
  caller.client = text_in(told.get_object(), "client");
  caller.user_id = text_in(told.get_object(), "user_id");
  caller.owner = caller.user_id.empty() ? "client:" + caller.client : "user:" + caller.user_id;
  caller.credential = std::move(credential);
  caller.address = request.remote_address;
  caller.tls = request.tls;
  return caller;
}

OrReply<ChatCaller> ChatCallers::by_session(const HttpRequest& request) {
  if (!parts_.admission) return chat_error(401, "This credential is not valid here. Send a key of this gateway.");
  OrReply<Caller> admitted = parts_.admission(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return std::move(*refused);
  const Caller& person = std::get<Caller>(admitted);
  if (person.user_id.empty()) {
    return chat_error(403, "Conversations belong to users and clients, and an administrator's token is neither: sign in as a user, or send a key.");
  }
  // A page of another site can make a browser send a GET with its cookies, though not read what comes.
  const std::string_view site = find_header(request.headers, "Sec-Fetch-Site");
  if (person.by_cookie && !site.empty() && site != "same-origin" && site != "none") {
    return chat_error(403, "This request comes from a page of another site.");
  }
  OrReply<KeyHolder> holder = own_client(person);
  if (auto* refused = std::get_if<HttpResponse>(&holder)) return std::move(*refused);
  ChatCaller caller;
  caller.user_id = person.user_id;
  caller.owner = "user:" + person.user_id;
  caller.client = std::get<KeyHolder>(holder).client.name;
  caller.lent = parts_.tokens.lend({std::move(std::get<KeyHolder>(holder)), false});
  caller.credential = caller.lent.token();
  caller.address = request.remote_address;
  caller.tls = request.tls;
  return caller;
}

// What a person does without a key is told by a client of that person's own, so that limits and usage have a name for it.
OrReply<KeyHolder> ChatCallers::own_client(const Caller& person) {
  const std::string name = "chat:" + person.user_id;
  const std::lock_guard lock(making_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto found = parts_.store.find_holder_by_client(name);
    if (!found) return chat_failure(found.error());
    if (*found) return std::move(**found);
    const ClientRecord fresh{"c-" + random_token(parts_.random, 16), name, person.user_id, true, {}, parts_.clock.unix_seconds()};
    const Result<bool> made = parts_.store.insert_client(fresh);  // false: another gateway was faster
    if (!made) return chat_failure(made.error());
    if (*made && parts_.directory_changed) parts_.directory_changed();
  }
  return chat_error(503, "The gateway cannot make a client for this user at the moment; try again shortly.");
}

OrReply<ChatCaller> ChatCallers::as_client(const HttpRequest& request, std::string_view name, bool of_map) {
  InnerTokens::Bearer bearer;
  bearer.of_map = of_map;
  bearer.holder.client.name = name;
  if (!of_map) {
    auto found = parts_.store.find_holder_by_client(name);
    if (!found) return chat_failure(found.error());
    if (!*found) return chat_error(404, "There is no client " + std::string(name.substr(0, 200)) + ".");
    bearer.holder = std::move(**found);
  }
  ChatCaller caller;
  caller.user_id = bearer.holder.user.id;
  caller.client = name;
  caller.lent = parts_.tokens.lend(std::move(bearer));
  caller.credential = caller.lent.token();
  caller.address = request.remote_address;
  caller.tls = request.tls;
  return caller;
}

}  // namespace moongate
