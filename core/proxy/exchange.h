// One request and its answer, as the pipeline and the policy see it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "config/map.h"
#include "config/terms.h"
#include "http/head.h"
#include "meter/outcome.h"
#include "net/task.h"
#include "protocol/api.h"
#include "protocol/usage.h"
#include "proxy/phases.h"

namespace moongate {

// One of the things whose terms a request must keep: the key, the client, the user.
struct TermsLevel {
  std::string_view level;  // a literal: "key", "client", "user"
  std::string id;          // what its counters are kept under; printable, no secret
  std::string title;       // for messages: a key's prefix, a client's or user's name
  std::shared_ptr<const Terms> terms;  // never null
};

// Who is calling. Immutable; one object per client and generation of what it was made of, shared by all its requests.
struct Identity {
  std::string client;                       // id for logs, metrics and rules; never the credential
  std::string kind;                         // "static", "key", "virtual-token", "virtual-jwt", "policy"
  ServiceType service_type = ServiceType::kAny;
  std::vector<Provider> providers;          // allowed; empty: all
  std::vector<std::string> models;          // allowed, '*' as suffix wildcard; empty: all
  std::optional<std::vector<WeightedAccount>> gemini_accounts;  // as in Client
  std::optional<std::vector<WeightedAccount>> claude_accounts;
  std::string key_id;                       // of a stored key; else empty
  std::string user_id, user_name;           // who pays; empty: nobody
  std::vector<TermsLevel> levels;           // the innermost first; each must allow, and each one's limits count
  std::int64_t markup_ppm = -1;             // of the innermost level that has one; -1: the setting's
  std::int64_t expires_at_s = 0;            // the earliest of the levels'; 0: never
  bool trace = false;                       // may ask for x-moongate-trace: explain

  // By its own lists and every level's.
  bool allows(Provider provider) const;
  bool allows_model(std::string_view model) const;
  bool allows_address(std::string_view address) const;
  bool has_limits() const;
};

// A model that a caller may name.
struct ServableModel {
  std::string id;
  std::string owner;            // "anthropic" or "google"
  std::int64_t created_s = 0;   // since when it has its price; 0: unknown
};

// One way to serve the request.
struct Route {
  Provider provider = Provider::kAnthropic;
  std::shared_ptr<const Account> account;
  std::string model;      // the upstream's name; empty: what the account's rule says, else the caller's
  std::string location;   // empty: the rule's, else the caller's
};

// What proves us to the upstream: one header.
struct UpstreamCredential {
  std::string_view header;  // a literal: "x-api-key", "authorization", "x-goog-api-key"
  Secret value;             // with "Bearer " where it belongs
};

struct Rejection {
  int status = 0;                // 0: not rejected
  std::string message;           // for the caller
  std::string reason;            // Google's ErrorInfo reason, or empty
  int retry_after_seconds = -1;
};

// The request's body, as far as it is there.
class RequestBody {
 public:
  virtual ~RequestBody() = default;
  virtual bool complete() const = 0;
  // Reads the rest and holds it. kTooLarge: more than limits.held_body_bytes; kClosed/kTimeout: the client.
  virtual Task<Status> read_all() = 0;
  // Reads until this top-level field of the JSON body is known to be there (captured, at most 64 KiB of it) or
  // known to be absent (the body is complete). Errors as read_all.
  virtual Task<Status> read_field(std::string_view name) = 0;
  // The raw JSON text of a top-level field in what has been read so far; nullopt: not (yet) seen. Only what
  // read_all or read_field has waited for is certain.
  virtual std::optional<std::string> field(std::string_view name) const = 0;
  // Precondition: complete(). The payload without framing, copied once.
  virtual std::string text() const = 0;
  // Takes the place of the whole payload (whether or not it was complete; an incomplete one must have been
  // read first: precondition complete()).
  virtual void replace(std::string text) = 0;
};

// Data members are the shared blackboard of pipeline and phases; which phase sets what is written in phases.h.
// Lives on its worker thread. Not copyable.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // -- the request
  std::string_view id;               // "mg-…", printable, unique
  std::string_view client_address;   // without port
  bool tls = false;
  ApiTarget target;                  // views into the head's bytes
  RequestHead* request = nullptr;    // until released (see head_released)
  std::string model;                 // the caller's name; empty: none (yet)
  bool stream = false;               // the caller wants a stream
  // True once the head's bytes are gone (idle streams keep none): request headers, target views and the body can
  // no longer be read; a policy that defines kLog, kEvent or kResponseFilter keeps them to the end.
  bool head_released = false;
  virtual RequestBody& body() = 0;

  // The caller's credential, wherever it was put (x-api-key, Authorization: Bearer, x-goog-api-key, ?key=,
  // x-auth-token; in that order), percent-decoded for ?key=. Empty: none. Never log it.
  virtual std::string_view caller_credential() = 0;

  // -- decisions
  std::shared_ptr<const Identity> identity;
  std::vector<Route> routes;
  const Route* route = nullptr;      // the one being tried
  UpstreamCredential credential;
  Rejection rejection;
  void reject(int http_status, std::string message, std::string reason = {}, int retry_after = -1) {
    rejection = Rejection{http_status, std::move(message), std::move(reason), retry_after};
  }

  // -- the answer
  ResponseHead* response = nullptr;  // from kResponsePrivacy until released
  int attempts = 0;
  std::string event;                 // kEvent
  bool event_dropped = false;

  // -- how it went (kLog)
  Outcome outcome = Outcome::kPending;
  int status = 0;                    // what the client got; 0: nothing
  Usage usage;
  std::int64_t started_ns = 0;       // monotonic
  std::int64_t first_byte_ns = 0;    // 0: none came
  std::int64_t ended_ns = 0;
  std::uint64_t bytes_in = 0;        // request payload
  std::uint64_t bytes_out = 0;       // answer payload

  // The policy's own state for this exchange (its Lua handles). Owned by the policy.
  void* policy_state = nullptr;

 protected:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
};

}  // namespace moongate
