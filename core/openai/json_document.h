// A JSON object from a stranger, in memory that is bounded by its own length.
#pragma once

#include <boost/json/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace moongate::openai {

// Gives the memory of one document back at once, and refuses to give more than `limit` of it.
class BoundedMemory final : public boost::json::memory_resource {
 public:
  explicit BoundedMemory(std::size_t limit) : left_(limit) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t align) override;
  void do_deallocate(void* at, std::size_t bytes, std::size_t align) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::size_t left_;
};

class JsonDocument {
 public:
  static constexpr std::size_t kMaxDepth = 96;  // schemas nest; three levels of JSON for each of theirs

  // One object and nothing after it; a member given twice keeps its last value. kInvalid: no JSON object, or deeper than
  // kMaxDepth. kTooLarge: a document of so many small values that it would take many times its length.
  static Result<JsonDocument> parse(std::string_view text);

  JsonDocument(JsonDocument&&) = default;
  JsonDocument& operator=(JsonDocument&&) = delete;  // it would give the memory back before the values

  const boost::json::object& object() const { return value_->get_object(); }
  const boost::json::value& value() const { return *value_; }

 private:
  JsonDocument() = default;

  std::unique_ptr<BoundedMemory> memory_;  // before the values that lie in it
  std::unique_ptr<boost::json::value> value_;
};

}  // namespace moongate::openai
