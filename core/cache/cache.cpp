#include "cache/cache.h"

#include "crypto/hash.h"

namespace moongate {

CacheScript::CacheScript(std::string text) : text_(std::move(text)), sha1_(sha1_hex(text_)) {}

Task<Result<std::vector<std::int64_t>>> Cache::eval(const CacheScript&, std::span<const std::string_view>,
                                                    std::span<const std::string_view>) {
  co_return Error(ErrorKind::kInvalid, "cache: this one runs no scripts");
}

}  // namespace moongate
