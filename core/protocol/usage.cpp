// Where events and documents begin and end in an answer; what is in them is UsageTally's.
#include "protocol/usage.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace moongate {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::uint8_t kNoMark = 0xff;

}  // namespace

UsageReader::UsageReader(Dialect answer_dialect, BodyForm form)
    : tally_(UsageTally::family_of(answer_dialect)),
      walker_(UsageTally::table_of(UsageTally::family_of(answer_dialect))),
      form_(form) {}
UsageReader::~UsageReader() = default;
UsageReader::UsageReader(UsageReader&&) noexcept = default;
UsageReader& UsageReader::operator=(UsageReader&&) noexcept = default;

void UsageReader::feed(std::string_view payload) {
  if (payload.empty()) return;
  started_ = true;
  switch (form_) {
    case BodyForm::kSse:
      return feed_sse(payload.data(), payload.data() + payload.size());
    case BodyForm::kOpaque:
      return;
    case BodyForm::kJson:
      walker_.feed(payload, tally_);
      if (walker_.done()) {
        final_ = true;
        tally_.usage().complete = true;
        error_ = tally_.saw_error();
      }
      return;
    case BodyForm::kJsonArray:
      walker_.feed(payload, tally_);
      return commit_document();
  }
}

// What a complete document said about the stream takes effect.
void UsageReader::commit_document() {
  if (tally_.saw_final()) {
    final_ = true;
    tally_.usage().complete = true;
  }
  if (tally_.saw_error()) error_ = true;
}

bool UsageReader::at_event_boundary() const {
  switch (form_) {
    case BodyForm::kSse:
      return line_ == Line::kStart && !pending_ && !open_cr_ && (mark_ == 0 || mark_ == kNoMark);
    case BodyForm::kJsonArray: {
      const ArrayPosition position = array_position();
      return position != ArrayPosition::kInsideElement && position != ArrayPosition::kAfterArray;
    }
    case BodyForm::kJson:
    case BodyForm::kOpaque:
      break;
  }
  return !started_;
}

ArrayPosition UsageReader::array_position() const {
  if (walker_.before_document()) return ArrayPosition::kBeforeArray;
  if (walker_.done()) return ArrayPosition::kAfterArray;
  if (walker_.before_first_element()) return ArrayPosition::kFirst;
  if (walker_.after_element()) return ArrayPosition::kAfterElement;
  if (walker_.before_later_element()) return ArrayPosition::kAfterComma;
  return ArrayPosition::kInsideElement;
}

void UsageReader::feed_sse(const char* p, const char* end) {
  if (mark_ != kNoMark) p = skip_mark(p, end);
  while (p != end) {
    if (after_cr_) {
      after_cr_ = open_cr_ = false;
      lone_cr_ = *p != '\n';
      if (!lone_cr_) {
        ++p;
        continue;
      }
    }
    switch (line_) {
      case Line::kStart:
        p = start_line(p, end);
        break;
      case Line::kName:
        p = read_name(p, end);
        break;
      case Line::kBeforeEvent:
      case Line::kBeforeData:
        if (*p == ' ') ++p;
        line_ = line_ == Line::kBeforeEvent ? Line::kEvent : Line::kData;
        break;
      case Line::kEvent:
        p = read_event_name(p, end);
        break;
      case Line::kData:
        p = read_data(p, end);
        break;
      case Line::kSkip:
        p = byte_scan::find_line_end(p, end);
        if (p != end) p = end_line(p);
        break;
    }
  }
}

// A stream may begin with a byte order mark. One that turns out to be none was the beginning of a field's
// name that nobody knows.
const char* UsageReader::skip_mark(const char* p, const char* end) {
  while (p != end && mark_ < kByteOrderMark.size() && *p == kByteOrderMark[mark_]) {
    ++p;
    ++mark_;
  }
  if (mark_ == kByteOrderMark.size()) {
    mark_ = kNoMark;
  } else if (p != end) {
    if (mark_ != 0) {
      pending_ = true;
      line_ = Line::kSkip;
    }
    mark_ = kNoMark;
  }
  return p;
}

const char* UsageReader::start_line(const char* p, const char* end) {
  const auto left = static_cast<std::size_t>(end - p);
  if (*p == 'd' && left > 6 && std::memcmp(p, "data: ", 6) == 0) {
    begin_data();
    return p + 6;
  }
  if (*p == '\n' || *p == '\r') {
    if (pending_) end_event();
    return end_line(p);
  }
  if (*p == ':') {  // a comment
    line_ = Line::kSkip;
    return p + 1;
  }
  pending_ = true;
  word_size_ = 0;
  if (*p == 'e' && left > 7 && std::memcmp(p, "event: ", 7) == 0) {
    line_ = Line::kEvent;
    return p + 7;
  }
  line_ = Line::kName;
  return p;
}

void UsageReader::keep_word(const char* p, const char* end) {
  const std::size_t length = std::min(static_cast<std::size_t>(end - p), kWord - word_size_);
  std::memcpy(word_ + word_size_, p, length);
  word_size_ = static_cast<std::uint8_t>(word_size_ + length);
}

const char* UsageReader::read_name(const char* p, const char* end) {
  const char* stop = p;
  while (stop != end && *stop != ':' && *stop != '\n' && *stop != '\r') ++stop;
  keep_word(p, stop);
  if (stop == end) return end;
  const std::string_view name(word_, word_size_);
  word_size_ = 0;
  const bool has_value = *stop == ':';
  if (name == "data") {
    begin_data();
    if (line_ == Line::kData) line_ = Line::kBeforeData;
  } else {
    line_ = name == "event" ? Line::kBeforeEvent : Line::kSkip;
  }
  if (!has_value) return end_line(stop);
  return stop + 1;
}

const char* UsageReader::read_event_name(const char* p, const char* end) {
  const char* const stop = byte_scan::find_line_end(p, end);
  keep_word(p, stop);
  if (stop == end) return end;
  const std::string_view name(word_, word_size_);
  event_ = Event::kUnnamed;
  if (tally_.family() == UsageTally::Family::kClaude) {
    if (name == "content_block_delta") {
      event_ = Event::kDelta;
    } else if (name.starts_with("content_block_") || name == "ping") {
      event_ = Event::kContent;
    } else if (name == "message_stop") {
      event_ = Event::kStop;
    } else if (name == "error") {
      event_ = Event::kError;
    }
  }
  return end_line(stop);
}

void UsageReader::begin_data() {
  pending_ = true;
  if (event_ == Event::kContent) {
    line_ = Line::kSkip;
    return;
  }
  line_ = Line::kData;
  if (has_data_) {
    walker_.feed("\n", tally_);
  } else {
    walker_.reset(event_ == Event::kDelta ? UsageTally::delta_root() : std::uint8_t{0});
    has_data_ = true;
  }
}

// Most of a stream is deltas, nearly all of them written as here and whole in one piece: these need no walker. The line's
// end when this was one, with its text measured; nullptr: the walker is to read it, and comes to the same.
const char* UsageReader::measure_delta(const char* p, const char* end) {
  constexpr std::string_view kBegin = R"({"type":"content_block_delta","index":)";
  constexpr std::string_view kMiddle = R"(,"delta":{"type":")";
  constexpr std::string_view kKinds[] = {R"(text_delta","text":")", R"(thinking_delta","thinking":")",
                                         R"(input_json_delta","partial_json":")"};
  const auto take = [&p, end](std::string_view word) {
    if (static_cast<std::size_t>(end - p) < word.size() || std::memcmp(p, word.data(), word.size()) != 0) return false;
    p += word.size();
    return true;
  };
  if (!take(kBegin)) return nullptr;
  const char* const index = p;
  while (p != end && *p >= '0' && *p <= '9') ++p;
  if (p == index || !take(kMiddle) || !std::any_of(std::begin(kKinds), std::end(kKinds), take)) return nullptr;
  byte_scan::StringWalk walk;
  const char* const text = p;
  p = byte_scan::walk_string(p, end, walk);
  if (p == end || walk.control) return nullptr;
  const auto bytes = static_cast<std::uint64_t>(p++ - text);
  for (int braces = 0; braces < 2; ++braces) {
    while (p != end && *p == ' ') ++p;  // Anthropic pads
    if (p == end || *p++ != '}') return nullptr;
  }
  while (p != end && *p == ' ') ++p;
  if (p == end || (*p != '\n' && *p != '\r')) return nullptr;
  tally_.add_text(bytes);
  walker_.pass();
  return p;
}

const char* UsageReader::read_data(const char* p, const char* end) {
  if (event_ == Event::kDelta && walker_.before_document()) {
    if (const char* const stop = measure_delta(p, end); stop != nullptr) return end_line(stop);
  }
  const char* const stop = byte_scan::find_line_end(p, end);
  walker_.feed({p, static_cast<std::size_t>(stop - p)}, tally_);
  return stop == end ? end : end_line(stop);
}

// At an LF or CR. An LF may still belong to a CR; only after CR CR is it known that this stream uses CR
// alone.
const char* UsageReader::end_line(const char* p) {
  line_ = Line::kStart;
  if (*p == '\r') {
    after_cr_ = true;
    open_cr_ = !lone_cr_;
  }
  return p + 1;
}

void UsageReader::end_event() {
  if (has_data_ && walker_.done()) commit_document();
  if (event_ == Event::kStop) {
    final_ = true;
    tally_.usage().complete = true;
  } else if (event_ == Event::kError) {
    error_ = true;
  }
  event_ = Event::kUnnamed;
  has_data_ = false;
  pending_ = false;
}

}  // namespace moongate
