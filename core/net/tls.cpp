#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace moongate {
namespace {

struct CtxDeleter {
  void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
};
using CtxPtr = std::unique_ptr<SSL_CTX, CtxDeleter>;

struct SessionDeleter {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, SessionDeleter>;

constexpr std::size_t kKeptSessions = 1024;

std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

void set_shared_modes(SSL_CTX* ctx) {
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
}

int select_http_1_1(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // a client that insists on h2 is told so at once
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<CtxPtr> make_server_context(const TlsServer::Options& options) {
  CtxPtr ctx(SSL_CTX_new(TLS_server_method()));
  if (!ctx) return Error(ErrorKind::kInternal, "TLS: out of memory");
  SSL_CTX_set_min_proto_version(ctx.get(), options.tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION);
  set_shared_modes(ctx.get());
  SSL_CTX_set_options(ctx.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);  // tickets carry the sessions, no shared lock
  SSL_CTX_set_num_tickets(ctx.get(), 1);
  SSL_CTX_set_alpn_select_cb(ctx.get(), select_http_1_1, nullptr);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ctx.get(), options.certificate_file.c_str()) != 1) {
    return Error(ErrorKind::kInvalid, "cannot use the TLS certificate " + options.certificate_file + ": " +
                                          last_reason() + "; give a PEM chain in tls.certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(ctx.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Error(ErrorKind::kInvalid, "cannot use the TLS key " + options.key_file + ": " + last_reason() +
                                          "; give the certificate's PEM key in tls.key");
  }
  if (SSL_CTX_check_private_key(ctx.get()) != 1) {
    return Error(ErrorKind::kInvalid, "the TLS key " + options.key_file + " does not belong to the certificate " +
                                          options.certificate_file);
  }
  return ctx;
}

}  // namespace

struct TlsServer::State {
  Options options;
  mutable std::mutex mutex;
  CtxPtr ctx;
};

TlsServer::TlsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServer::~TlsServer() = default;

Result<std::unique_ptr<TlsServer>> TlsServer::create(const Options& options) {
  auto ctx = make_server_context(options);
  if (!ctx) return ctx.error();
  auto state = std::make_unique<State>();
  state->options = options;
  state->ctx = std::move(*ctx);
  return std::unique_ptr<TlsServer>(new TlsServer(std::move(state)));
}

Status TlsServer::reload() {
  auto ctx = make_server_context(state_->options);
  if (!ctx) return ctx.error();
  std::lock_guard lock(state_->mutex);
  state_->ctx.swap(*ctx);  // sessions hold references to the old one
  return {};
}

ssl_st* TlsServer::new_session() const {
  std::lock_guard lock(state_->mutex);
  return SSL_new(state_->ctx.get());
}

struct TlsClient::State {
  CtxPtr ctx;
  std::unordered_map<std::string, SessionPtr> sessions;
};

namespace {

// The resume key travels in the session's ex_data as a heap string that dies with it.
int resume_key_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* key, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(key); });
  return index;
}

}  // namespace

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<TlsClient>> TlsClient::create(const std::string& ca_file) {
  auto state = std::make_unique<State>();
  state->ctx.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* ctx = state->ctx.get();
  if (ctx == nullptr) return Error(ErrorKind::kInternal, "TLS: out of memory");
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  set_shared_modes(ctx);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(ctx)
                                     : SSL_CTX_load_verify_locations(ctx, ca_file.c_str(), nullptr);
  if (loaded != 1) {
    return Error(ErrorKind::kInvalid,
                 "cannot read the CA bundle " + ca_file + ": " + last_reason() + "; see upstream.ca_file");
  }
  static constexpr unsigned char kAlpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn - 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(ctx, state.get());
  SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* session) {
    auto* own = static_cast<State*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const auto* key = static_cast<const std::string*>(SSL_get_ex_data(ssl, resume_key_index()));
    if (key == nullptr) return 0;
    if (own->sessions.size() >= kKeptSessions) own->sessions.clear();
    own->sessions[*key].reset(session);
    return 1;  // we keep the reference
  });
  return std::unique_ptr<TlsClient>(new TlsClient(std::move(state)));
}

ssl_st* TlsClient::new_session(const std::string& host, const std::string& resume_key) {
  SSL* ssl = SSL_new(state_->ctx.get());
  if (ssl == nullptr) return nullptr;
  unsigned char address[16];
  const bool is_address =
      inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str());
  } else {
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  SSL_set_ex_data(ssl, resume_key_index(), new std::string(resume_key));
  if (auto found = state_->sessions.find(resume_key); found != state_->sessions.end()) {
    SSL_set_session(ssl, found->second.get());
  }
  return ssl;
}

}  // namespace moongate
