// What messages to people say, in English and Chinese.
#pragma once

#include <string>

#include "people/mail.h"

namespace moongate {

// `url`: where the control port is reached. `code` serves once; whoever has it may do what the message is about.
MailMessage verify_mail(const std::string& to, const std::string& url, const std::string& name, const std::string& code);
MailMessage address_taken_mail(const std::string& to, const std::string& url);
MailMessage name_taken_mail(const std::string& to, const std::string& url, const std::string& name);
MailMessage reset_mail(const std::string& to, const std::string& url, const std::string& name, const std::string& code);
MailMessage new_address_mail(const std::string& to, const std::string& url, const std::string& name, const std::string& code);
MailMessage invitation_mail(const std::string& to, const std::string& url, const std::string& code);

}  // namespace moongate
