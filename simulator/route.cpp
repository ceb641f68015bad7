#include "simulator/route.h"

#include <vector>

namespace moongate::sim {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    out.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return out;
}

// "model:verb"; the verb is what follows the last colon.
void set_model(Route& route, std::string_view last) {
  const std::size_t colon = last.rfind(':');
  route.model = std::string(last.substr(0, colon));
  if (colon != std::string_view::npos) route.verb = std::string(last.substr(colon + 1));
}

bool speaks_gemini(const Request& request) {
  return !request.header("x-goog-api-key").empty() || !request.parameter("key").empty();
}

// [projects/P/locations/L/]publishers/{google|anthropic}/models[/M:verb]
Route vertex_route(const std::vector<std::string_view>& s) {
  Route route;
  std::size_t at = 1;
  if (s.size() > 5 && s[1] == "projects" && s[3] == "locations") {
    route.project = std::string(s[2]);
    route.location = std::string(s[4]);
    at = 5;
  }
  if (s.size() < at + 3 || s.size() > at + 4 || s[at] != "publishers" || s[at + 2] != "models") return {};
  if (s[at + 1] == "google") {
    route.face = Face::kVertex;
  } else if (s[at + 1] == "anthropic" && at == 5) {
    route.face = Face::kClaudeVertex;
  } else {
    return {};
  }
  if (s.size() == at + 4) set_model(route, s[at + 3]);
  return route;
}

Route anthropic_route(const std::vector<std::string_view>& s) {
  Route route;
  route.face = Face::kAnthropic;
  route.verb = std::string(s[1]);
  if (s[1] == "messages" && s.size() == 2) return route;
  if (s[1] == "messages" && s.size() == 3 && s[2] == "count_tokens") {
    route.verb = "count_tokens";
    return route;
  }
  if (s[1] == "models" && s.size() <= 3) {
    if (s.size() == 3) route.model = std::string(s[2]);
    return route;
  }
  route.verb.clear();  // a path of this vendor's that is not played
  return route;
}

Route gemini_route(const std::vector<std::string_view>& s, const Request& request) {
  Route route;
  if (s[1] == "files") {
    if (s.size() > 3) return route;
    route.face = Face::kGeminiFiles;
    if (s.size() == 3) route.model = std::string(s[2]);
    return route;
  }
  if (s[1] != "models" || s.size() > 3) return route;
  route.face = Face::kGemini;
  if (s.size() == 3) set_model(route, s[2]);
  const bool shared = s[0] == "v1" && route.verb.empty();
  if (shared && !speaks_gemini(request)) return anthropic_route(s);
  return route;
}

}  // namespace

Route route_of(const Request& request) {
  const std::string_view path = request.path;
  Route route;
  if (path.starts_with("/__simulator/")) {
    route.face = Face::kControl;
    route.verb = std::string(path.substr(13));
    return route;
  }
  if (path == "/token" || path == "/oauth2/v4/token" || path == "/o/oauth2/token") {
    route.face = Face::kToken;
    return route;
  }
  if (path == "/oauth2/v3/certs") {
    route.face = Face::kCerts;
    return route;
  }
  const std::vector<std::string_view> s = segments_of(path);
  if (s.size() >= 3 && s[0] == "upload" && s[2] == "files" && s.size() == 3) {
    route.face = Face::kGeminiFiles;
    route.upload = true;
    return route;
  }
  if (s.size() < 2 || (s[0] != "v1" && s[0] != "v1beta" && s[0] != "v1beta1")) return route;
  if (s[1] == "projects" || s[1] == "publishers") return vertex_route(s);
  if (s[0] == "v1" && s[1] == "messages") return anthropic_route(s);
  if (s[1] == "models" || s[1] == "files") return gemini_route(s, request);
  return route;
}

}  // namespace moongate::sim
