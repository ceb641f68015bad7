// Terms as text and back.
#include "config/terms.h"

#include "base/log.h"
#include "config/terms_reader.h"

namespace moongate {
namespace {

// Writes the members of one object, those without a default only.
class MemberWriter {
 public:
  explicit MemberWriter(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  std::string& key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    return out_.append("\"").append(name).append("\":");
  }
  void text(std::string_view name, std::string_view value) { quote(key(name), value); }
  void number(std::string_view name, std::int64_t value) {
    if (value != 0) key(name) += std::to_string(value);
  }
  void cost(std::string_view name, NanoDollars value) {
    if (value != 0) text(name, format_dollars(value));
  }
  void flag(std::string_view name, bool value) {
    if (value) key(name) += "true";
  }
  template <class List, class TextOf>
  void list(std::string_view name, const List& items, TextOf text_of) {
    if (items.empty()) return;
    key(name) += '[';
    for (const auto& item : items) {
      if (out_.back() != '[') out_ += ',';
      quote(out_, text_of(item));
    }
    out_ += ']';
  }

 private:
  static void quote(std::string& out, std::string_view value) {
    out += '"';
    append_json_escaped(out, value);
    out += '"';
  }

  std::string& out_;
};

void append_limits(MemberWriter& members, std::string& out, const LimitSet& limits) {
  if (!limits.any()) return;
  members.key("limits");
  MemberWriter object(out);
  object.number("requests_per_minute", limits.requests_per_minute);
  object.number("tokens_per_minute", limits.tokens_per_minute);
  object.number("input_tokens_per_minute", limits.input_tokens_per_minute);
  object.number("output_tokens_per_minute", limits.output_tokens_per_minute);
  object.number("tokens_per_day", limits.tokens_per_day);
  object.cost("cost_per_day", limits.cost_per_day);
  object.cost("cost_per_month", limits.cost_per_month);
  object.number("concurrent", limits.concurrent);
  object.end();
}

}  // namespace

Result<Terms> parse_terms(std::string_view json) {
  if (json.empty()) return Terms();
  if (json.size() > kMaxTermsBytes) {
    return Error(ErrorKind::kInvalid, "terms: longer than " + std::to_string(kMaxTermsBytes) + " bytes");
  }
  JsonNode document;
  if (const auto fault = parse_json(json, document)) {
    return Error(ErrorKind::kInvalid, "terms: " + fault->message + " (at byte " + std::to_string(fault->offset) + ")");
  }
  // Terms come from whoever may use the admin API: nothing of the environment may be read out through them.
  const EnvironmentLookup no_environment = [](std::string_view) { return std::nullopt; };
  std::vector<Problem> found;
  FileProblems problems("", json, no_environment, found);
  ObjectReader object(document, "$", "terms",
                      {"providers", "models", "ip_allow", "expires", "limits", "shadow", "markup", "trace"}, problems,
                      ObjectReader::Unknown::kRefuse);
  Terms terms = read_terms(object, problems, ObjectReader::Unknown::kRefuse);
  if (found.empty()) return terms;
  std::string_view path = found.front().path;
  path = path.starts_with("$.") ? path.substr(2) : path.substr(path.starts_with('$') ? 1 : 0);
  return Error(ErrorKind::kInvalid, (path.empty() ? "terms" : std::string(path)) + ": " + found.front().message);
}

std::string render_terms(const Terms& terms) {
  std::string out;
  MemberWriter members(out);
  members.list("providers", terms.providers, [](Provider provider) { return to_string(provider); });
  members.list("models", terms.models, [](const std::string& model) { return std::string_view(model); });
  members.list("ip_allow", terms.ip_allow, [](const Cidr& block) { return block.text(); });
  if (terms.expires_at_s != 0) {
    std::string time = format_utc_ms(terms.expires_at_s * 1000);
    time.replace(time.find('.'), std::string::npos, "Z");
    members.text("expires", time);
  }
  append_limits(members, out, terms.limits);
  members.flag("shadow", terms.shadow);
  if (terms.markup_ppm >= 0) members.text("markup", format_dollars(terms.markup_ppm * 1000));
  members.flag("trace", terms.trace);
  members.end();
  return out;
}

}  // namespace moongate
