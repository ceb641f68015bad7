// Messages handed over to a mail server (RFC 5321), never in clear but on this machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "people/mail.h"

namespace moongate {

struct SmtpServer {
  std::string host;
  int port = 587;
  bool tls_at_once = false;  // smtps; else STARTTLS, which only a server on this machine may lack
  std::string user;          // empty: no AUTH
  Secret password;
};
// smtp://[user:password@]host[:port] (587), smtps://… (465); the parts may be percent-encoded. kInvalid names mail.server.
Result<SmtpServer> parse_mail_server(std::string_view url);

class SmtpMailer final : public Mailer {
 public:
  static constexpr int kTimeoutMs = 30'000;

  // kInvalid: the CA bundle cannot be read. The references must outlive it.
  static Result<std::unique_ptr<SmtpMailer>> create(SmtpServer server, std::string from, const std::string& ca_file,
                                                    const Clock& clock, Random& random);
  Status send(const MailMessage& message) override;

 private:
  SmtpMailer(SmtpServer server, std::string from, std::unique_ptr<TlsClient> tls, const Clock& clock, Random& random);
  Task<Status> deliver(Reactor& reactor, const MailMessage& message, const std::string& mail);

  const SmtpServer server_;
  const std::string from_;
  std::unique_ptr<TlsClient> tls_;
  const Clock& clock_;
  Random& random_;
  Resolver resolver_;
};

}  // namespace moongate
