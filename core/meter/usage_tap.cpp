#include "meter/usage_tap.h"

namespace moongate {

UsageTap::UsageTap(Dialect answer_dialect, BodyForm form, std::string_view content_encoding)
    : reader_(answer_dialect, form) {
  if (content_encoding.empty() || form == BodyForm::kOpaque) return;
  decoder_ = Decoder::create(content_encoding);
  opaque_ = decoder_ == nullptr;
  if (decoder_ != nullptr && decoder_->identity()) decoder_.reset();
}

void UsageTap::feed(std::string_view payload) {
  if (opaque_) return;
  if (decoder_ == nullptr) {
    reader_.feed(payload);
    return;
  }
  opaque_ = !decoder_->feed(payload, [this](std::string_view decoded) { reader_.feed(decoded); });
}

}  // namespace moongate
