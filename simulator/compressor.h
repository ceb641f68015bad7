// Content codings, flushed per event so that each can be decoded as soon as it came.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "simulator/faults.h"

namespace moongate::sim {

class Compressor {
 public:
  // nullptr for kIdentity.
  static std::unique_ptr<Compressor> create(Coding coding);
  virtual ~Compressor() = default;

  // What `bytes` become, with everything so far decodable by the receiver.
  virtual std::string add(std::string_view bytes) = 0;
  // The end of the coding.
  virtual std::string finish() = 0;
};

// "gzip", "br", "zstd"; empty for kIdentity.
std::string_view coding_name(Coding coding);
// Whether an Accept-Encoding header takes it (a weight of 0 refuses).
bool accepts(std::string_view accept_encoding, Coding coding);

}  // namespace moongate::sim
