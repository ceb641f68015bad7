#include "cache/cache.h"
#include "cache/memory_cache.h"
#include "cache/redis_cache.h"

namespace moongate {

Result<std::unique_ptr<CacheFactory>> open_cache(const std::string& url, const CacheOptions& options,
                                                 Resolver& resolver, const Logger* log) {
  if (url == "memory://" || url == "memory:") {
    return std::unique_ptr<CacheFactory>(
        std::make_unique<MemoryCacheFactory>(options.memory_entries, options.memory_bytes, options.seed));
  }
  Result<RedisUrl> parsed = parse_redis_url(url);
  if (!parsed) return parsed.error();
  RedisClientOptions client;
  client.url = std::move(*parsed);
  client.timeout_ms = options.timeout_ms;
  client.seed = options.seed;
  if (client.url.tls) {  // found out now rather than by each worker
    if (auto tls = TlsClient::create(options.ca_file); !tls) {
      return tls.error().wrap("cache.url: cannot prepare TLS");
    }
  }
  return std::unique_ptr<CacheFactory>(
      std::make_unique<RedisCacheFactory>(std::move(client), options.ca_file, resolver, log));
}

}  // namespace moongate
