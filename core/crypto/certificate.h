// Self-signed X.509 certificates: one for each signing key (Google publishes keys that way), one for TLS.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/rsa_key.h"

namespace moongate {

// A certificate (PEM) of a signing key, valid in [from_s, until_s] of Unix time.
Result<std::string> self_signed_certificate(const RsaPrivateKey& key, std::string_view common_name,
                                            std::int64_t from_s, std::int64_t until_s);

struct ServerCertificate {
  std::string certificate_pem;
  Secret key_pem;
};

// An ECDSA P-256 key and a server certificate for these DNS names and IP addresses.
// Error kInvalid: no names, or one that is neither.
Result<ServerCertificate> make_server_certificate(const std::vector<std::string>& names, std::int64_t from_s,
                                                  std::int64_t until_s);

struct ServerCertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  bool created = false;  // made by this call
};

// `directory`/server.crt and server.key (both 0600), made when they are missing or have less than a week to
// live; valid for 825 days, which is what Apple's clients accept at most. A certificate that cannot be read
// is an error, since somebody may have put it there.
Result<ServerCertificateFiles> ensure_server_certificate(const std::filesystem::path& directory,
                                                         const std::vector<std::string>& names,
                                                         std::int64_t now_s);

// When the first certificate of a PEM text ends, in Unix time. Error: it holds none.
Result<std::int64_t> certificate_end_s(std::string_view pem);

std::string openssl_version();  // "OpenSSL 3.0.15 …"

// "localhost", "127.0.0.1", "::1" and this machine's host name when it has a usable one.
std::vector<std::string> local_server_names();

}  // namespace moongate
