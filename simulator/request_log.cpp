#include "simulator/request_log.h"

#include <boost/json.hpp>

#include "crypto/hash.h"

namespace moongate::sim {

namespace json = boost::json;

std::uint64_t RequestLog::begin(const Request& request, std::uint64_t connection) {
  if (entries_.size() >= kMost) entries_.pop_front();
  Entry entry;
  entry.number = ++count_;
  entry.connection = connection;
  entry.method = request.method;
  entry.target = masked_target(request);
  entry.headers = masked_headers(request);
  entries_.push_back(std::move(entry));
  return count_;
}

RequestLog::Entry* RequestLog::find(std::uint64_t number) {
  if (entries_.empty() || number < entries_.front().number) return nullptr;
  const std::uint64_t at = number - entries_.front().number;
  return at < entries_.size() ? &entries_[at] : nullptr;
}

void RequestLog::body(std::uint64_t number, const std::string& bytes, bool whole) {
  Entry* entry = find(number);
  if (entry == nullptr) return;
  entry->body_length = bytes.size();
  entry->body_sha256 = sha256_hex(bytes);
  entry->body_complete = whole;
}

void RequestLog::finish(std::uint64_t number, const Outcome& outcome) {
  Entry* entry = find(number);
  if (entry == nullptr) return;
  entry->outcome = outcome;
  entry->finished = true;
}

std::string RequestLog::lines(std::uint64_t after) const {
  std::string out;
  for (const Entry& entry : entries_) {
    if (entry.number <= after) continue;
    json::object
        headers;  // names in lower case; a header that came several times has its values joined by ", "
    for (const auto& [name, value] : entry.headers) {
      std::string lower = name;
      for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
      }
      if (auto* seen = headers.if_contains(lower)) {
        seen->as_string() += ", " + value;
      } else {
        headers[lower] = value;
      }
    }
    const Outcome& outcome = entry.outcome;
    json::object line{{"request", entry.number},          {"connection", entry.connection},
                      {"method", entry.method},           {"target", entry.target},
                      {"headers", std::move(headers)},    {"body_length", entry.body_length},
                      {"body_sha256", entry.body_sha256}, {"body_complete", entry.body_complete}};
    line["status"] = outcome.status != 0 ? json::value(outcome.status) : json::value(nullptr);
    line["client_left_after_ms"] =
        outcome.client_left_after_ms >= 0 ? json::value(outcome.client_left_after_ms) : json::value(nullptr);
    line["completed"] = outcome.completed;
    line["finished"] = entry.finished;
    out += json::serialize(line) + "\n";
  }
  return out;
}

}  // namespace moongate::sim
