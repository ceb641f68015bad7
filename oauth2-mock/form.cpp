#include "oauth2-mock/form.h"

namespace moongate {

void Form::add(std::string_view text) {
  if (text.size() > kMaxFormBytes) {
    too_long_ = true;
    return;
  }
  for (auto& [name, value] : parse_form(text)) {
    if (!values_.emplace(name, std::move(value)).second && !repeated_) repeated_ = name.substr(0, 64);
  }
}

Form Form::body_and_query(const HttpRequest& request) {
  Form form(request.body);
  form.add(request.query);
  return form;
}

const std::string& Form::get(std::string_view name) const {
  static const std::string kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

}  // namespace moongate
