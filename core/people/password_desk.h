// Passwords checked and hashed, a few at a time: each takes 19 MiB and some 30 ms, and logins must not eat the machine.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/random.h"

namespace moongate {

// Safe from any thread.
class PasswordDesk {
 public:
  struct Options {
    int at_once = 2;
    int waiting = 1;     // beyond: refused at once, so that the handler threads stay free for others
  };
  PasswordDesk(Random& random, Options options) : random_(random), options_(options) {}

  // kUnavailable: too many at the moment. Others as hash_password.
  Result<std::string> hash(const Secret& password);
  // An empty hash (nobody of that name, or nobody with a password) takes the same time and is false.
  Result<bool> verify(const Secret& password, const std::string& hash);

 private:
  class Seat;
  bool sit();
  void leave();

  Random& random_;
  const Options options_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable freed_;
  int working_ = 0;
  int waiting_ = 0;
  std::string nobodys_hash_;
};

}  // namespace moongate
