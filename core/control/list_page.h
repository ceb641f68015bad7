// A page of a list that was searched: ?search=&limit=&offset=, and the total in the answer.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "control/admin_input.h"

namespace moongate {

class ListPage {
 public:
  static constexpr std::int64_t kMost = 1000;  // of a page; without a limit all are told

  explicit ListPage(AdminQuery& query);

  // Whether one of these texts has the searched one in it (ASCII case folded), or nothing is searched for.
  bool finds(std::initializer_list<std::string_view> texts) const;
  // Call it for each that was found, in order: whether it stands on this page.
  bool take() {
    const std::int64_t index = found_++;
    return index >= offset_ && (limit_ == 0 || index - offset_ < limit_);
  }
  // {"<name>": list, "total": how many were found}
  boost::json::object told(std::string_view name, boost::json::array list) const;

 private:
  std::string search_;
  std::int64_t limit_ = 0, offset_ = 0;
  std::int64_t found_ = 0;
};

}  // namespace moongate
