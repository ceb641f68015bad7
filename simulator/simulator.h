// An AI upstream to try and to test against: it plays Anthropic, Vertex AI, the Gemini Developer API and
// Google's token endpoint, and breaks on request. docs/simulator.md has all faces and faults.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "crypto/rsa_key.h"

namespace moongate {

class Simulator {
 public:
  struct Options {
    std::string listen = "127.0.0.1:0";
    const Clock* clock = nullptr;  // nullptr: the system's; must outlive the simulator
    const Logger* log = nullptr;   // nullptr: says nothing; must outlive the simulator
    // PEM. The key of the service account that service_account_json() describes; empty: one is made, which
    // takes around a tenth of a second.
    std::string service_account_key_pem;
    // SPKI PEM: further keys whose assertions the token endpoint believes.
    std::vector<std::string> trusted_public_keys_pem;
    bool accept_any_token = false;  // Vertex takes any Bearer, not only those that the token endpoint issued
    std::string tls_certificate_file, tls_key_file;  // PEM; both or none
  };

  // Listens and runs on a thread of its own from then on. kConnect: the address is taken or not to be had;
  // kInvalid: a key or certificate that is none.
  static Result<std::unique_ptr<Simulator>> start(const Options& options);
  // Ends every connection, then the thread.
  ~Simulator();

  std::string address() const;  // "127.0.0.1:41233"
  std::string url() const;      // "http://127.0.0.1:41233"
  std::string service_account_private_key_pem() const;
  // A whole key file as Google issues them, with this token endpoint as token_uri.
  std::string service_account_json() const;

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The command line `moongate simulator`: serves until SIGINT or SIGTERM. `args` are those after the
// subcommand. Prints the address on standard output. The exit code: 0, or 1 for a problem, said on standard
// error.
int run_simulator(const std::vector<std::string>& args);

}  // namespace moongate
