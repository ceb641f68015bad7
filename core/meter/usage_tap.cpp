#include "meter/usage_tap.h"

#include "http/header_set.h"

namespace moongate {
namespace {

constexpr std::string_view kTextCharacters = " \t";

// "application/json" out of "Application/JSON; charset=utf-8" (still in the sender's case).
std::string_view media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  const std::size_t begin = content_type.find_first_not_of(kTextCharacters);
  if (begin == std::string_view::npos) return {};
  return content_type.substr(begin, content_type.find_last_not_of(kTextCharacters) - begin + 1);
}

bool is_json(std::string_view type) {
  if (header_name_equal(type, "application/json")) return true;
  return type.size() > 5 && header_name_equal(type.substr(type.size() - 5), "+json");
}

}  // namespace

BodyForm body_form(Dialect answer_dialect, std::string_view content_type, bool stream, bool sse) {
  const std::string_view type = media_type(content_type);
  if (header_name_equal(type, "text/event-stream")) return BodyForm::kSse;
  if (!is_json(type)) return BodyForm::kOpaque;
  const bool google = answer_dialect == Dialect::kGemini || answer_dialect == Dialect::kVertexGemini;
  return google && stream && !sse ? BodyForm::kJsonArray : BodyForm::kJson;
}

UsageTap::UsageTap(Dialect answer_dialect, BodyForm form, std::string_view content_encoding)
    : reader_(answer_dialect, form), opaque_(form == BodyForm::kOpaque) {
  if (content_encoding.empty()) return;
  const ContentCoding coding = parse_content_coding(content_encoding);
  coded_ = coding != ContentCoding::kIdentity;
  if (!coded_ || opaque_) return;
  decoder_ = Decoder::create(coding);
  opaque_ = decoder_ == nullptr;
}

void UsageTap::feed(std::string_view payload) {
  if (opaque_) return;
  if (!coded_) {
    reader_.feed(payload);
    return;
  }
  if (!decoder_->feed(payload, [this](std::string_view decoded) { reader_.feed(decoded); })) {
    opaque_ = true;
    decoder_.reset();  // its windows need not wait for the answer's end
  }
}

}  // namespace moongate
