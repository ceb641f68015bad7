// Messages to people: what they say is mail_texts.h's; how they get there, a Mailer's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "crypto/random.h"

namespace moongate {

struct MailMessage {
  std::string to;       // an address, checked by mail_address_fault()
  std::string subject;  // UTF-8
  std::string text;     // UTF-8, lines ended by \n
};

// What keeps an address from standing in SMTP's commands and a message's head; empty: nothing does.
std::string mail_address_fault(std::string_view address);
// The message as RFC 5322 has it, lines ended by CRLF, none longer than 76 characters, no line of the text to be taken for
// anything else: subject and text are base64. kInvalid: an address that must not stand there.
Result<std::string> render_mail(const MailMessage& message, std::string_view from, std::int64_t now_s, Random& random);

// May block, for half a minute at most. One call at a time.
class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual Status send(const MailMessage& message) = 0;
};

// Files (0600) in a folder (0700), one a message.
class FileOutbox final : public Mailer {
 public:
  FileOutbox(std::filesystem::path folder, std::string from, const Clock& clock, Random& random)
      : folder_(std::move(folder)), from_(std::move(from)), clock_(clock), random_(random) {}
  Status send(const MailMessage& message) override;

 private:
  const std::filesystem::path folder_;
  const std::string from_;
  const Clock& clock_;
  Random& random_;
};

// Work that is done behind the answers, so that how long an answer takes says nothing about whom there is a message for. In
// order, on one thread; bounded: what is too much is dropped and logged.
class MailQueue {
 public:
  MailQueue(Mailer& mailer, const Logger& log);
  // What waits is still done.
  ~MailQueue();
  MailQueue(const MailQueue&) = delete;

  void post(std::function<void()> work);
  // Of the work above: sends, or tells the log why not.
  void send(const MailMessage& message);
  // Until all is done that was posted. For tests.
  void settle();

 private:
  void run();

  Mailer& mailer_;
  const Logger& log_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool working_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace moongate
