#include "proxy/client_connection.h"

#include <cstring>

#include "proxy/local_reply.h"

namespace moongate {
namespace {

constexpr int kLingerMs = 3000;
constexpr std::uint64_t kLingerBytes = 256u << 20;

}  // namespace

ClientConnection::ClientConnection(Worker& w, const Address& peer, bool with_tls, bool is_inner)
    : worker(w), signal(w.reactor), address(peer.host()), tls(with_tls), inner(is_inner) {
  worker.enter(*this);
}

ClientConnection::~ClientConnection() { worker.leave(*this); }

void ClientConnection::serve(Worker& worker, int fd, const Address& peer, bool tls, bool inner) {
  auto* connection = new ClientConnection(worker, peer, tls, inner);
  if (!connection->stream.open(worker.reactor, fd, true)) {
    delete connection;
    return;
  }
  connection->stream.set_signal(&connection->signal);
  spawn([](ClientConnection* self) -> Task<void> {
    const std::unique_ptr<ClientConnection> owner(self);
    co_await self->run();
  }(connection));
}

Task<void> ClientConnection::run() {
  const Settings::Timeouts& timeouts = worker.gateway.settings.timeouts;
  if (tls && !inner) {
    ssl_st* session = worker.gateway.tls->new_session();
    if (session == nullptr) co_return;
    stream.start_tls(session, true);
    Status shaken = co_await stream.handshake(signal, worker.reactor.now_ms() + timeouts.head_ms);
    if (!shaken) co_return;
  }
  for (;;) {
    std::unique_ptr<RequestHead> head = worker.take_request_head();
    const bool got = co_await read_head(*head);
    if (!got) {
      worker.give_back(std::move(head));
      co_return;
    }
    in_exchange = true;
    const bool keep = co_await run_exchange(*this, std::move(head));
    in_exchange = false;
    if (!keep) co_return;
    if (begin == end) in.release();
  }
}

// Waits for a request without holding memory, then reads its head. False: the connection is over.
Task<bool> ClientConnection::read_head(RequestHead& head) {
  const Settings::Timeouts& timeouts = worker.gateway.settings.timeouts;
  if (begin == end) {
    const MonoMs idle_until = worker.reactor.now_ms() + timeouts.idle_ms;
    while (!stream.readable()) {
      if (worker.draining() || aborted || stream.peer_closed()) co_return false;
      if (!co_await signal.wait(idle_until)) co_return false;
    }
    in = Buffer(Buffer::kSmall);
    begin = end = 0;
  } else if (begin > 0) {  // the beginning of the next request came with the last one
    std::memmove(in.data(), in.data() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  const MonoMs head_until = worker.reactor.now_ms() + timeouts.head_ms;
  std::size_t searched = 0;
  for (;;) {
    // RFC 9112 2.2: an empty line before a request is passed over.
    while (searched == 0 && end - begin >= 2 && in.data()[begin] == '\r' && in.data()[begin + 1] == '\n') begin += 2;
    auto state = parse_request_head(unread(), worker.head_limits, searched, head);
    if (!state) {
      co_await refuse_head(state.error());
      co_return false;
    }
    if (*state == HeadState::kComplete) co_return true;
    if (end == in.capacity()) {
      Buffer larger(in.capacity() < Buffer::kLarge ? Buffer::kLarge : in.capacity() * 2);
      std::memcpy(larger.data(), in.data() + begin, end - begin);
      end -= begin;
      begin = 0;
      in = std::move(larger);
    }
    const IoResult n = stream.read(in.data() + end, in.capacity() - end);
    if (n.ok()) {
      end += n.bytes;
    } else if (n.would_block()) {
      if (begin == end) {  // TLS records without data, say: hold nothing while waiting
        in.release();
        begin = end = 0;
      }
      if (aborted || !co_await signal.wait(head_until)) {
        if (begin != end) {
          co_await refuse_head(Error(ErrorKind::kTimeout, "the request head did not come in time; send it at once",
                                     ErrorSource::kClient));
        }
        co_return false;
      }
      if (!in) in = Buffer(Buffer::kSmall);
    } else {
      co_return false;
    }
  }
}

// A head that cannot be understood has no dialect, unless its target is there to tell.
Task<void> ClientConnection::refuse_head(const Error& error) {
  const int status = error.kind == ErrorKind::kTooLarge ? 431 : error.kind == ErrorKind::kTimeout ? 408 : 400;
  const std::string_view line = unread().substr(0, unread().find('\r'));
  Dialect dialect = Dialect::kPlain;
  if (const std::size_t space = line.find(' '); space != std::string_view::npos) {
    const std::string_view rest = line.substr(space + 1);
    dialect = parse_target(line.substr(0, space), rest.substr(0, rest.find(' '))).dialect;
  }
  const std::string id = make_request_id(worker);
  ReplyHead reply;
  reply.keep_alive = false;
  const std::string text = render_reply(status, error_body(dialect, {status, error.message, id, {}, -1}), id, reply);
  Status sent = co_await write_all(stream, signal, text, worker.reactor.now_ms() + kLingerMs);
  if (sent) co_await linger(stream, signal);
  AccessRecord record;
  record.unix_ns = worker.gateway.clock.unix_ns();
  record.request_id = id;
  record.client_address = address;
  record.dialect = to_string(dialect);
  record.status = status;
  record.outcome = Outcome::kRejected;
  record.error = error.message;
  worker.access_log.write(record);
}

Task<void> linger(Stream& stream, Signal& signal) {
  stream.shutdown_write();
  const MonoMs until = signal.reactor().now_ms() + kLingerMs;
  std::uint64_t total = 0;
  Buffer scratch(Buffer::kLarge);
  while (total < kLingerBytes) {
    const IoResult n = stream.read(scratch.data(), scratch.capacity());
    if (n.ok()) {
      total += n.bytes;
      if (total % (1u << 20) < n.bytes) signal.notify();  // a fast sender must not hold the loop
      else continue;
    } else if (!n.would_block()) {
      break;
    }
    if (!co_await signal.wait(until)) break;
  }
}

}  // namespace moongate
