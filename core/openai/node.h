// Reading a request: what is missing gives nothing, what is of another kind is told to the caller by its place.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace moongate::openai {

// The first thing that is wrong with a request; what comes after it does not matter.
class Problem {
 public:
  void tell(std::string message) {
    if (!first_) first_ = Error(ErrorKind::kInvalid, std::move(message), ErrorSource::kClient);
  }
  bool none() const { return !first_; }
  const Error& first() const { return *first_; }

 private:
  std::optional<Error> first_;
};

// A value and the way to it. A node points to the node that it was reached from, which has to outlive it.
class Node {
 public:
  Node(const boost::json::value& root, Problem& problem) : value_(&root), problem_(&problem) {}

  Node operator[](std::string_view name) const;  // a member; not there when this is absent
  Node at(std::size_t i) const;                  // Precondition: i < size()
  std::size_t size() const;                      // of an array; 0 when absent

  bool there() const { return value_ != nullptr; }  // null counts as absent
  bool is_string() const { return there() && value_->is_string(); }
  bool is_array() const { return there() && value_->is_array(); }
  bool is_object() const { return there() && value_->is_object(); }

  std::string_view string() const;  // "" when absent
  std::string_view needed_string() const;
  std::optional<double> number() const;
  std::optional<std::int64_t> integer() const;
  bool flag() const;  // false when absent
  std::optional<bool> optional_flag() const;
  const boost::json::value* tree() const { return value_; }  // nullptr when absent

  std::string place() const;                 // "messages[2].content"
  void refuse(std::string_view why) const;   // the message is the place and `why`
  bool refuse_if_there(std::string_view why) const;
  Problem& problem() const { return *problem_; }

 private:
  Node(const boost::json::value* value, const Node* up, std::string_view name, std::size_t index);

  const boost::json::value* value_;
  Problem* problem_;
  const Node* up_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
};

}  // namespace moongate::openai
