#include "control/list_page.h"

#include <algorithm>

namespace moongate {
namespace {

char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

ListPage::ListPage(AdminQuery& query)
    : search_(query.text("search")),
      limit_(query.integer("limit", 0, 1, kMost)),
      offset_(query.integer("offset", 0, 0, 1'000'000'000)) {}

bool ListPage::finds(std::initializer_list<std::string_view> texts) const {
  if (search_.empty()) return true;
  return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
    return std::search(text.begin(), text.end(), search_.begin(), search_.end(),
                       [](char a, char b) { return low(a) == low(b); }) != text.end();
  });
}

boost::json::object ListPage::told(std::string_view name, boost::json::array list) const {
  boost::json::object answer;
  answer[name] = std::move(list);
  answer["total"] = found_;
  return answer;
}

}  // namespace moongate
