#include "console/content_type.h"

#include <array>
#include <utility>

namespace moongate {
namespace {

constexpr std::array<std::pair<std::string_view, ContentType>, 13> kTypes{{
    {".css", {"text/css; charset=utf-8", true}},
    {".html", {"text/html; charset=utf-8", true}},
    {".ico", {"image/x-icon", true}},
    {".js", {"text/javascript; charset=utf-8", true}},
    {".json", {"application/json", true}},
    {".map", {"application/json", true}},
    {".mjs", {"text/javascript; charset=utf-8", true}},
    {".png", {"image/png", false}},
    {".svg", {"image/svg+xml", true}},
    {".txt", {"text/plain; charset=utf-8", true}},
    {".webmanifest", {"application/manifest+json", true}},
    {".webp", {"image/webp", false}},
    {".woff2", {"font/woff2", false}},
}};

}  // namespace

ContentType content_type_of(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return {"application/octet-stream", false};
}

}  // namespace moongate
