// One message and its answer.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "chat/answer_source.h"
#include "chat/history_cache.h"
#include "config/settings.h"
#include "crypto/random.h"
#include "store/store.h"

namespace moongate {

// How many may do something at once.
class Permits {
 public:
  explicit Permits(int most) : left_(most) {}
  class Permit {
   public:
    Permit() = default;
    explicit Permit(Permits* owner) : owner_(owner) {}
    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(owner_, other.owner_);
      return *this;
    }
    ~Permit() {
      if (owner_ != nullptr) owner_->left_.fetch_add(1);
    }
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    Permits* owner_ = nullptr;
  };
  // False: all are taken.
  Permit take() {
    if (left_.fetch_sub(1) > 0) return Permit(this);
    left_.fetch_add(1);
    return {};
  }

 private:
  std::atomic<int> left_;
};

class WorkerPool;

// What conversations work with. Everything outlives them.
struct ChatParts {
  DataPort& port;
  Store& store;
  HistoryCache* cache = nullptr;   // null: what was said is read from the store each time
  const Clock& clock;
  Random& random;
  const Logger& log;
  const Settings& settings;
  WorkerPool* workers = nullptr;   // null: there are none
};

// What a caller asks for.
struct ChatAsk {
  boost::json::array blocks;
  std::string session_id;                   // empty: a new conversation
  std::string model;                        // empty: the conversation's
  std::optional<std::string> instructions;  // absent: the conversation's
  std::string message_id;                   // empty: none
  std::int64_t max_tokens = 0;              // 0: the setting's
  bool stream = false;
};

class ChatTurn {
 public:
  ChatTurn(ChatParts& parts, ChatCaller caller, ChatAsk ask, Permits::Permit permit);
  // What was said by then is kept.
  ~ChatTurn();
  ChatTurn(const ChatTurn&) = delete;
  ChatTurn& operator=(const ChatTurn&) = delete;

  // Up to the moment in which the model begins to answer; or the answer that ends the request.
  std::optional<HttpResponse> begin(const Gone& gone);
  // One of these, once, after begin().
  HttpResponse answer_whole(const Gone& gone);
  void answer_in_pieces(BodyWriter& client);

 private:
  std::optional<HttpResponse> open_conversation();
  std::optional<HttpResponse> make_conversation();
  std::optional<HttpResponse> take_over_wishes();
  std::optional<HttpResponse> look_for_answer();  // message_id was seen before
  std::optional<HttpResponse> read_history();
  Result<std::vector<Said>> said_before();
  std::unique_ptr<AnswerSource> new_source();
  void stay();                                    // keeps the conversation ours while it lasts
  void finish(bool whole);
  boost::json::object told_usage() const;
  boost::json::object told_session() const;
  boost::json::object told_end(bool whole) const;
  bool replays() const { return known_answer_.has_value(); }

  ChatParts& parts_;
  ChatCaller caller_;
  ChatAsk ask_;
  Permits::Permit permit_;
  ConversationRecord conversation_;
  std::string turn_;               // empty: the conversation is not ours (any more)
  bool made_ = false;              // by this turn
  std::int64_t taken_until_s_ = 0;
  std::vector<Said> said_;         // with the new message at the end
  std::size_t dropped_ = 0;
  std::unique_ptr<AnswerSource> source_;
  std::optional<MessageRecord> known_answer_;
};

// The answer for an owner who has as many conversations as may be; nothing: there is room for one more.
std::optional<HttpResponse> refuse_one_more(Store& store, const std::string& owner);

// As the cache keeps them.
std::string render_said(const std::vector<Said>& said);
std::optional<std::vector<Said>> parse_said(std::string_view text);

}  // namespace moongate
