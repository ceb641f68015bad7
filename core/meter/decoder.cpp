#include "meter/decoder.h"

#include "http/header_set.h"

namespace moongate {
namespace {

constexpr std::size_t kPiece = 16 * 1024;

ContentCoding coding_named(std::string_view word) {
  if (word.empty() || header_name_equal(word, "identity")) return ContentCoding::kIdentity;
  if (header_name_equal(word, "gzip") || header_name_equal(word, "x-gzip")) return ContentCoding::kGzip;
  if (header_name_equal(word, "deflate")) return ContentCoding::kDeflate;
  if (header_name_equal(word, "br")) return ContentCoding::kBrotli;
  if (header_name_equal(word, "zstd")) return ContentCoding::kZstd;
  return ContentCoding::kUnknown;
}

std::string_view trimmed(std::string_view word) {
  while (!word.empty() && (word.front() == ' ' || word.front() == '\t')) word.remove_prefix(1);
  while (!word.empty() && (word.back() == ' ' || word.back() == '\t')) word.remove_suffix(1);
  return word;
}

}  // namespace

ContentCoding parse_content_coding(std::string_view content_encoding) {
  ContentCoding found = ContentCoding::kIdentity;
  while (!content_encoding.empty()) {
    const std::size_t comma = content_encoding.find(',');
    const ContentCoding coding = coding_named(trimmed(content_encoding.substr(0, comma)));
    content_encoding.remove_prefix(comma == std::string_view::npos ? content_encoding.size() : comma + 1);
    if (coding == ContentCoding::kIdentity) continue;
    if (found != ContentCoding::kIdentity) return ContentCoding::kUnknown;
    found = coding;
  }
  return found;
}

std::unique_ptr<Decoder> Decoder::create(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate: return make_zlib_decoder(coding);
    case ContentCoding::kBrotli: return make_brotli_decoder();
    case ContentCoding::kZstd: return make_zstd_decoder();
    case ContentCoding::kIdentity:
    case ContentCoding::kUnknown: break;
  }
  return nullptr;
}

bool Decoder::run(std::string_view piece, Call call, void* to) {
  if (broken_ || piece.empty()) return !broken_;
  char out[kPiece];
  for (;;) {
    const std::size_t before = piece.size();
    std::size_t produced = 0;
    broken_ = step(piece, out, sizeof out, produced) == Step::kBroken;
    taken_ += before - piece.size();
    made_ += produced;
    if (produced != 0) call(to, {out, produced});
    // Looked at after every piece: a bomb is found out within kSlack, however much of it came at once.
    if (made_ > kMaxOutput || made_ > kSlack + kMaxRatio * taken_) broken_ = true;
    if (broken_) return false;
    if (produced < sizeof out) return true;
  }
}

}  // namespace moongate
