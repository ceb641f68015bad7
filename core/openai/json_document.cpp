#include "openai/json_document.h"

#include <boost/json/parser.hpp>
#include <new>

namespace moongate::openai {
namespace {

// A long prompt is a few long strings, which take their length twice while they are read; only arrays of numbers take more.
constexpr std::size_t kBytesPerByte = 6;
constexpr std::size_t kBytesAtLeast = 1 << 20;

Error invalid(std::string_view why) {
  return {ErrorKind::kInvalid, "The body is not valid JSON: " + std::string(why), ErrorSource::kClient};
}

}  // namespace

// Boost.JSON gives a string's memory back with another alignment than it asked for; none is beyond what new gives.
void* BoundedMemory::do_allocate(std::size_t bytes, std::size_t) {
  if (bytes > left_) throw std::bad_alloc();  // caught in parse; Boost.JSON knows no other way
  void* at = ::operator new(bytes);
  left_ -= bytes;
  return at;
}

void BoundedMemory::do_deallocate(void* at, std::size_t bytes, std::size_t) {
  ::operator delete(at);
  left_ += bytes;
}

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  JsonDocument out;
  out.memory_ = std::make_unique<BoundedMemory>(kBytesAtLeast + text.size() * kBytesPerByte);
  try {
    boost::json::parse_options options;
    options.max_depth = kMaxDepth;
    boost::json::parser parser({}, options);
    parser.reset(out.memory_.get());
    boost::json::error_code failed;
    parser.write(text.data(), text.size(), failed);
    if (failed) return invalid(failed.message());
    out.value_ = std::make_unique<boost::json::value>(parser.release());
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::kTooLarge, "The body consists of too many small values", ErrorSource::kClient);
  } catch (const std::exception& e) {
    return invalid(e.what());
  }
  if (!out.value_->is_object()) return invalid("it is no object");
  return out;
}

}  // namespace moongate::openai
