// What is told of a request to whoever watches the gateway at work (core/live): which decisions were taken, and when.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/money.h"
#include "meter/access_log.h"

namespace moongate {

struct Route;

// One decision or event. Numbers only: what they mean to a reader is made of them when somebody looks.
struct RequestNote {
  enum class Kind : std::uint8_t {
    kAuthenticated,  // the policy knows who calls
    kModelKnown,     // as much of the body was read as it took
    kRouted,         // value: how many routes the policy chose
    kReserved,       // limits took what the request is expected to use; value: kOfKey and so on, of whom
    kAffinity,       // status: 0 nobody held the conversation, 1 `route` does, 2 who does is not fit, 3 only `route` has the resource
    kPassedOver,     // `route` is in trouble; status: Fitness, value: for how many ms
    kAttempt,        // `route` is asked
    kConnected,      // status: 1 on a kept-alive connection
    kUnreachable,
    kNoCredential,
    kAnswered,       // status: the upstream's; value: UpstreamFault of a refusal
    kPlan,           // after a refusal; value: RetryPlan::Step, or kBudgetSpent
    kCaptured,       // bodies are kept
  };
  static constexpr std::uint32_t kBudgetSpent = 255;
  static constexpr std::uint32_t kOfKey = 1, kOfClient = 2, kOfUser = 4, kOfAccount = 8;

  std::uint32_t at_us = 0;  // since the request's head
  Kind kind = Kind::kAuthenticated;
  std::uint8_t route = kNoRoute;  // its place in the list of routes
  std::int16_t status = 0;
  std::uint32_t value = 0;
  static constexpr std::uint8_t kNoRoute = 255;
};

// The first ones; what comes after is counted. Kept in place: a request allocates nothing for them.
class RequestNotes {
 public:
  void add(const RequestNote& note) {
    if (count_ < notes_.size()) notes_[count_] = note;
    if (count_ < 255) ++count_;
  }
  std::span<const RequestNote> all() const { return {notes_.data(), std::min<std::size_t>(count_, notes_.size())}; }

 private:
  std::array<RequestNote, 16> notes_;
  std::uint8_t count_ = 0;
};

// Views need to live only during the call.
struct WatchedRequest {
  const AccessRecord& record;
  std::string_view identity_kind;  // how the client was told: "static", "key", …; empty: nobody was
  std::string_view key_id, user_id;
  std::string_view location;
  std::span<const Route> routes;   // as they were tried
  std::span<const RequestNote> notes;
  bool priced = false;
  NanoDollars cost_nano = 0, billed_nano = 0;
};

// The bodies of one exchange, as they went over the wire, cut at a limit.
struct CapturedBodies {
  std::size_t limit = 0;  // bytes of each
  std::string request, answer;
  std::uint64_t request_bytes = 0, answer_bytes = 0;  // that there were
  std::string answer_coding;                          // Content-Encoding
  void add_request(std::string_view piece) { add(request, request_bytes, piece); }
  void add_answer(std::string_view piece) { add(answer, answer_bytes, piece); }

 private:
  void add(std::string& body, std::uint64_t& bytes, std::string_view piece) const {
    bytes += piece.size();
    if (body.size() < limit) body += piece.substr(0, limit - body.size());
  }
};

// One per worker, called on its thread; never blocks.
class RequestWatch {
 public:
  virtual ~RequestWatch() = default;
  // Whether somebody wants to hear of requests that begin.
  virtual bool wants_begun() const = 0;
  // The first attempt is about to be made; the record has no outcome yet.
  virtual void begun(const WatchedRequest& request) = 0;
  virtual void ended(const WatchedRequest& request) = 0;
  // How much of the bodies of this client's requests is to be kept; 0: nothing.
  virtual std::size_t capture_bytes(std::string_view client) const = 0;
  virtual void captured(std::string_view request_id, std::string_view client, CapturedBodies bodies) = 0;
  // Hands over what has come together; the worker calls it ten times a second.
  virtual void flush() = 0;
};

}  // namespace moongate
