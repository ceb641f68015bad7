#include "people/mail_texts.h"

namespace moongate {
namespace {

std::string verify_link(const std::string& url, const std::string& code) {
  return url + "/api/auth/verify-email?token=" + code;
}

MailMessage both(const std::string& to, std::string subject, const std::string& english, const std::string& chinese) {
  return {to, std::move(subject), english + "\n\n" + chinese + "\n\n-- \nMoongate\n"};
}

}  // namespace

MailMessage verify_mail(const std::string& to, const std::string& url, const std::string& name, const std::string& code) {
  return both(to, "Confirm your address / 确认您的邮箱地址",
              "Somebody, hopefully you, wants the account \"" + name +
                  "\" with this address.\nTo confirm, open this within a day:\n\n  " + verify_link(url, code) +
                  "\n\nIf it was not you, do nothing: no account will be made.",
              "有人（希望是您本人）用此邮箱申请账户“" + name + "”。\n请在一天内打开以下链接确认：\n\n  " + verify_link(url, code) +
                  "\n\n若非本人操作，请忽略本邮件，账户不会被创建。");
}

MailMessage address_taken_mail(const std::string& to, const std::string& url) {
  return both(to, "You have an account already / 您已有账户",
              "Somebody, perhaps you, wanted a new account with this address, which has one already.\nIf the password is "
              "forgotten, ask for a new one at " + url + ".\nIf it was not you, do nothing.",
              "有人（可能是您本人）想用此邮箱注册新账户，但该邮箱已有账户。\n若忘记密码，请在 " + url + " 申请重置。\n若非本人操作，请忽略本邮件。");
}

MailMessage name_taken_mail(const std::string& to, const std::string& url, const std::string& name) {
  return both(to, "Choose another name / 请换一个用户名",
              "The name \"" + name + "\" is taken. To get an account, sign up again at " + url + " with another name.",
              "用户名“" + name + "”已被占用。请在 " + url + " 换一个用户名重新注册。");
}

MailMessage reset_mail(const std::string& to, const std::string& url, const std::string& name, const std::string& code) {
  const std::string link = url + "/api/auth/reset-password?token=" + code;
  return both(to, "Choose a new password / 重置密码",
              "Somebody, hopefully you, has forgotten the password of \"" + name +
                  "\".\nTo choose a new one, open this within an hour:\n\n  " + link +
                  "\n\nIf it was not you, do nothing: the password stays as it is.",
              "有人（希望是您本人）忘记了“" + name + "”的密码。\n请在一小时内打开以下链接设置新密码：\n\n  " + link +
                  "\n\n若非本人操作，请忽略本邮件，密码不会改变。");
}

MailMessage new_address_mail(const std::string& to, const std::string& url, const std::string& name, const std::string& code) {
  return both(to, "Confirm your new address / 确认新的邮箱地址",
              "The account \"" + name + "\" wants to have this address. To confirm, open this within a day:\n\n  " +
                  verify_link(url, code) + "\n\nIf it was not you, do nothing.",
              "账户“" + name + "”申请使用此邮箱。请在一天内打开以下链接确认：\n\n  " + verify_link(url, code) + "\n\n若非本人操作，请忽略本邮件。");
}

MailMessage invitation_mail(const std::string& to, const std::string& url, const std::string& code) {
  const std::string link = url + "/api/auth/register?invitation=" + code;
  return both(to, "You are invited / 邀请您注册",
              "You are invited to have an account at " + url + ". To make it, open this within a week:\n\n  " + link,
              "邀请您在 " + url + " 注册账户。请在一周内打开以下链接：\n\n  " + link);
}

}  // namespace moongate
