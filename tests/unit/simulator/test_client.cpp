#include "test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace moongate::sim {
namespace {

constexpr int kGiveUpSeconds = 20;  // a hanging test fails instead of waiting for ever

std::vector<std::string> fields(std::string_view body, std::string_view field) {
  std::vector<std::string> out;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.starts_with(field)) out.emplace_back(line.substr(field.size()));
  }
  return out;
}

}  // namespace

std::vector<std::string> sse_data(std::string_view body) { return fields(body, "data: "); }
std::vector<std::string> sse_names(std::string_view body) { return fields(body, "event: "); }

TestClient::TestClient(const std::string& address) : host_(address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{kGiveUpSeconds, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) close();
}

void TestClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void TestClient::request(std::string_view method, std::string_view target, const HeaderList& headers,
                         std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: " + host_ + "\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty() || method != "GET") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + std::string(body));
}

bool TestClient::fill() {
  char room[65536];
  const ssize_t n = ::recv(fd_, room, sizeof room, 0);
  if (n > 0) {
    in_.append(room, static_cast<std::size_t>(n));
    return true;
  }
  reset_ = n < 0 && errno == ECONNRESET;
  return false;
}

bool TestClient::receive_until(std::string_view text) {
  while (in_.find(text) == std::string::npos) {
    if (!fill()) return false;
  }
  return true;
}

bool TestClient::at_end() { return in_.empty() && !fill(); }

Response TestClient::receive(std::string_view method) {
  Response response;
  for (;;) {
    if (!receive_until("\r\n\r\n")) {
      response.reset = reset_;
      return response;
    }
    const std::size_t end = in_.find("\r\n\r\n");
    std::string_view head = std::string_view(in_).substr(0, end);
    const std::size_t line = head.find("\r\n");
    response.status_line = std::string(head.substr(0, line));
    response.status = response.status_line.size() > 12 ? std::atoi(response.status_line.c_str() + 9) : 0;
    response.headers.clear();
    head.remove_prefix(line == std::string_view::npos ? head.size() : line + 2);
    while (!head.empty()) {
      const std::size_t stop = head.find("\r\n");
      const std::string_view field = head.substr(0, stop);
      const std::size_t colon = field.find(": ");
      if (colon != std::string_view::npos) {
        response.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
      }
      head.remove_prefix(stop == std::string_view::npos ? head.size() : stop + 2);
    }
    in_.erase(0, end + 4);
    if (response.status < 100 || response.status >= 200) break;
    response.informational.push_back(response.status);
  }
  if (method == "HEAD") {
    response.whole = true;
    return response;
  }
  if (response.header("transfer-encoding") == "chunked") {
    for (;;) {
      if (!receive_until("\r\n")) break;
      const std::size_t size = std::strtoull(in_.c_str(), nullptr, 16);
      const std::size_t start = in_.find("\r\n") + 2;
      bool there = true;
      while (there && in_.size() < start + size + 2) there = fill();
      const std::string chunk = in_.substr(start, size);
      response.body += chunk;
      if (!there) {
        in_.clear();
        break;
      }
      in_.erase(0, start + size + 2);
      if (size == 0) {
        response.whole = true;
        break;
      }
      response.chunks.push_back(chunk);
    }
  } else if (const std::string_view length = response.header("content-length"); !length.empty()) {
    const std::size_t size = std::strtoull(std::string(length).c_str(), nullptr, 10);
    bool there = true;
    while (there && in_.size() < size) there = fill();
    response.body = in_.substr(0, size);
    response.whole = there;
    in_.erase(0, std::min(size, in_.size()));
  } else {
    while (fill()) {
    }
    response.body = std::move(in_);
    in_.clear();
    response.whole = !reset_;
  }
  response.reset = reset_;
  return response;
}

}  // namespace moongate::sim
