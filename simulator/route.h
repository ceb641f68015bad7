// Which of the vendors' endpoints a path belongs to.
#pragma once

#include <cstdint>
#include <string>

#include "simulator/request.h"

namespace moongate::sim {

enum class Face : std::uint8_t {
  kNone,
  kControl,       // /__simulator/…
  kToken,         // Google's token endpoint
  kCerts,         // its keys
  kAnthropic,     // api.anthropic.com
  kClaudeVertex,  // Claude as a Vertex publisher model
  kVertex,        // Gemini on Vertex, with and without a project
  kGemini,        // generativelanguage.googleapis.com
  kGeminiFiles,   // its files, and their upload
};

struct Route {
  Face face = Face::kNone;
  std::string project, location;  // empty: express mode
  std::string model;              // empty: the list of models
  std::string verb;  // what follows the colon; for Anthropic "messages", "count_tokens" or "models"
  bool upload = false;
};

// By path, and where vendors share one (/v1/models), by method and by the kind of credential that came along.
Route route_of(const Request& request);

}  // namespace moongate::sim
