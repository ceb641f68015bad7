#include "crypto/master_key.h"

#include <optional>
#include <string>

#include "crypto/hash.h"
#include "crypto/secret_file.h"

namespace moongate {
namespace {

constexpr std::size_t kKeyBytes = 32;

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() != 2 * kKeyBytes) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    if (i % 2 == 0)
      bytes.push_back(static_cast<char>(digit << 4));
    else
      bytes.back() = static_cast<char>(bytes.back() | digit);
  }
  return bytes;
}

Result<Secret> parse(std::string_view text, const std::string& origin) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  std::optional<std::string> bytes = from_hex(text);
  if (!bytes) bytes = base64_decode(text);
  if (!bytes) bytes = base64url_decode(text);
  if (!bytes || bytes->size() != kKeyBytes) {
    return Error(ErrorKind::kInvalid,
                 origin + " is not 32 bytes in base64 or hex; `openssl rand -base64 32` makes one");
  }
  return Secret(std::move(*bytes));
}

}  // namespace

std::filesystem::path master_key_file(const std::filesystem::path& data_dir) { return data_dir / "secret" / "master.key"; }

Result<Secret> load_master_key(const std::filesystem::path& data_dir, std::string_view given) {
  if (!given.empty()) return parse(given, "MOONGATE_MASTER_KEY");
  return load_key_file(master_key_file(data_dir));
}

Result<Secret> load_key_file(const std::filesystem::path& path) {
  const Result<Secret> text = read_secret_file(path, 1024);
  if (text.ok()) return parse(text->reveal(), path.string());
  if (text.error().kind != ErrorKind::kNotFound) return text.error().wrap("the master key cannot be loaded");
  Secret key(random_bytes(kKeyBytes));
  if (Status written = write_secret_file(path, base64_encode(key.reveal()) + "\n"); !written) {
    return written.error().wrap("the master key cannot be kept");
  }
  return key;
}

}  // namespace moongate
