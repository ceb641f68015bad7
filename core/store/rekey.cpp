#include "store/rekey.h"

#include "base/secret.h"
#include "crypto/base64.h"

namespace moongate {
namespace {

std::string describe(SealedKind kind, const std::string& id) {
  switch (kind) {
    case SealedKind::kSigningKey: return "the signing key " + id;
    case SealedKind::kUpstreamCredential: return "the credential of upstream account " + id;
    case SealedKind::kConfigVersion: return "the version of map or policy " + id;
  }
  return id;
}

}  // namespace

Result<std::int64_t> rekey(Store& store, const std::vector<RekeyPurpose>& purposes, Random& random) {
  return store.reseal(
      [&](SealedKind kind, const std::string& id, const std::string& sealed) -> Result<std::string> {
        for (const RekeyPurpose& purpose : purposes) {
          if (purpose.kind != kind) continue;
          const std::string context = purpose.context_prefix + id;
          const std::optional<std::string> bytes = base64_decode(sealed);
          if (bytes && purpose.to.open(*bytes, context)) return sealed;
          std::optional<std::string> plain = bytes ? purpose.from.open(*bytes, context) : std::nullopt;
          if (!plain) break;
          const Secret secret(std::move(*plain));
          return base64_encode(purpose.to.seal(secret.reveal(), context, random));
        }
        return Error(ErrorKind::kInvalid,
                     describe(kind, id) +
                         " was sealed with neither the old nor the new master key; nothing was "
                         "changed. Give the key that it was sealed with, or remove it first");
      });
}

}  // namespace moongate
