#include "console/console_files.h"

#include <algorithm>

#include "console/content_type.h"
#include "console/gzip.h"
#include "console/negotiation.h"
#include "http/api_reply.h"

namespace moongate {
namespace {

constexpr std::string_view kRoot = "/admin";
constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kNonceMark = "__CSP_NONCE__";
constexpr std::size_t kNonceCharacters = 24;
// Below this a second header costs as much as it saves.
constexpr std::size_t kWorthCompressing = 512;

// Vite puts everything whose name has a digest of the content here.
bool has_digest_in_name(std::string_view path) { return path.starts_with("assets/"); }

// Nothing comes from elsewhere, nothing runs that is not in our files, and no other site frames the page. The editor and
// the framework add style elements as they go, which the nonce allows; connect-src 'self' covers the WebSocket.
std::string content_security_policy(std::string_view nonce) {
  std::string policy = "default-src 'none'; script-src 'self'";
  if (!nonce.empty()) policy.append(" 'nonce-").append(nonce).append("'");
  policy += "; style-src 'self'";
  if (!nonce.empty()) policy.append(" 'nonce-").append(nonce).append("'");
  policy += "; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  return policy;
}

void add_strictness(HttpResponse& response, std::string_view nonce) {
  response.headers.emplace_back("Content-Security-Policy", content_security_policy(nonce));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace_back("Permissions-Policy",
                                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-write=(self)");
}

HttpResponse strict(HttpResponse response) {
  add_strictness(response, {});
  return response;
}

HttpResponse see_root() {
  HttpResponse response = HttpResponse::text(308, "The console is at /admin/\n");
  response.headers.emplace_back("Location", "/admin/");
  return strict(std::move(response));
}

std::string with_nonce(std::string_view html, std::string_view nonce) {
  std::string out;
  out.reserve(html.size() + 4 * kNonceCharacters);
  for (std::size_t at = 0;;) {
    const std::size_t mark = html.find(kNonceMark, at);
    out += html.substr(at, mark == std::string_view::npos ? mark : mark - at);
    if (mark == std::string_view::npos) return out;
    out += nonce;
    at = mark + kNonceMark.size();
  }
}

}  // namespace

ConsoleFiles::ConsoleFiles(std::span<const EmbeddedFile> files, Random& random) : random_(random) {
  for (const EmbeddedFile& file : files) {
    const ContentType type = content_type_of(file.path);
    auto entry = std::make_unique<Entry>();
    entry->file = file;
    entry->content_type = type.name;
    entry->compressible = type.compressible && file.bytes.size() >= kWorthCompressing;
    entry->immutable = has_digest_in_name(file.path);
    entries_.push_back(std::move(entry));
  }
  std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a->file.path < b->file.path; });
  if (const Entry* index = find(kIndex)) index_html_ = index->file.bytes;
}

bool ConsoleFiles::serves(const HttpRequest& request) const {
  std::string_view path = request.path;
  if (!path.starts_with(kRoot)) return false;
  path.remove_prefix(kRoot.size());
  return path.empty() || path[0] == '/';
}

HttpResponse ConsoleFiles::handle(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = api_error(405, "METHOD_NOT_ALLOWED", "The console's files take GET and HEAD.");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return strict(std::move(response));
  }
  std::string_view path = request.path;
  path.remove_prefix(kRoot.size());
  if (path.empty() || path == "/index.html") return see_root();
  path.remove_prefix(1);
  if (const Entry* entry = find(path); entry != nullptr && path != kIndex) return file(request, *entry);
  // A page's first part is its name; what follows may be anything: /admin/accounts/company-1.json
  const std::string_view first = path.substr(0, path.find('/'));
  if (first == "assets" || first.find('.') != std::string_view::npos) {
    return strict(api_error(404, "NOT_FOUND", "The console has no such file. If it was just updated, reload the page."));
  }
  return index();
}

// Never kept: the nonce is good for one answer.
HttpResponse ConsoleFiles::index() const {
  const std::string nonce = random_token(random_, kNonceCharacters);
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-store");
  add_strictness(response, nonce);
  response.body = with_nonce(index_html_, nonce);
  return response;
}

HttpResponse ConsoleFiles::file(const HttpRequest& request, const Entry& entry) const {
  std::string_view body = entry.file.bytes;
  std::string tag = "\"" + std::string(entry.file.digest) + "\"";
  bool compressed = false;
  if (entry.compressible && accepts_gzip(find_header(request.headers, "Accept-Encoding"))) {
    std::call_once(entry.once, [&entry] {
      std::string smaller = gzip(entry.file.bytes);
      if (smaller.size() < entry.file.bytes.size()) entry.compressed = std::move(smaller);
    });
    compressed = !entry.compressed.empty();
  }
  if (compressed) {
    body = entry.compressed;
    tag.insert(tag.size() - 1, "-gzip");
  }
  HttpResponse response;
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", entry.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (entry.compressible) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (has_tag(find_header(request.headers, "If-None-Match"), tag)) {
    response.status = 304;
    return strict(std::move(response));
  }
  response.headers.emplace_back("Content-Type", entry.content_type);
  if (compressed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = body;
  return strict(std::move(response));
}

const ConsoleFiles::Entry* ConsoleFiles::find(std::string_view path) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), path,
                                   [](const auto& entry, std::string_view wanted) { return entry->file.path < wanted; });
  return at != entries_.end() && (*at)->file.path == path ? at->get() : nullptr;
}

}  // namespace moongate
