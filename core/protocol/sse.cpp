#include "protocol/sse.h"

#include "protocol/byte_scan.h"

namespace moongate {

// The first `length` bytes of the input are the rest of the event at hand, or all that there is of it.
Piece SseSplitter::give(std::size_t length, bool complete, std::string_view& piece) {
  const std::string_view bytes = input_.substr(0, length);
  input_.remove_prefix(length);
  return holder_.give(bytes, complete, piece);
}

Piece SseSplitter::next(std::string_view& piece) {
  holder_.release();
  const char* const begin = input_.data();
  const char* const end = begin + input_.size();
  const char* p = begin;
  while (p != end) {
    if (after_cr_) {
      after_cr_ = false;
      lone_cr_ = *p != '\n';
      if (!lone_cr_) ++p;
      if (blank_cr_) {
        blank_cr_ = false;
        const Piece kind = give(static_cast<std::size_t>(p - begin), true, piece);
        if (kind != Piece::kMore) return kind;
        // All of an event over the bound was given away before its end was known; p is still at the
        // beginning.
      }
      if (p == end) break;
    }
    const char* const stop = byte_scan::find_line_end(p, end);
    if (stop != p) line_empty_ = false;
    p = stop;
    if (stop == end) break;
    ++p;
    const bool blank = line_empty_;
    line_empty_ = true;
    if (*stop == '\n' || (blank && lone_cr_)) {
      if (blank) return give(static_cast<std::size_t>(p - begin), true, piece);
    } else {
      after_cr_ = true;
      blank_cr_ = blank;
    }
  }
  return give(static_cast<std::size_t>(p - begin), false, piece);
}

SseEvent parse_sse_event(std::string_view raw, std::string& scratch) {
  SseEvent event;
  bool joined = false;
  if (raw.starts_with("\xEF\xBB\xBF")) raw.remove_prefix(3);
  while (!raw.empty()) {
    const char* const end = raw.data() + raw.size();
    const char* const stop = byte_scan::find_line_end(raw.data(), end);
    const auto length = static_cast<std::size_t>(stop - raw.data());
    const std::string_view line = raw.substr(0, length);
    raw.remove_prefix(length);
    if (raw.starts_with("\r\n")) {
      raw.remove_prefix(2);
    } else if (!raw.empty()) {
      raw.remove_prefix(1);
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") {
      event.name = value;
    } else if (name == "data") {
      if (!event.has_data) {
        event.data = value;
        event.has_data = true;
        continue;
      }
      if (!joined) {
        scratch.assign(event.data);
        joined = true;
      }
      scratch += '\n';
      scratch += value;
      event.data = scratch;
    }
  }
  return event;
}

std::string format_sse_event(std::string_view name, std::string_view data) {
  std::string out;
  out.reserve(name.size() + data.size() + 24);
  name = name.substr(0, name.find_first_of("\r\n"));
  if (!name.empty()) {
    out += "event: ";
    out += name;
    out += '\n';
  }
  for (;;) {
    const std::size_t stop = data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, stop);
    out += '\n';
    if (stop == std::string_view::npos) break;
    data.remove_prefix(data.substr(stop).starts_with("\r\n") ? stop + 2 : stop + 1);
  }
  return out += '\n';
}

}  // namespace moongate
