// What a request to the admin API may hold, and how a wrong one is told.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "config/json_tree.h"
#include "http/api_reply.h"

namespace moongate {

// The first thing that is wrong with a request. Everything is read before anybody looks, so that a handler's reading is
// a list of lines and one question.
class AdminInput {
 public:
  void refuse(std::string message) {
    if (wrong_.empty()) wrong_ = std::move(message);
  }
  // 400 with the first complaint; nothing: all was in order.
  std::optional<HttpResponse> refusal() const {
    if (wrong_.empty()) return std::nullopt;
    return bad_argument(wrong_);
  }

 protected:
  ~AdminInput() = default;

 private:
  std::string wrong_;
};

// A JSON object with none but the known members. What has the wrong type or is out of range is refused by name and then
// counts as absent. An empty body is an empty object.
class AdminBody final : public AdminInput {
 public:
  AdminBody(const HttpRequest& request, std::initializer_list<std::string_view> known,
            std::size_t max_bytes = 64 * 1024);

  bool empty() const { return root_.members.empty(); }
  bool has(std::string_view name) const { return root_.find(name) != nullptr; }
  bool is_null(std::string_view name) const;

  std::optional<std::string> text(std::string_view name, std::size_t min_bytes, std::size_t max_bytes);
  std::string text_or_empty(std::string_view name, std::size_t max_bytes) {
    return text(name, 0, max_bytes).value_or(std::string());
  }
  // text(), and a refusal where it is absent. `hint` ends the sentence.
  std::string required_text(std::string_view name, std::size_t max_bytes, std::string_view hint);
  // A required text of several lines: it may hold line ends and tabs.
  std::string document(std::string_view name, std::size_t max_bytes, std::string_view hint);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  // Decimal text or a JSON number, read digit by digit: there is no floating point between a request and a balance.
  std::optional<NanoDollars> amount(std::string_view name);
  // Unix seconds of an ISO time. null: 0.
  std::optional<std::int64_t> time(std::string_view name);
  // The canonical text of config/terms.h.
  std::optional<std::string> terms(std::string_view name);
  // A member's JSON as it was sent. Points into the request.
  std::optional<std::string_view> object(std::string_view name);
  std::optional<std::string_view> array(std::string_view name);

 private:
  const JsonNode* typed(std::string_view name, JsonNode::Type type, std::string_view what);

  std::string_view source_;
  JsonNode root_;
};

// The parameters of a query string; each at most once, an empty one counts as absent.
class AdminQuery final : public AdminInput {
 public:
  AdminQuery(const HttpRequest& request, std::initializer_list<std::string_view> known);

  std::string text(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> time(std::string_view name);
  // One of `choices`, or the first of them when absent.
  std::string choice(std::string_view name, std::initializer_list<std::string_view> choices);

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// What is wrong with a name for a user ("\"name\" must …"); empty: nothing. It shall stand in a path, a table and a shell's line.
std::string user_name_fault(std::string_view name);
// For clients and upstream accounts, which may carry an e-mail address or "map:…".
std::string client_name_fault(std::string_view name);
std::string email_fault(std::string_view email);

}  // namespace moongate
