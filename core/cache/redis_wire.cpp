#include "cache/redis_wire.h"

#include <hiredis/read.h>

#include <algorithm>
#include <charconv>
#include <new>

namespace moongate {
namespace {

constexpr int kMaxElements = 1 << 16;

void append_number(std::string& out, char mark, std::size_t number) {
  char text[24];
  text[0] = mark;
  char* end = std::to_chars(text + 1, text + sizeof text - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(text, end);
}

// Where hiredis is to put what it reads: an element of the parent's array, or the reply itself. Building into our
// own object saves the several allocations of hiredis's.
RedisReply* place_of(const redisReadTask* task) {
  if (task->parent == nullptr) return static_cast<RedisReply*>(task->privdata);
  auto* parent = static_cast<RedisReply*>(task->parent->obj);
  return &parent->elements[static_cast<std::size_t>(task->idx)];
}

// hiredis takes a null pointer for "out of memory" and gives up; no exception may pass through its C frames.
void* on_string(const redisReadTask* task, char* text, std::size_t size) {
  RedisReply* reply = place_of(task);
  reply->type = task->type == REDIS_REPLY_ERROR    ? RedisReply::Type::kError
                : task->type == REDIS_REPLY_STATUS ? RedisReply::Type::kStatus
                                                   : RedisReply::Type::kText;
  try {
    reply->text.assign(text, size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return reply;
}

void* on_array(const redisReadTask* task, int elements) {
  RedisReply* reply = place_of(task);
  reply->type = RedisReply::Type::kArray;
  if (elements > kMaxElements) return nullptr;
  try {
    reply->elements.resize(elements > 0 ? static_cast<std::size_t>(elements) : 0);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return reply;
}

void* on_integer(const redisReadTask* task, long long value) {
  RedisReply* reply = place_of(task);
  reply->type = RedisReply::Type::kInteger;
  reply->integer = value;
  return reply;
}

void* on_nil(const redisReadTask* task) {
  RedisReply* reply = place_of(task);
  reply->type = RedisReply::Type::kNil;
  return reply;
}

void on_free(void*) {}  // the objects are ours

redisReplyObjectFunctions functions = {on_string, on_array, on_integer, on_nil, on_free};

}  // namespace

void append_redis_command(std::string& out, std::span<const std::string_view> words) {
  std::size_t size = 16;
  for (const std::string_view word : words) size += word.size() + 24;
  if (out.capacity() - out.size() < size) out.reserve(std::max(out.capacity() * 2, out.size() + size));
  append_number(out, '*', words.size());
  for (const std::string_view word : words) {
    append_number(out, '$', word.size());
    out += word;
    out += "\r\n";
  }
}

struct RedisReplyReader::State {
  struct Free {
    void operator()(redisReader* gone) const { redisReaderFree(gone); }
  };
  std::unique_ptr<redisReader, Free> reader;
  RedisReply reply;
};

RedisReplyReader::RedisReplyReader() : state_(std::make_unique<State>()) {
  state_->reader.reset(redisReaderCreateWithFunctions(&functions));
  if (!state_->reader) throw std::bad_alloc();
  state_->reader->privdata = &state_->reply;
}
RedisReplyReader::~RedisReplyReader() = default;
RedisReplyReader::RedisReplyReader(RedisReplyReader&&) noexcept = default;
RedisReplyReader& RedisReplyReader::operator=(RedisReplyReader&&) noexcept = default;

bool RedisReplyReader::feed(const char* data, std::size_t size) {
  return redisReaderFeed(state_->reader.get(), data, size) == REDIS_OK;
}

RedisReplyReader::Next RedisReplyReader::next(RedisReply& out) {
  void* reply = nullptr;
  if (redisReaderGetReply(state_->reader.get(), &reply) != REDIS_OK) return Next::kBroken;
  if (reply == nullptr) {
    const redisReader& reader = *state_->reader;
    return reader.len - reader.pos > kMaxReplyBytes ? Next::kBroken : Next::kMore;
  }
  out = std::move(state_->reply);
  state_->reply = RedisReply();
  return Next::kReply;
}

}  // namespace moongate
