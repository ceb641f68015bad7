// Who takes part in a conversation, and with what credential the gateway is asked on that one's behalf.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "chat/data_call.h"
#include "crypto/random.h"
#include "http/api_reply.h"
#include "identity/caller.h"
#include "identity/inner_tokens.h"
#include "store/store.h"

namespace moongate {

struct ChatCaller {
  std::string owner;       // "user:" and an id, or "client:" and a name: whose conversations these are
  std::string user_id;     // empty: no user
  std::string client;      // what usage is told by
  std::string credential;  // for the data port; never logged
  InnerTokens::Lent lent;  // of a person without a key: what `credential` is good by
  std::string address;
  bool tls = false;
};

using Gone = std::function<bool()>;

class ChatCallers {
 public:
  struct Parts {
    DataPort& port;
    Store& store;
    InnerTokens& tokens;
    const Clock& clock;
    Random& random;
    const Logger& log;
    Admission admission;                      // of people who are signed in
    std::function<void()> directory_changed;  // a client was made
  };
  explicit ChatCallers(Parts parts) : parts_(std::move(parts)) {}

  // By a credential of the gateway, wherever its clients put theirs, as the data port judges it; else by a session. The
  // answer that ends the request: 401 for nobody, else what the data port said.
  OrReply<ChatCaller> identify(const HttpRequest& request, const Gone& gone);
  // As a client of the map (nothing is asked of the store then) or of the store, for an operator. 404: there is none.
  OrReply<ChatCaller> as_client(const HttpRequest& request, std::string_view name, bool of_map);

 private:
  OrReply<ChatCaller> by_credential(const HttpRequest& request, std::string credential, const Gone& gone);
  OrReply<ChatCaller> by_session(const HttpRequest& request);
  OrReply<KeyHolder> own_client(const Caller& person);

  Parts parts_;
  std::mutex making_;  // a person's client is made once
};

// The first of x-api-key, Authorization: Bearer, x-goog-api-key, ?key= and x-auth-token, as the data port looks for it;
// empty: none.
std::string presented_credential(const HttpRequest& request);

// {"error": …} for a status, with the status word that belongs to it.
HttpResponse chat_error(int status, std::string_view message);
// For an answer of the data port that refuses: its status, its message, Retry-After.
HttpResponse passed_refusal(int status, const HeaderList& headers, std::string_view body);
HttpResponse chat_failure(const Error& error);

}  // namespace moongate
