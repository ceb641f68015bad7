#include "response_reader.h"

#include <strings.h>

#include <algorithm>
#include <cstdlib>

namespace moongate::bench {
namespace {

// The value of a header in a head that ends with an empty line; empty when it is not there.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at + 2 + name.size() < head.size();
       at = head.find("\r\n", at + 2)) {
    if (strncasecmp(head.data() + at + 2, name.data(), name.size()) != 0 || head[at + 2 + name.size()] != ':')
      continue;
    std::size_t from = head.find_first_not_of(' ', at + 3 + name.size());
    return head.substr(from, head.find("\r\n", from) - from);
  }
  return {};
}

}  // namespace

// Moves bytes up to and including "\r\n" into line_ (without it). false: the line is not complete.
bool ResponseReader::take_line(std::string_view& bytes) {
  std::size_t end = bytes.find('\n');
  line_.append(bytes.substr(0, end == std::string_view::npos ? end : end + 1));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return false;
  while (!line_.empty() && (line_.back() == '\n' || line_.back() == '\r')) line_.pop_back();
  return true;
}

bool ResponseReader::take_head(std::string_view& bytes, bool& broken) {
  std::string_view head;
  std::size_t end = line_.empty() ? bytes.find("\r\n\r\n") : std::string_view::npos;
  if (end != std::string_view::npos) {
    head = bytes.substr(0, end + 4);
    bytes.remove_prefix(end + 4);
  } else {
    std::size_t before = line_.size();
    line_.append(bytes);
    end = line_.find("\r\n\r\n");
    if (end == std::string::npos) {
      bytes = {};
      broken = line_.size() > 65536;
      return false;
    }
    bytes.remove_prefix(end + 4 - before);
    line_.resize(end + 4);
    head = line_;
  }
  broken = head.substr(0, 9) != "HTTP/1.1 ";
  status_ = broken ? 0 : std::atoi(head.data() + 9);
  std::string_view length = header(head, "content-length");
  if (strncasecmp(header(head, "transfer-encoding").data() ? header(head, "transfer-encoding").data() : "",
                  "chunked", 7) == 0) {
    state_ = State::kChunkSize;
  } else if (!length.empty()) {
    left_ = std::strtoull(length.data(), nullptr, 10);
    state_ = State::kLength;
  } else {
    broken = true;  // a body that ends with the connection: none of ours does
  }
  line_.clear();
  return true;
}

ResponseReader::Found ResponseReader::next(std::string_view& bytes, std::string_view& payload) {
  for (;;) {
    if (state_ == State::kLength && left_ == 0) {
      state_ = State::kHead;
      return Found::kDone;
    }
    if (bytes.empty()) return Found::kNeedMore;
    bool broken = false;
    switch (state_) {
      case State::kHead:
        if (!take_head(bytes, broken)) return broken ? Found::kBroken : Found::kNeedMore;
        if (broken) return Found::kBroken;
        break;
      case State::kLength:
      case State::kChunkData: {
        std::size_t n = std::min(left_, bytes.size());
        payload = bytes.substr(0, n);
        bytes.remove_prefix(n);
        left_ -= n;
        if (left_ == 0 && state_ == State::kChunkData) state_ = State::kChunkEnd;
        return Found::kPayload;
      }
      case State::kChunkSize:
        if (!take_line(bytes)) return line_.size() > 64 ? Found::kBroken : Found::kNeedMore;
        if (line_.empty()) return Found::kBroken;
        left_ = std::strtoull(line_.c_str(), nullptr, 16);
        line_.clear();
        state_ = left_ == 0 ? State::kTrailer : State::kChunkData;
        break;
      case State::kChunkEnd:
        if (!take_line(bytes)) return Found::kNeedMore;
        if (!line_.empty()) return Found::kBroken;
        state_ = State::kChunkSize;
        break;
      case State::kTrailer: {
        if (!take_line(bytes)) return Found::kNeedMore;
        bool last = line_.empty();
        line_.clear();
        if (!last) break;
        state_ = State::kHead;
        return Found::kDone;
      }
    }
  }
}

}  // namespace moongate::bench
