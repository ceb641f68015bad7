#include "chat/data_call.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "http/head.h"

namespace moongate {
namespace {

constexpr HeadLimits kAnswerLimits{65536, 200};

Error closed() { return Error(ErrorKind::kClosed, "The gateway ended the answer before its end.", ErrorSource::kUpstream); }

Status send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return closed();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<DataCall>> DataCall::send(DataPort& port, const DataRequest& request) {
  const Result<int> fd = port.connect(request.address, request.tls);
  if (!fd) return fd.error();
  std::unique_ptr<DataCall> call(new DataCall(*fd));
  call->method_ = request.method;
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : request.headers) {
    if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) text += name + ": " + value + "\r\n";
  }
  if (!request.body.empty() || request.method == "POST") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  text += "Connection: close\r\n\r\n";
  text += request.body;
  // A request that is refused before it was read leaves its answer behind: that is what the caller gets to see.
  static_cast<void>(send_all(call->fd_, text));
  return call;
}

DataCall::~DataCall() { ::close(fd_); }

Result<bool> DataCall::receive() {
  pollfd waiting{fd_, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, kSliceMs);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  char buffer[16384];
  const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
  if (n < 0 && errno == EINTR) return false;
  if (n <= 0) return closed();
  in_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

Result<bool> DataCall::read_head() {
  for (;;) {
    ResponseHead head;
    const auto state = parse_response_head(in_, kAnswerLimits, searched_, method_, head);
    if (!state) return state.error();
    if (*state == HeadState::kComplete && head.status >= 200) {
      have_head_ = true;
      status_ = head.status;
      for (const HeaderField& field : head.fields) headers_.emplace_back(field.name, field.value);
      framer_ = BodyFramer(head.framing, head.content_length);
      in_.erase(0, head.size);
      return true;
    }
    if (*state == HeadState::kComplete) {  // 1xx: the real one follows
      in_.erase(0, head.size);
      searched_ = 0;
      continue;
    }
    const Result<bool> came = receive();
    if (!came || !*came) return came;
  }
}

Result<DataCall::Piece> DataCall::read() {
  Piece piece;
  for (;;) {
    std::size_t used = 0;
    while (used < in_.size()) {
      const auto next = framer_.next(std::string_view(in_).substr(used));
      if (framer_.broken()) return Error(ErrorKind::kProtocol, "The gateway's answer is malformed.", ErrorSource::kUpstream);
      if (next.consumed == 0) break;
      piece.bytes += next.payload;
      used += next.consumed;
    }
    in_.erase(0, used);
    piece.ended = framer_.done();
    if (piece.ended || !piece.bytes.empty()) return piece;
    const Result<bool> came = receive();
    if (!came) {
      if (framer_.may_end_here()) {
        piece.ended = true;
        return piece;
      }
      return came.error();
    }
    if (!*came) return piece;
  }
}

Result<std::string> DataCall::read_all(std::size_t max_bytes, const std::function<bool()>& gone) {
  std::string all;
  for (;;) {
    Result<Piece> piece = read();
    if (!piece) return piece.error();
    if (all.size() < max_bytes) all += piece->bytes.substr(0, max_bytes - all.size());
    if (piece->ended) return all;
    if (gone()) return Error(ErrorKind::kCanceled, "The client has left.", ErrorSource::kClient);
  }
}

Result<std::unique_ptr<DataCall>> call_data_port(DataPort& port, const DataRequest& request,
                                                 const std::function<bool()>& gone) {
  Result<std::unique_ptr<DataCall>> call = DataCall::send(port, request);
  if (!call) return call;
  for (;;) {
    const Result<bool> head = (*call)->read_head();
    if (!head) return head.error();
    if (*head) return call;
    if (gone()) return Error(ErrorKind::kCanceled, "The client has left.", ErrorSource::kClient);
    if (port.ending()) return Error(ErrorKind::kUnavailable, "The gateway is ending.");
  }
}

}  // namespace moongate
