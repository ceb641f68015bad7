// Takes an HTTP/1.1 response apart as its bytes come in, however they are cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moongate::bench {

class ResponseReader {
 public:
  enum class Found { kNeedMore, kPayload, kDone, kBroken };

  // Takes what it can from the front of `bytes` and drops it there. kPayload: `payload` is a piece of the
  // body (call again, there may be more). kDone: the response is complete and the reader is ready for the
  // next one.
  Found next(std::string_view& bytes, std::string_view& payload);

  int status() const { return status_; }
  bool between_responses() const { return state_ == State::kHead && line_.empty(); }

 private:
  enum class State { kHead, kLength, kChunkSize, kChunkData, kChunkEnd, kTrailer };
  bool take_head(std::string_view& bytes, bool& broken);
  bool take_line(std::string_view& bytes);

  State state_ = State::kHead;
  std::string line_;  // a head or a line that came in pieces
  std::size_t left_ = 0;
  int status_ = 0;
};

}  // namespace moongate::bench
