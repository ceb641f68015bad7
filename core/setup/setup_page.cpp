#include "setup/setup_page.h"

#include <algorithm>
#include <charconv>

#include "http/api_reply.h"
#include "setup/setup_files.h"

namespace moongate {
namespace {

constexpr std::string_view kFolder = "/setup/";
// Nothing from elsewhere, nothing inline, in nobody's frame.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The name of a file of page/ that the path asks for; empty: none.
std::string_view file_of(std::string_view path) {
  if (path == "/") return "index.html";
  if (path == "/client-setup.sh" || path == "/moongate-admin.sh") return path.substr(1);
  if (path.starts_with(kFolder)) {
    path.remove_prefix(kFolder.size());
    if (path.ends_with(".css") || path.ends_with(".js")) return path;
  }
  return {};
}

const SetupFile* find_file(std::string_view name) {
  const auto files = setup_files();
  const auto found = std::find_if(files.begin(), files.end(), [&](const SetupFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "text/x-shellscript; charset=utf-8";
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) text.replace(at, what.size(), with);
}

// What a page, a shell script in single quotes and a JSON text may hold as it is.
bool is_plain_url(std::string_view url) {
  return std::all_of(url.begin(), url.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view(":/.-_~[]%").find(c) != std::string_view::npos;
  });
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

bool parse_host(std::string_view text, HostAndPort& out) {
  if (text.empty() || text.size() > 255) return false;
  std::size_t end = 0;
  if (text.front() == '[') {
    end = text.find(']');
    if (end == text.npos || end < 3) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != address.npos) return false;
    ++end;
  } else {
    while (end < text.size() && (is_letter_or_digit(text[end]) || text[end] == '-' || text[end] == '.')) ++end;
    if (end == 0 || !is_letter_or_digit(text.front())) return false;
  }
  out.host = text.substr(0, end);
  out.port = 0;
  text.remove_prefix(end);
  if (text.empty()) return true;
  if (text.front() != ':' || text.size() < 2) return false;
  text.remove_prefix(1);
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), out.port);
  return failed == std::errc() && stop == text.data() + text.size() && out.port > 0 && out.port < 65536;
}

bool SetupPage::serves(const HttpRequest& request) const {
  if (request.path != "/") return !file_of(request.path).empty();
  return find_header(request.headers, "Accept").find("text/html") != std::string_view::npos &&
         find_header(request.headers, "Metadata-Flavor").empty();
}

HttpResponse SetupPage::handle(const HttpRequest& request) const {
  const std::string_view name = file_of(request.path);
  const SetupFile* file = find_file(name);
  if (file == nullptr) return api_error(404, "NOT_FOUND", "There is no such file.");
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse refused = api_error(405, "METHOD_NOT_ALLOWED", "This path takes GET.");
    set_header(refused, "Allow", "GET, HEAD");
    return refused;
  }
  const bool has_addresses = name == "index.html" || name.ends_with(".sh");
  HttpResponse response = HttpResponse::text(200, has_addresses ? filled_in(file->text, request) : std::string(file->text));
  set_header(response, "Content-Type", type_of(name));
  set_header(response, "X-Content-Type-Options", "nosniff");
  set_header(response, "Referrer-Policy", "no-referrer");
  set_header(response, "Content-Security-Policy", kPolicy);
  // What depends on the Host must not be kept for somebody who comes by another name.
  set_header(response, "Cache-Control", has_addresses ? "no-store" : "no-cache");
  if (name.ends_with(".sh")) set_header(response, "Content-Disposition", "attachment; filename=\"" + std::string(name) + "\"");
  return response;
}

std::string SetupPage::filled_in(std::string_view text, const HttpRequest& request) const {
  HostAndPort came;
  if (!parse_host(find_header(request.headers, "Host"), came)) came = {addresses_.fallback_host, addresses_.control_port};
  std::string control = addresses_.control_url;
  if (control.empty() || !is_plain_url(control)) {
    control = std::string(request.tls ? "https://" : "http://") + came.host + (came.port == 0 ? "" : ":" + std::to_string(came.port));
  }
  std::string api = addresses_.api_url;
  if (api.empty() || !is_plain_url(api)) api = addresses_.api_scheme + "://" + came.host + ":" + std::to_string(addresses_.api_port);
  std::string out(text);
  replace_all(out, "@API_URL@", without_slash(std::move(api)));
  replace_all(out, "@CONTROL_URL@", without_slash(std::move(control)));
  return out;
}

}  // namespace moongate
