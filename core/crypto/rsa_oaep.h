// RSA-OAEP (RFC 8017) with SHA-256 for digest and mask: what browsers' WebCrypto calls {name: "RSA-OAEP", hash: "SHA-256"}.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/rsa_key.h"

namespace moongate {

// Nothing: it was not encrypted to this key, or was changed. Which of the two takes the same time.
std::optional<Secret> rsa_oaep_decrypt(const RsaPrivateKey& key, std::string_view ciphertext);
// kInvalid: too long for the key (its bytes less 66).
Result<std::string> rsa_oaep_encrypt(const RsaPublicKey& key, std::string_view plain);

}  // namespace moongate
