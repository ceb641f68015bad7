// Reads an answer's usage beside its way to the client, whatever its form and coding.
#pragma once

#include <memory>
#include <string_view>

#include "meter/decoder.h"
#include "protocol/usage.h"

namespace moongate {

// For one answer. Fed with its payload (no chunk framing), cut anywhere. An answer without Content-Encoding costs no
// allocation.
class UsageTap {
 public:
  UsageTap(Dialect answer_dialect, BodyForm form, std::string_view content_encoding);

  void feed(std::string_view payload);
  const Usage& usage() const { return reader_.usage(); }
  std::string_view model() const { return reader_.model(); }

  // Whether what is said below can be believed: the coding is known and has decoded well so far.
  bool readable() const { return !opaque_; }
  bool final_event_seen() const { return reader_.final_event_seen(); }
  bool error_event_seen() const { return reader_.error_event_seen(); }
  // Only without a coding: whether own bytes may be put here.
  bool at_event_boundary() const { return !decoder_ && !opaque_ && reader_.at_event_boundary(); }
  ArrayPosition array_position() const { return reader_.array_position(); }

 private:
  UsageReader reader_;
  std::unique_ptr<Decoder> decoder_;
  bool opaque_ = false;
};

}  // namespace moongate
