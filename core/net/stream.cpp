#include "net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace moongate {
namespace {

using State = IoResult::State;

constexpr std::size_t kTlsRecord = 16 * 1024;

std::string tls_reason(ssl_st* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return std::string("certificate refused: ") + X509_verify_cert_error_string(verdict);
  if (const unsigned long code = ERR_get_error(); code != 0) {
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "TLS error";
  }
  return "connection closed during the TLS handshake";
}

}  // namespace

void Stream::start_tls(ssl_st* session, bool as_server) {
  ssl_ = session;
  SSL_set_fd(ssl_, socket_.fd());
  if (as_server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
  }
}

Task<Status> Stream::handshake(Signal& signal, MonoMs deadline) {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    if (done == 1) {
      handshaken_ = true;
      tls_pending_ = true;  // the first request may have come with the last handshake record
      co_return Status();
    }
    const int why = SSL_get_error(ssl_, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      co_return Error(ErrorKind::kConnect, tls_reason(ssl_));
    }
    if (why == SSL_ERROR_WANT_READ && socket_.peer_closed && !socket_.readable) {
      co_return Error(ErrorKind::kClosed, "connection closed during the TLS handshake");
    }
    socket_.readable = false;
    if (!co_await signal.wait(deadline)) {
      co_return Error(ErrorKind::kTimeout, "TLS handshake timed out");
    }
  }
}

IoResult Stream::read(char* data, std::size_t size) {
  if (ssl_ != nullptr) return tls_read(data, size);
  if (!socket_.readable) return {State::kWouldBlock};
  for (;;) {
    const ssize_t n = ::recv(socket_.fd(), data, size, 0);
    if (n > 0) {
      // A short read has emptied the socket; the next bytes raise a new edge. Not so once FIN has come: its edge is past.
      if (static_cast<std::size_t>(n) < size && !socket_.peer_closed) socket_.readable = false;
      return {State::kOk, static_cast<std::size_t>(n)};
    }
    if (n == 0) {
      socket_.peer_closed = true;
      return {State::kEof};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      socket_.readable = false;
      return {State::kWouldBlock};
    }
    socket_.peer_closed = true;
    return {State::kError, 0, errno};
  }
}

IoResult Stream::write(const iovec* pieces, int count) {
  if (ssl_ != nullptr) return tls_write(pieces, count);
  if (!socket_.writable) return {State::kWouldBlock};
  std::size_t offered = 0;
  for (int i = 0; i < count; ++i) offered += pieces[i].iov_len;
  for (;;) {
    ssize_t n = 0;
    if (count == 1) {
      n = ::send(socket_.fd(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(pieces);
      message.msg_iovlen = static_cast<std::size_t>(count);
      n = ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL);
    }
    if (n >= 0) {
      if (static_cast<std::size_t>(n) < offered) socket_.writable = false;
      return {State::kOk, static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      socket_.writable = false;
      return {State::kWouldBlock};
    }
    return {State::kError, 0, errno};
  }
}

IoResult Stream::tls_outcome(int returned) {
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ: return {State::kWouldBlock};
    case SSL_ERROR_WANT_WRITE: return {State::kWouldBlock};
    case SSL_ERROR_ZERO_RETURN: socket_.peer_closed = true; return {State::kEof};
    case SSL_ERROR_SYSCALL: socket_.peer_closed = true; return {State::kError, 0, errno};
    default: socket_.peer_closed = true; return {State::kError, 0, 0};
  }
}

IoResult Stream::tls_read(char* data, std::size_t size) {
  if (!socket_.readable && !tls_pending_) return {State::kWouldBlock};
  ERR_clear_error();
  const int n = SSL_read(ssl_, data, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (n > 0) {
    // Whether more can be had is known only by asking again until it would block.
    tls_pending_ = SSL_pending(ssl_) > 0;
    return {State::kOk, static_cast<std::size_t>(n)};
  }
  tls_pending_ = false;
  const IoResult result = tls_outcome(n);
  if (result.would_block() && !socket_.peer_closed) socket_.readable = false;
  if (result.would_block() && socket_.peer_closed) return {State::kError, 0, ECONNRESET};
  return result;
}

IoResult Stream::tls_write(const iovec* pieces, int count) {
  if (!socket_.writable) return {State::kWouldBlock};
  // One record for several small pieces: a record each would cost a send each.
  char record[kTlsRecord];
  const char* data = static_cast<const char*>(pieces[0].iov_base);
  std::size_t size = pieces[0].iov_len;
  if (count > 1 && size < kTlsRecord) {
    size = 0;
    for (int i = 0; i < count && size < kTlsRecord; ++i) {
      const std::size_t n = std::min(pieces[i].iov_len, kTlsRecord - size);
      std::memcpy(record + size, pieces[i].iov_base, n);
      size += n;
    }
    data = record;
  }
  if (size == 0) return {State::kOk, 0};
  ERR_clear_error();
  const int n = SSL_write(ssl_, data, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (n > 0) return {State::kOk, static_cast<std::size_t>(n)};
  const IoResult result = tls_outcome(n);
  if (result.would_block()) socket_.writable = false;
  return result;
}

void Stream::shutdown_write() {
  if (!is_open()) return;
  if (ssl_ != nullptr && handshaken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  ::shutdown(socket_.fd(), SHUT_WR);
}

void Stream::close() {
  if (ssl_ != nullptr) {
    if (handshaken_ && is_open()) {
      ERR_clear_error();
      SSL_shutdown(ssl_);
    }
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  socket_.close();
  tls_pending_ = handshaken_ = false;
}

void Stream::reset() {
  if (ssl_ != nullptr) {
    SSL_free(ssl_);  // no close_notify: it would make the cut look like an end
    ssl_ = nullptr;
  }
  socket_.reset();
  tls_pending_ = handshaken_ = false;
}

Task<Status> write_all(Stream& stream, Signal& signal, std::string_view bytes, MonoMs deadline) {
  while (!bytes.empty()) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const IoResult n = stream.write(&piece, 1);
    if (n.ok()) {
      bytes.remove_prefix(n.bytes);
    } else if (n.would_block()) {
      if (!co_await signal.wait(deadline)) co_return Error(ErrorKind::kTimeout, "the peer reads nothing");
    } else {
      co_return Error(ErrorKind::kClosed, "the peer closed the connection");
    }
  }
  co_return Status();
}

}  // namespace moongate
