// x-moongate-trace: explain. Each decision in one header of the answer, for who may ask.
#include "proxy/pipeline.h"

namespace moongate {
namespace {
constexpr std::size_t kMostBytes = 4096;
}

void Pipeline::begin_trace() {
  const auto asked = request->find("x-moongate-trace");
  if (!asked) return;
  if (asked.value != "explain" || !identity || !identity->trace) return;
  tracing_ = true;
  explain("client", identity->client);
  if (!model.empty()) explain("model", model);
}

// "key=value; key=value", printable, at most kMostBytes; what comes after is left out and said so.
void Pipeline::explain(std::string_view key, std::string_view value) {
  if (!tracing_ || trace_.ends_with("...")) return;
  std::string item = trace_.empty() ? std::string() : std::string("; ");
  item += key;
  item += '=';
  for (const char c : value) item += c < ' ' || c > '~' || c == ';' ? '?' : c;
  if (trace_.size() + item.size() > kMostBytes - 8) item = "; ...";
  trace_ += item;
}

void Pipeline::explain_routes() {
  if (!tracing_) return;
  std::string list;
  for (const Route& each : routes) {
    if (!each.account) continue;
    const HealthView view = health_of(each);
    if (!list.empty()) list += ", ";
    list += to_string(each.provider);
    list += '/';
    list += each.account->name;
    list += ' ';
    list += to_string(view.fitness);
    if (view.fitness == Fitness::kFit) continue;
    list += ' ';
    if (view.why != UpstreamFault::kNone) list += std::string(to_string(view.why)) + ' ';
    list += std::to_string((view.until - worker_.reactor.now_ms() + 999) / 1000) + 's';
  }
  explain("routes", list);
}

void Pipeline::explain_attempt(std::string_view outcome_text) {
  if (!tracing_ || route == nullptr || !route->account) return;
  std::string text = route->account->name + " -> " + std::string(outcome_text);
  if (!credential.header.empty()) text += " (by " + std::string(credential.header) + ")";
  explain("attempt" + std::to_string(attempts), text);
}

void Pipeline::append_trace(std::string& out) const {
  if (trace_.empty()) return;
  out += "x-moongate-trace: ";
  out += trace_;
  out += "\r\n";
}

}  // namespace moongate
