#include "simulator/response_writer.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "http/head.h"

namespace moongate::sim {
namespace {

std::string hex(std::size_t number) {
  char text[16];
  return {text, std::to_chars(text, text + sizeof text, number, 16).ptr};
}

}  // namespace

std::string http_date(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

ResponseWriter::ResponseWriter(Wire& wire, const Faults& faults, const Context& context)
    : wire_(wire), faults_(faults), context_(context) {
  if (faults.coding != Coding::kIdentity && accepts(context.accept_encoding, faults.coding))
    coding_ = faults.coding;
  closes_ = !context.keep_alive || faults.keepalive == KeepAlive::kClose || faults.close_delimited;
}

std::string ResponseWriter::head_of(const Reply& reply, std::size_t body_size) const {
  const MalformedHead wrong = faults_.malformed_head;
  std::string head;
  if (wrong == MalformedHead::kStatusLine) {
    head = "HTTP/1.1 TWO-HUNDRED\r\n";
  } else {
    head =
        "HTTP/1.1 " + std::to_string(reply.status) + " " + std::string(reason_phrase(reply.status)) + "\r\n";
  }
  head += "date: " + http_date(context_.unix_seconds) + "\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (coding_ != Coding::kIdentity) head += "content-encoding: " + std::string(coding_name(coding_)) + "\r\n";
  switch (framed_) {
    case Framed::kLength:
      head += "content-length: " + std::to_string(body_size) + "\r\n";
      break;
    case Framed::kChunked:
      head += "transfer-encoding: chunked\r\n";
      break;
    case Framed::kUntilClose:
      break;
  }
  if (wrong == MalformedHead::kTwoLengths) head += "content-length: 1\r\ncontent-length: 2\r\n";
  if (wrong == MalformedHead::kBadLength) head += "content-length: twelve\r\n";
  if (wrong == MalformedHead::kLengthAndChunked) {
    head += framed_ == Framed::kChunked ? "content-length: 5\r\n" : "transfer-encoding: chunked\r\n";
  }
  if (wrong == MalformedHead::kBadHeader) head += "this line has no colon\r\n";
  if (closes_) {
    head += "connection: close\r\n";
  } else if (context_.http_1_0) {
    head += "connection: keep-alive\r\n";
  }
  for (std::size_t i = 0; i < faults_.many_headers; ++i) head += "x-many-" + std::to_string(i) + ": 1\r\n";
  if (faults_.big_head > 0) head += "x-big: " + std::string(faults_.big_head, 'b') + "\r\n";
  head += "\r\n";
  return head;
}

std::string ResponseWriter::framed(std::string_view bytes) const {
  if (framed_ != Framed::kChunked) return std::string(bytes);
  std::string out;
  while (!bytes.empty()) {
    const std::size_t size = faults_.chunk > 0 ? std::min(faults_.chunk, bytes.size()) : bytes.size();
    out += hex(size) + "\r\n";
    out += bytes.substr(0, size);
    out += "\r\n";
    bytes.remove_prefix(size);
  }
  return out;
}

Task<bool> ResponseWriter::send(std::string_view bytes) { return wire_.send(bytes, cut()); }

std::string ResponseWriter::coded(std::string bytes) {
  return compressor_ ? compressor_->add(bytes) : std::move(bytes);
}

Task<Sent> ResponseWriter::write(Reply& reply) {
  const bool streams = reply.events != nullptr;
  if (faults_.close_delimited || (context_.http_1_0 && streams)) {
    framed_ = Framed::kUntilClose;
    closes_ = true;
  } else if (!context_.http_1_0 && (streams || faults_.chunked || faults_.truncate || faults_.cut)) {
    framed_ = Framed::kChunked;
  }
  compressor_ = Compressor::create(coding_);
  if (faults_.informational) {
    const bool there = co_await send("HTTP/1.1 103 Early Hints\r\nlink: </simulator>; rel=preload\r\n\r\n");
    if (!there) co_return Sent::kGone;
  }
  co_return streams ? co_await write_events(reply) : co_await write_body(reply);
}

Task<Sent> ResponseWriter::write_body(Reply& reply) {
  std::string body = std::move(reply.body);
  if (compressor_) {
    body = compressor_->add(body);
    body += compressor_->finish();
    compressor_.reset();
  }
  std::string head = head_of(reply, body.size());
  if (context_.method == "HEAD") body.clear();
  const bool breaks = faults_.breaks_mid_stream() && !faults_.error_event;
  if (faults_.first_event_ms > 0 || breaks) {
    bool there = co_await send(head);
    if (there) there = co_await wire_.pause(faults_.first_event_ms);
    if (!there) co_return Sent::kGone;
    head.clear();
  }
  if (faults_.truncate) body.resize(body.size() / 2);
  if (breaks) {
    const std::string half = framed(std::string_view(body).substr(0, body.size() / 2));
    const std::string rest = framed(std::string_view(body).substr(body.size() / 2));
    const bool there = co_await send(half);
    if (!there) co_return Sent::kGone;
    co_return co_await break_off(rest);
  }
  head += framed(body);
  if (framed_ == Framed::kChunked) head += "0\r\n\r\n";
  const bool there = co_await send(head);
  co_return there ? Sent::kWhole : Sent::kGone;
}

std::string ResponseWriter::event_text(const Reply& reply, const StreamEvent& event) {
  std::string text;
  if (reply.form == StreamForm::kGoogleArray) {
    text = in_array_ ? "\n,\r\n" : "[";
    in_array_ = true;
    return text + event.data;
  }
  const bool google = reply.form == StreamForm::kGoogleSse;
  const char* end = faults_.crlf.value_or(google) ? "\r\n" : "\n";
  const auto line = [&](std::string_view field, std::string_view value) {
    text.append(field).append(value).append(end);
  };
  if (event.kind == EventKind::kContent && faults_.comment) {
    line(": simulator", "");
    line("", "");
  }
  if (event.kind == EventKind::kContent && faults_.ping && !google) {
    line("event: ", "ping");
    line("data: ", "{\"type\": \"ping\"}");
    line("", "");
  }
  if (!event.name.empty()) line("event: ", event.name);
  line("data: ", event.data);
  line("", "");
  return text;
}

Task<Sent> ResponseWriter::write_events(Reply& reply) {
  bool there = co_await send(head_of(reply, 0));
  if (there && context_.method == "HEAD") co_return Sent::kWhole;
  if (there && faults_.first_event_ms > 0) there = co_await wire_.pause(faults_.first_event_ms);
  if (!there) co_return Sent::kGone;

  const bool breaks = faults_.breaks_mid_stream();
  const std::int64_t all = reply.events->content_events();
  const std::int64_t limit = faults_.after >= 0 ? faults_.after : std::max<std::int64_t>(all / 2, 1);
  std::int64_t sent = 0;
  MonoMs due = wire_.now_ms();
  StreamEvent event;
  while (reply.events->next(event)) {
    const bool content = event.kind == EventKind::kContent;
    const bool at_limit = (content && sent >= limit) || event.kind == EventKind::kClosing;
    if (breaks && at_limit) {
      const std::string text =
          framed(coded(event_text(reply, faults_.error_event ? reply.error_event : event)));
      if (!faults_.error_event) co_return co_await break_off(text);
      there = co_await send(text);
      if (!there) co_return Sent::kGone;
      break;
    }
    if (faults_.truncate && (event.kind == EventKind::kClosing || (faults_.after >= 0 && at_limit))) {
      in_array_ = false;  // no closing bracket either
      break;
    }
    if (content && sent++ > 0 && faults_.pace_ms > 0) {
      // By the clock of the stream, so that the timer's grain does not add up; a reader that was away for
      // long gets no burst of what it missed.
      due = std::max(due + faults_.pace_ms, wire_.now_ms() - 1000);
      there = co_await wire_.pause_until(due);
      if (!there) co_return Sent::kGone;
    }
    if (sent <= 1) due = wire_.now_ms();
    const std::string text = framed(coded(event_text(reply, event)));
    there = co_await send(text);
    if (!there || wire_.stream().peer_closed()) co_return Sent::kGone;
  }
  reply.events.reset();
  co_return co_await finish();
}

Task<Sent> ResponseWriter::finish() {
  std::string end;
  if (in_array_) end = coded("\n]\n");
  if (compressor_) end += compressor_->finish();
  end = framed(end);
  if (framed_ == Framed::kChunked) end += "0\r\n\r\n";
  const bool there = co_await send(end);
  co_return there ? Sent::kWhole : Sent::kGone;
}

// What stands between a stream's last whole event and its break. `next`: the bytes that would have come.
Task<Sent> ResponseWriter::break_off(std::string_view next) {
  if (faults_.stall == FaultPoint::kMidStream) {
    co_await wire_.silence();
    co_return Sent::kGone;
  }
  if (faults_.cut) {
    const bool there = co_await send(next.substr(0, std::max<std::size_t>(next.size() / 2, 1)));
    if (!there) co_return Sent::kGone;
    wire_.close();
  } else {
    wire_.reset();
  }
  co_return Sent::kBroken;
}

}  // namespace moongate::sim
