// Reads an answer's usage beside its way to the client, whatever its form and coding.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "meter/decoder.h"
#include "protocol/usage.h"

namespace moongate {

// For one answer. Fed with its payload (no chunk framing), cut anywhere. An answer without a coding costs no allocation.
class UsageTap {
 public:
  // `content_encoding`: the header's value, empty when there is none.
  UsageTap(Dialect answer_dialect, BodyForm form, std::string_view content_encoding);

  void feed(std::string_view payload);
  const Usage& usage() const { return reader_.usage(); }
  std::string_view model() const { return reader_.model(); }
  std::string raw_usage() const { return reader_.raw_usage(); }

  // Whether the payload could be read so far: the form and the coding are known, and it has decoded well. Without that,
  // an event not seen may have been there all the same.
  bool readable() const { return !opaque_; }
  bool final_event_seen() const { return reader_.final_event_seen(); }
  bool error_event_seen() const { return reader_.error_event_seen(); }
  // False with a coding (nothing can be put between its bytes) or an unknown form.
  bool at_event_boundary() const { return !coded_ && !opaque_ && reader_.at_event_boundary(); }
  ArrayPosition array_position() const { return reader_.array_position(); }

 private:
  UsageReader reader_;
  std::unique_ptr<Decoder> decoder_;
  bool coded_ = false;
  bool opaque_ = false;
};

// How an answer's body is laid out: by its Content-Type, and for Google's streams by whether events were asked for
// (`stream` and not `sse`: one JSON array).
BodyForm body_form(Dialect answer_dialect, std::string_view content_type, bool stream, bool sse);

}  // namespace moongate
