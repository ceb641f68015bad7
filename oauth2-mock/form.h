// Parameters of a form or a query, each at most once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace moongate {

inline constexpr std::size_t kMaxFormBytes = 128 * 1024;

// A parameter without a value counts as one that is not there (RFC 6749 section 3.1).
class Form {
 public:
  // "a=1&b=2"; longer than kMaxFormBytes: too_long(), and nothing else.
  explicit Form(std::string_view text) { add(text); }
  // The body, and then the query, as Google's token inspection takes them.
  static Form body_and_query(const HttpRequest& request);

  const std::string& get(std::string_view name) const;
  bool has(std::string_view name) const { return !get(name).empty(); }
  // A name that came twice, if any; OAuth forbids that.
  const std::optional<std::string>& repeated() const { return repeated_; }
  bool too_long() const { return too_long_; }

 private:
  void add(std::string_view text);

  std::map<std::string, std::string, std::less<>> values_;
  std::optional<std::string> repeated_;
  bool too_long_ = false;
};

}  // namespace moongate
