// A request's or response's head as it came: views into the bytes received, edited by marking.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/header_set.h"

namespace moongate {

// The headers that framing, credentials or privacy care about; everything else is kOther.
enum class HeaderId : std::uint8_t {
  kOther, kHost, kConnection, kKeepAlive, kProxyConnection, kTransferEncoding, kContentLength, kTe, kTrailer,
  kUpgrade, kExpect, kContentType, kContentEncoding, kAcceptEncoding, kAuthorization, kProxyAuthorization,
  kProxyAuthenticate, kXApiKey, kXGoogApiKey, kXAuthToken, kCookie, kAnthropicVersion, kAnthropicBeta,
  kDate, kHttp2Settings, kUserAgent, kXSimulator, kXGoogUserProject,
};

// `hash` is header_hash(name).
HeaderId header_id(std::uint32_t hash, std::string_view name);

struct HeaderField {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
  std::string_view line;   // the whole line with its CRLF
  std::uint32_t hash = 0;  // header_hash(name)
  HeaderId id = HeaderId::kOther;
  bool removed = false;    // not to be forwarded
};

// How a message's body is framed on the wire.
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

// Fields in the order received, plus what policies add. Views point into the buffer that was parsed; the owner of
// that buffer keeps it until the head is done with. Reused between messages (clear() keeps the memory).
class Head {
 public:
  std::vector<HeaderField> fields;
  std::vector<std::pair<std::string, std::string>> added;  // after the received ones, in this order

  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  // with kLength
  bool http_1_0 = false;
  bool keep_alive = true;            // what the sender wants, by version and Connection
  std::size_t size = 0;              // bytes of the head on the wire

  // The first one not removed; added ones count. nullptr-like empty view with found == false when absent.
  struct Found {
    std::string_view value;
    bool found = false;
    explicit operator bool() const { return found; }
  };
  Found find(std::string_view name) const;
  Found find(HeaderId id) const;

  // Removes every header of that name, received or added.
  void remove(std::string_view name);
  void remove(HeaderId id);
  // Removes what the set contains; returns how many.
  int strip(const HeaderSet& set);
  // Removes every header of that name and adds this one. kInvalid: a name that is no token, or a value with CR,
  // LF or NUL; the head is unchanged then. Framing headers (Content-Length, Transfer-Encoding, Connection, Host)
  // are the core's: kForbidden.
  Status set(std::string_view name, std::string_view value);

  void clear();
};

class RequestHead : public Head {
 public:
  std::string_view method;
  std::string_view target;
  bool expect_continue = false;
  bool upgrade = false;  // asks for a WebSocket
  void clear();
};

class ResponseHead : public Head {
 public:
  int status = 0;
  std::string_view reason;
  void clear();
};

struct HeadLimits {
  std::size_t max_bytes = 65536;
  std::size_t max_fields = 100;
};

enum class HeadState : std::uint8_t { kMore, kComplete };

// Parses the head at the start of `bytes`. kMore: not all there yet (call again with more; what was searched is
// not searched again when `searched` is kept between calls). kComplete: `head` is filled, head.size bytes are the
// head's. Errors, all kInvalid/kTooLarge from the client or kProtocol from an upstream; the connection cannot be
// used further: bare LF, obs-fold, space before the colon, conflicting or repeated or malformed Content-Length,
// Content-Length beside Transfer-Encoding, a transfer coding other than a single final "chunked", no or more than
// one Host (HTTP/1.1), a target not in origin form, too many fields or bytes, a control byte in a value.
Result<HeadState> parse_request_head(std::string_view bytes, const HeadLimits& limits, std::size_t& searched,
                                     RequestHead& head);
// `request_method` decides about bodies (HEAD). A 1xx head is returned like any other, with framing kNone.
Result<HeadState> parse_response_head(std::string_view bytes, const HeadLimits& limits, std::size_t& searched,
                                      std::string_view request_method, ResponseHead& head);

// Appends the fields that are not removed, then the added ones, each "Name: value\r\n", without the final CRLF.
// Untouched lines are copied as they came, runs of them at once.
void append_fields(const Head& head, std::string& out);

// "Not Found"; "Unknown" for a number that has no name.
std::string_view reason_phrase(int status);

}  // namespace moongate
