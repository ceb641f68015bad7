// The admin API of a gateway that runs: by its URL, or by the local socket in its data_dir.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "app/admin_link.h"
#include "config/host_text.h"
#include "net/local_socket.h"
#include "upstream/http_client.h"

namespace moongate {
namespace {

constexpr int kTimeoutMs = 120'000;  // a long reprice included
constexpr std::size_t kMaxAnswer = 256u << 20;

// One thread, one request at a time: the loop turns until the answer is there.
class HttpLink : public AdminLink {
 public:
  HttpLink(Endpoint endpoint, std::string prefix, Secret token, std::string ca_file, std::string socket)
      : endpoint_(std::move(endpoint)),
        prefix_(std::move(prefix)),
        token_(std::move(token)),
        socket_(std::move(socket)),
        resolver_(clock_),
        reactor_(clock_),
        pool_(reactor_, resolver_, {60'000, 1, std::move(ca_file)}) {}

  Result<HttpResponse> send(HttpRequest request) override {
    if (!socket_.empty()) {
      if (Status ready = prepare_socket(); !ready) return ready.error();
    }
    FetchRequest wanted;
    wanted.method = request.method;
    wanted.endpoint = endpoint_;
    wanted.target = prefix_ + request.path + (request.query.empty() ? "" : "?" + request.query);
    wanted.headers = {{"User-Agent", "moongate/" MOONGATE_VERSION}, {"Accept", "application/json"}};
    if (!token_.empty()) wanted.headers.emplace_back("Authorization", "Bearer " + token_.reveal());
    if (!request.body.empty()) wanted.headers.emplace_back("Content-Type", "application/json");
    wanted.body = std::move(request.body);
    wanted.timeout_ms = kTimeoutMs;
    wanted.max_bytes = kMaxAnswer;
    std::optional<Result<FetchResponse>> answer;
    spawn(ask(std::move(wanted), answer));
    while (!answer) reactor_.turn(1000);
    if (!*answer) return answer->error().wrap(peer() + " did not answer");
    HttpResponse response;
    response.status = (*answer)->status;
    response.headers = std::move((*answer)->headers);
    response.body = std::move((*answer)->body);
    return response;
  }

  std::string peer() const override {
    if (!socket_.empty()) return "the gateway at " + socket_;
    return "the gateway at " + std::string(endpoint_.tls ? "https://" : "http://") + endpoint_.authority();
  }

 private:
  Task<void> ask(FetchRequest request, std::optional<Result<FetchResponse>>& answer) {
    answer = co_await fetch(reactor_, pool_, std::move(request));
  }

  // The pool makes connections by name and port; one to a path is made here and lent to it as if it had been used before.
  Status prepare_socket() {
    pool_.clear();
    const Result<int> fd = connect_local(socket_);
    if (!fd) return fd.error();
    fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
    auto connection = std::make_unique<UpstreamConnection>();
    connection->served = 1;
    if (!connection->stream.open(reactor_, *fd, true)) return Error(ErrorKind::kConnect, socket_ + ": out of memory");
    pool_.give_back(endpoint_, std::move(connection));
    return {};
  }

  SystemClock clock_;
  Endpoint endpoint_;
  std::string prefix_;
  Secret token_;
  std::string socket_;
  Resolver resolver_;
  Reactor reactor_;
  ConnectionPool pool_;
};

}  // namespace

Result<std::unique_ptr<AdminLink>> open_url_link(const AdminAccess& access) {
  Endpoint endpoint;
  std::string prefix;
  if (Status parsed = parse_url(access.url, endpoint, prefix); !parsed) {
    return Error(ErrorKind::kInvalid, "--url " + access.url + ": " + parsed.error().message);
  }
  if (prefix.find('?') != prefix.npos) return Error(ErrorKind::kInvalid, "--url " + access.url + ": leave the query out");
  while (prefix.ends_with('/')) prefix.pop_back();
  if (access.token.empty()) {
    return Error(ErrorKind::kUnauthenticated,
                 "a gateway at a URL asks for the admin token: set MOONGATE_ADMIN_TOKEN, or give --token");
  }
  if (access.token.reveal().find_first_of("\r\n") != std::string::npos) {
    return Error(ErrorKind::kInvalid, "the admin token has a line break in it");
  }
  if (!endpoint.tls && !is_loopback(endpoint.host)) {
    std::fprintf(stderr, "moongate: warning: %s is http://, so the admin token crosses the network in clear\n", access.url.c_str());
  }
  return std::unique_ptr<AdminLink>(
      std::make_unique<HttpLink>(std::move(endpoint), std::move(prefix), access.token, access.ca_file, ""));
}

Result<std::unique_ptr<AdminLink>> open_socket_link(const std::string& path) {
  const Result<int> there = connect_local(path);
  if (!there) return there.error();
  ::close(*there);
  Endpoint endpoint;
  endpoint.host = "localhost";
  endpoint.port = 1;
  endpoint.tls = false;
  return std::unique_ptr<AdminLink>(std::make_unique<HttpLink>(std::move(endpoint), "", Secret(), "", path));
}

}  // namespace moongate
