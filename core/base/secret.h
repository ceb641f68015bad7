// A string that must not reach a log, an error, a metric or a console by accident.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace moongate {

// Holds a credential. There is no conversion and no operator<<: whoever needs the text says reveal(),
// which a reviewer can search for. The memory is wiped on destruction and when moved from.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = other.text_;
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  bool empty() const { return text_.empty(); }
  const std::string& reveal() const { return text_; }

  // What may be shown: "***", with the last four characters when the text is long enough (24 or more) for
  // them to say nothing useful to a thief.
  std::string masked() const {
    return text_.size() >= 24 ? "***" + text_.substr(text_.size() - 4) : std::string("***");
  }

 private:
  void wipe() {
    volatile char* p = text_.data();
    for (std::size_t i = 0; i < text_.size(); ++i) p[i] = 0;
    text_.clear();
  }
  std::string text_;
};

}  // namespace moongate
