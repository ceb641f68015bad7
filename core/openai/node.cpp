#include "openai/node.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

namespace moongate::openai {

Node::Node(const boost::json::value* value, const Node* up, std::string_view name, std::size_t index)
    : value_(value != nullptr && !value->is_null() ? value : nullptr),
      problem_(up->problem_),
      up_(up),
      name_(name),
      index_(index) {}

Node Node::operator[](std::string_view name) const {
  const boost::json::value* found = nullptr;
  if (there()) {
    if (value_->is_object()) {
      found = value_->get_object().if_contains(name);
    } else {
      refuse("must be an object");
    }
  }
  return {found, this, name, 0};
}

Node Node::at(std::size_t i) const { return {&value_->get_array()[i], this, {}, i}; }

std::size_t Node::size() const {
  if (!there()) return 0;
  if (value_->is_array()) return value_->get_array().size();
  refuse("must be an array");
  return 0;
}

std::string_view Node::string() const {
  if (!there()) return {};
  if (value_->is_string()) return value_->get_string();
  refuse("must be a string");
  return {};
}

std::string_view Node::needed_string() const {
  if (!there()) refuse("is missing");
  return string();
}

std::optional<double> Node::number() const {
  if (!there()) return std::nullopt;
  if (value_->is_number()) return value_->to_number<double>();
  refuse("must be a number");
  return std::nullopt;
}

std::optional<std::int64_t> Node::integer() const {
  const std::optional<double> n = number();
  if (!n) return std::nullopt;
  if (value_->is_int64()) return value_->get_int64();
  if (std::fabs(*n) <= 9007199254740992.0 && std::trunc(*n) == *n) return static_cast<std::int64_t>(*n);
  refuse("must be a whole number");
  return std::nullopt;
}

std::optional<bool> Node::optional_flag() const {
  if (!there()) return std::nullopt;
  if (value_->is_bool()) return value_->get_bool();
  refuse("must be true or false");
  return std::nullopt;
}

bool Node::flag() const { return optional_flag().value_or(false); }

std::string Node::place() const {
  if (up_ == nullptr) return {};
  std::string out = up_->place();
  if (name_.empty()) return out + '[' + std::to_string(index_) + ']';
  if (!out.empty()) out += '.';
  return out += name_;
}

void Node::refuse(std::string_view why) const {
  if (!problem_->none()) return;
  std::string text = place();
  if (text.empty()) text = "The body";
  problem_->tell(text + ' ' + std::string(why));
}

bool Node::refuse_if_there(std::string_view why) const {
  if (there()) refuse(why);
  return there();
}

}  // namespace moongate::openai
