// TLS contexts for both sides.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace moongate {

// Thread-safe. Certificates can be exchanged while connections run; those that have begun keep the old ones.
class TlsServer {
 public:
  struct Options {
    std::string certificate_file;  // PEM chain, leaf first
    std::string key_file;          // PEM
    bool tls13_only = false;
  };
  // kInvalid: a file that cannot be read or is no PEM, or a key that does not belong to the certificate; the message
  // names the file.
  static Result<std::unique_ptr<TlsServer>> create(const Options& options);
  ~TlsServer();

  // Loads the files again. On an error the old certificate keeps serving.
  Status reload();
  // A new session for one connection (the caller owns it), or nullptr when out of memory.
  ssl_st* new_session() const;

 private:
  struct State;
  explicit TlsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// For connections to upstreams: the certificate and its name are always verified, sessions are resumed. One per
// worker thread.
class TlsClient {
 public:
  // `ca_file`: PEM bundle; empty: the system's. kInvalid: it cannot be read.
  static Result<std::unique_ptr<TlsClient>> create(const std::string& ca_file);
  ~TlsClient();

  // A session that will offer `host` by SNI, demand a certificate for it (name or IP address) and try to resume
  // `resume_key`'s last one (host:port).
  ssl_st* new_session(const std::string& host, const std::string& resume_key);

 private:
  struct State;
  explicit TlsClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace moongate
