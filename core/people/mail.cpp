#include "people/mail.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/thread_name.h"
#include "crypto/base64.h"
#include "crypto/secret_file.h"

namespace moongate {
namespace {

constexpr std::size_t kMostWaiting = 200;
constexpr std::size_t kLine = 76;
constexpr std::size_t kSubjectPart = 42;  // bytes of an encoded word's text, so that the word fits into a line

std::string date_text(std::int64_t now_s) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  const std::time_t when = now_s;
  gmtime_r(&when, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d +0000", kDays[static_cast<std::size_t>(utc.tm_wday)],
                utc.tm_mday, kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text.data();
}

// Encoded words (RFC 2047), cut between characters.
std::string subject_text(std::string_view subject) {
  std::string text;
  while (!subject.empty()) {
    std::size_t size = std::min(subject.size(), kSubjectPart);
    while (size < subject.size() && size > 1 && (static_cast<unsigned char>(subject[size]) & 0xC0) == 0x80) --size;
    text += (text.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64_encode(subject.substr(0, size)) + "?=";
    subject.remove_prefix(size);
  }
  return text;
}

}  // namespace

std::string mail_address_fault(std::string_view address) {
  const std::size_t at = address.find('@');
  const bool form = at != address.npos && at > 0 && at <= 64 && at + 1 < address.size() && address.size() <= 254 &&
                    address.find('@', at + 1) == address.npos;
  const bool letters = std::all_of(address.begin(), address.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".!#$%&'*+/=?^_`{|}~-@").find(c) != std::string_view::npos;
  });
  if (form && letters && address.front() != '-') return {};
  return "\"email\" must be an address such as ann@example.com.";
}

Result<std::string> render_mail(const MailMessage& message, std::string_view from, std::int64_t now_s, Random& random) {
  for (const std::string_view each : {std::string_view(message.to), from}) {
    if (!mail_address_fault(each).empty()) return Error(ErrorKind::kInvalid, "an e-mail address cannot stand in a message's head");
  }
  std::string mail = "From: Moongate <" + std::string(from) + ">\r\nTo: <" + message.to + ">\r\nSubject: " +
                     subject_text(message.subject) + "\r\nDate: " + date_text(now_s) + "\r\nMessage-ID: <" +
                     random_token(random, 24) + std::string(from.substr(from.find('@'))) +
                     ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n";
  std::string text;
  for (char c : message.text) text += c == '\n' ? "\r\n" : std::string(1, c);
  const std::string body = base64_encode(text);
  for (std::size_t at = 0; at < body.size(); at += kLine) mail += body.substr(at, kLine) + "\r\n";
  return mail;
}

Status FileOutbox::send(const MailMessage& message) {
  const std::int64_t now_s = clock_.unix_seconds();
  const Result<std::string> mail = render_mail(message, from_, now_s, random_);
  if (!mail) return mail.error();
  if (Status made = create_private_directory(folder_); !made) return made;
  const std::string name = std::to_string(clock_.unix_ms()) + "-" + random_token(random_, 8);
  const std::filesystem::path hidden = folder_ / ("." + name), shown = folder_ / (name + ".eml");
  const int fd = ::open(hidden.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, mail->data(), mail->size()) == static_cast<ssize_t>(mail->size());
  if (fd >= 0) ::close(fd);
  // Whoever looks into the folder finds whole messages.
  if (written && ::rename(hidden.c_str(), shown.c_str()) == 0) return {};
  if (fd >= 0) ::unlink(hidden.c_str());
  return Error(ErrorKind::kUnavailable, "the message could not be written to " + folder_.string());
}

MailQueue::MailQueue(Mailer& mailer, const Logger& log) : mailer_(mailer), log_(log), thread_([this] { run(); }) {}

MailQueue::~MailQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MailQueue::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) {
      log_.error("too many messages wait to be sent; one was dropped", {{"waiting", waiting_.size()}});
      return;
    }
    waiting_.push_back(std::move(work));
  }
  changed_.notify_all();
}

void MailQueue::send(const MailMessage& message) {
  // The address is somebody's own business; the domain tells an operator enough.
  const std::string domain = message.to.substr(std::min(message.to.size(), message.to.find('@')));
  if (Status sent = mailer_.send(message); !sent) {
    log_.error("a message could not be sent", {{"to", domain}, {"reason", sent.error().describe()}});
  }
}

void MailQueue::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && !working_; });
}

void MailQueue::run() {
  name_this_thread("mail");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    working_ = true;
    lock.unlock();
    work();
    lock.lock();
    working_ = false;
    changed_.notify_all();
  }
}

}  // namespace moongate
