#include "people/origin_policy.h"

#include <algorithm>

#include "http/api_reply.h"

namespace moongate {
namespace {

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return low;
}

// "host:port" of an origin, without a port that its scheme has anyway; empty: no http(s) origin.
std::string authority_of(std::string_view origin) {
  const std::string low = lowered(origin);
  for (const auto& [scheme, port] : {std::pair<std::string_view, std::string_view>{"http://", ":80"}, {"https://", ":443"}}) {
    if (!low.starts_with(scheme)) continue;
    std::string rest = low.substr(scheme.size());
    if (rest.ends_with(port)) rest.resize(rest.size() - port.size());
    return rest;
  }
  return {};
}

bool is_api(const HttpRequest& request) { return request.path == "/api" || request.path.starts_with("/api/"); }

void add_if_absent(HttpResponse& response, std::string_view name, std::string_view value) {
  if (find_header(response.headers, name).empty()) response.headers.emplace_back(name, value);
}

}  // namespace

OriginPolicy::OriginPolicy(std::string_view origins) {
  while (!origins.empty()) {
    const std::size_t comma = origins.find(',');
    std::string_view each = origins.substr(0, comma);
    origins = comma == origins.npos ? std::string_view() : origins.substr(comma + 1);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ') || each.ends_with('/')) each.remove_suffix(1);
    if (!each.empty()) origins_.push_back(lowered(each));
  }
}

bool OriginPolicy::allows(std::string_view origin) const {
  return std::find(origins_.begin(), origins_.end(), lowered(origin)) != origins_.end();
}

bool OriginPolicy::is_foreign(const HttpRequest& request) const {
  const std::string_view origin = find_header(request.headers, "Origin");
  if (!origin.empty()) {
    if (allows(origin)) return false;
    const std::string authority = authority_of(origin);
    // A proxy in front may have added TLS: the scheme is not compared.
    std::string host = lowered(find_header(request.headers, "Host"));
    if (host.ends_with(":80") || host.ends_with(":443")) host.resize(host.rfind(':'));
    return authority.empty() || authority != host;
  }
  const std::string_view site = find_header(request.headers, "Sec-Fetch-Site");
  return site == "cross-site" || site == "same-site";
}

std::optional<HttpResponse> OriginPolicy::preflight(const HttpRequest& request) const {
  if (request.method != "OPTIONS" || !is_api(request)) return std::nullopt;
  if (find_header(request.headers, "Access-Control-Request-Method").empty()) return std::nullopt;
  HttpResponse answer;
  answer.status = 204;
  if (allows(find_header(request.headers, "Origin"))) {
    answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    answer.headers.emplace_back("Access-Control-Allow-Headers",
                                "Authorization, Content-Type, X-CSRF-Token, X-Api-Key, X-Goog-Api-Key");
    answer.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  dress(request, answer);
  return answer;
}

void OriginPolicy::dress(const HttpRequest& request, HttpResponse& response) const {
  if (!is_api(request)) return;
  add_if_absent(response, "Cache-Control", "no-store");
  add_if_absent(response, "X-Content-Type-Options", "nosniff");
  add_if_absent(response, "X-Frame-Options", "DENY");
  add_if_absent(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add_if_absent(response, "Referrer-Policy", "no-referrer");
  if (request.tls) add_if_absent(response, "Strict-Transport-Security", "max-age=31536000");
  if (!origins_.empty()) response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = find_header(request.headers, "Origin");
  if (origin.empty() || !allows(origin)) {
    add_if_absent(response, "Cross-Origin-Resource-Policy", "same-origin");
    return;
  }
  set_header(response, "Access-Control-Allow-Origin", origin);
  set_header(response, "Access-Control-Allow-Credentials", "true");
  set_header(response, "Access-Control-Expose-Headers", "Retry-After, Location");
  add_if_absent(response, "Cross-Origin-Resource-Policy", "cross-origin");
}

}  // namespace moongate
