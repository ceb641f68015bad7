// From what was asked to the target for the upstream.
#include <initializer_list>

#include "protocol/api.h"
#include "protocol/query_params.h"
#include "protocol/target_check.h"

namespace moongate {
namespace {

enum class Way : std::uint8_t {
  kNone,
  kSame,
  kMessagesToVertex,
  kVertexToMessages,
  kGeminiToVertex,
  kVertexToGemini,
  kTranslated,  // sent as another request altogether
};

std::optional<Provider> home_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropic:
      return Provider::kAnthropic;
    case Dialect::kVertexGemini:
      return Provider::kVertex;
    case Dialect::kVertexClaude:
      return Provider::kVertexClaude;
    case Dialect::kGemini:
      return Provider::kGemini;
    case Dialect::kOpenAi:
    case Dialect::kPlain:
      break;
  }
  return std::nullopt;
}

Way way_to(const ApiTarget& from, Provider provider) {
  if (from.operation == Operation::kTelemetry)
    return provider == Provider::kAnthropic ? Way::kSame : Way::kNone;
  if (from.dialect == Dialect::kOpenAi) {
    const bool embeds = from.operation == Operation::kEmbed && (provider == Provider::kGemini || provider == Provider::kVertex);
    return embeds || from.operation == Operation::kGenerate ? Way::kTranslated : Way::kNone;
  }
  const std::optional<Provider> home = home_of(from.dialect);
  if (!home || from.operation == Operation::kNone || from.operation == Operation::kHealth) return Way::kNone;
  if (*home == provider) return Way::kSame;
  if (from.operation != Operation::kGenerate && from.operation != Operation::kStreamGenerate &&
      from.operation != Operation::kCountTokens) {
    return Way::kNone;
  }
  if (*home == Provider::kAnthropic && provider == Provider::kVertexClaude) return Way::kMessagesToVertex;
  if (*home == Provider::kVertexClaude && provider == Provider::kAnthropic) return Way::kVertexToMessages;
  if (*home == Provider::kGemini && provider == Provider::kVertex) return Way::kGeminiToVertex;
  if (*home == Provider::kVertex && provider == Provider::kGemini) return Way::kVertexToGemini;
  return Way::kNone;
}

// Path text as sent; empty segments vanish.
void append_raw(std::string& out, std::string_view part) {
  const bool doubled = part.find("//") != std::string_view::npos;
  if (!doubled && (out.empty() || out.back() != '/' || !part.starts_with('/'))) {
    out += part;
    return;
  }
  for (const char c : part) {
    if (c == '/' && !out.empty() && out.back() == '/') continue;
    out += c;
  }
}

// A name as one path segment. '@' stays: Google's own clients send model versions so.
void append_encoded(std::string& out, std::string_view text, std::string_view also_plain) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' ||
                       also_plain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
}

void append_query(std::string& out, std::string_view query, std::initializer_list<std::string_view> dropped) {
  char separator = '?';
  for_each_param(query, [&](std::string_view whole, std::string_view name, std::string_view) {
    if (is_credential_param(name)) return;
    for (const std::string_view drop : dropped) {
      if (param_name_is(name, drop)) return;
    }
    out += separator;
    out += whole;
    separator = '&';
  });
}

bool is_dots(std::string_view text) { return text == "." || text == ".."; }

// The names to write, checked.
struct Names {
  const ApiTarget& from;
  const UpstreamTarget& to;
  std::string_view location;

  void append_model(std::string& out) const {
    if (to.model.empty()) {
      out += from.model;
    } else {
      append_encoded(out, to.model, "@");
    }
  }
  void append_project(std::string& out) const {
    out += "projects/";
    append_encoded(out, to.project, ":");
    out += "/locations/";
    out += location;
    out += '/';
  }
};

// The caller's path with project, location and model replaced where they stand, everything else as it was.
void append_spliced(std::string& out, const Names& names, bool vertex) {
  const ApiTarget& from = names.from;
  std::string_view rest = from.path;
  const auto up_to = [&](std::string_view part) {
    const auto at = static_cast<std::size_t>(part.data() - rest.data());
    append_raw(out, rest.substr(0, at));
    rest.remove_prefix(at + part.size());
  };
  if (vertex && !from.project.empty()) {
    up_to(from.project);
    append_encoded(out, names.to.project, ":");
    up_to(from.location);
    out += names.location;
  } else if (vertex && from.operation != Operation::kListModels && from.operation != Operation::kGetModel) {
    up_to(from.version);  // express mode: /v1/publishers/… becomes /v1/projects/P/locations/L/publishers/…
    out += from.version;
    out += '/';
    names.append_project(out);
  }
  if (!from.model.empty()) {
    up_to(from.model);
    names.append_model(out);
  }
  append_raw(out, rest);
  if (out.size() > 1 && out.back() == '/') out.pop_back();
}

std::string_view vertex_version(std::string_view gemini_version) {
  return gemini_version == "v1" ? "v1" : "v1beta1";
}

Error not_offered(const ApiTarget& from, Provider provider) {
  std::string text = "The operation ";
  text += to_string(from.operation);
  text += " of the ";
  text += to_string(from.dialect);
  text += " API has no equivalent at the provider ";
  text += to_string(provider);
  text += "; route it to an account that speaks the same API";
  return {ErrorKind::kInvalid, std::move(text), ErrorSource::kClient};
}

Error invalid(std::string_view text) {
  return {ErrorKind::kInvalid, std::string(text), ErrorSource::kClient};
}

}  // namespace

bool can_serve(const ApiTarget& from, Provider provider) { return way_to(from, provider) != Way::kNone; }

Result<std::string> upstream_request_target(const ApiTarget& from, const UpstreamTarget& to) {
  const Way way = way_to(from, to.provider);
  if (way == Way::kNone || way == Way::kTranslated) return not_offered(from, to.provider);

  Names names{from, to, to.location};
  if (names.location.empty()) names.location = from.location;
  if (names.location.empty()) names.location = "us-central1";
  const bool vertex = to.provider == Provider::kVertex || to.provider == Provider::kVertexClaude;
  if (vertex && to.project.empty()) {
    return invalid("The Vertex account names no project; set project_id in its key file");
  }
  if (vertex && !location_is_sound(names.location)) {
    return invalid("The location is not a Google Cloud location; use one like us-central1 or global");
  }
  if (is_dots(to.model) || is_dots(to.project)) return invalid("A model or project cannot be named . or ..");
  if (to.model.empty() && from.model.empty() && way == Way::kMessagesToVertex &&
      from.operation != Operation::kCountTokens) {
    return invalid("The request names no model; set \"model\" in the body");
  }

  std::string out;
  out.reserve(from.path.size() + from.query.size() + 128);
  switch (way) {
    case Way::kNone:
    case Way::kTranslated:
      break;
    case Way::kSame:
      // /api/client/relay/messages has no version of its own.
      if (from.dialect == Dialect::kAnthropic && from.version.empty()) out += "/v1";
      append_spliced(out, names, vertex);
      append_query(out, from.query, {});
      break;
    case Way::kMessagesToVertex:
      out += "/v1/";
      names.append_project(out);
      out += "publishers/anthropic/models/";
      if (from.operation == Operation::kCountTokens) {
        out += "count-tokens:rawPredict";
      } else {
        names.append_model(out);
        out += to.stream ? ":streamRawPredict" : ":rawPredict";
      }
      append_query(out, from.query, {"beta"});
      break;
    case Way::kVertexToMessages:
      out += from.operation == Operation::kCountTokens ? "/v1/messages/count_tokens" : "/v1/messages";
      append_query(out, from.query, {"alt", "$alt"});
      break;
    case Way::kGeminiToVertex:
      out += '/';
      out += vertex_version(from.version);
      out += '/';
      names.append_project(out);
      out += "publishers/google/models/";
      names.append_model(out);
      out += ':';
      out += from.verb;
      append_query(out, from.query, {});
      break;
    case Way::kVertexToGemini:
      // The Developer API's v1 lacks fields that Vertex's v1 has (systemInstruction, tools): v1beta has them
      // all.
      out += "/v1beta/models/";
      names.append_model(out);
      out += ':';
      out += from.verb;
      append_query(out, from.query, {});
      break;
  }
  return out;
}

std::string default_host(Provider provider, std::string_view location) {
  if (provider == Provider::kAnthropic) return "api.anthropic.com";
  if (provider == Provider::kGemini) return "generativelanguage.googleapis.com";
  if (location.empty()) location = "us-central1";
  if (!location_is_sound(location)) return {};
  if (location == "global") return "aiplatform.googleapis.com";
  if (location == "us" || location == "eu") {
    std::string host = "aiplatform.";
    host += location;
    return host += ".rep.googleapis.com";
  }
  std::string host(location);
  return host += "-aiplatform.googleapis.com";
}

}  // namespace moongate
