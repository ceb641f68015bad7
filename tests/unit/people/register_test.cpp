// How people come to an account, and that answers do not tell who has one.
#include <boost/json/array.hpp>

#include "unit/people/people_fixture.h"

namespace moongate {
namespace {

class Register : public PeopleTest {
 protected:
  Register() { settings_changed([](Settings& settings) { settings.users.registration = "open"; }); }

  HttpResponse sign_up(const std::string& name, const std::string& email, const std::string& more = "") const {
    return post("/api/auth/register",
                R"({"name":")" + name + R"(","email":")" + email + R"(","password":"correct horse")" + more + "}");
  }
  std::vector<MailMessage> mails() {
    people->settle_mail();
    return std::exchange(mailer.messages, {});
  }
  // The code in the link of the only message that was sent.
  std::string code() {
    const std::vector<MailMessage> sent = mails();
    EXPECT_EQ(sent.size(), 1u);
    if (sent.empty()) return "none";
    const std::size_t at = sent.front().text.find("token=");
    EXPECT_NE(at, std::string::npos) << sent.front().text;
    return sent.front().text.substr(at + 6, 43);
  }
  HttpResponse with_token(const std::string& path, const std::string& token, const std::string& more = "") const {
    return post(path, R"({"token":")" + token + "\"" + more + "}");
  }
};

TEST_F(Register, IsClosedUnlessItIsOpened) {
  settings_changed([](Settings& settings) { settings.users.registration = Settings().users.registration; });
  const HttpResponse refused = sign_up("ann", "ann@example.com");
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(mails().empty());
  EXPECT_TRUE(store.list_users().value().empty());
}

TEST_F(Register, TheAddressIsProvenBeforeThereIsAnAccount) {
  EXPECT_EQ(sign_up("ann", "Ann@Example.com").status, 202);
  EXPECT_EQ(log_in("ann", "correct horse").status, 401);
  const std::string token = code();
  const HttpResponse verified = with_token("/api/client/auth/verify-email", token);
  EXPECT_EQ(verified.status, 201);
  EXPECT_EQ(at(verified, "user.email"), "ann@example.com");
  EXPECT_EQ(at(verified, "user.role"), "user");
  EXPECT_EQ(with_token("/api/auth/verify-email", token).status, 400);
  EXPECT_EQ(log_in("ann", "correct horse").status, 200);
}

TEST_F(Register, AnswersAlikeWhetherNameOrAddressAreTaken) {
  make_user("ann", "correct horse");
  const HttpResponse fresh = sign_up("new", "new@example.com");
  const HttpResponse by_name = sign_up("ann", "other@example.com");
  const HttpResponse by_address = sign_up("other", "ANN@example.com");
  for (const HttpResponse& other : {by_name, by_address}) {
    EXPECT_EQ(other.status, fresh.status);
    EXPECT_EQ(other.body, fresh.body);
  }
  const std::vector<MailMessage> sent = mails();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_NE(sent[1].text.find("is taken"), std::string::npos);
  EXPECT_NE(sent[2].text.find("has one already"), std::string::npos);
  EXPECT_EQ(sent[2].to, "ann@example.com");
  EXPECT_NE(sent[0].text.find("确认"), std::string::npos);
}

TEST_F(Register, WhoIsSecondWithANameLearnsItWithTheCode) {
  EXPECT_EQ(sign_up("ann", "one@example.com").status, 202);
  const std::string one = code();
  EXPECT_EQ(sign_up("ann", "two@example.com").status, 202);
  const std::string two = code();
  EXPECT_EQ(with_token("/api/auth/verify-email", two).status, 201);
  EXPECT_EQ(with_token("/api/auth/verify-email", one).status, 409);
}

TEST_F(Register, TakesNoRoleAndNoOddNames) {
  EXPECT_EQ(sign_up("ann", "ann@example.com", R"(,"role":"admin")").status, 400);
  EXPECT_EQ(sign_up("ann", "ann@example.com", R"(,"terms":{})").status, 400);
  for (const char* name : {"admin", "Local", "gateway", "-x", "a b", "u-0000000000000000"}) {
    EXPECT_EQ(sign_up(name, "ann@example.com").status, 400) << name;
  }
  for (const char* email : {"ann", "a@b@c", "ann@example.com\\r\\nBcc: x@example.com", "ann @example.com", "<ann@example.com>"}) {
    EXPECT_EQ(sign_up("ann", email).status, 400) << email;
  }
  EXPECT_EQ(post("/api/auth/register", R"({"name":"ann","email":"ann@example.com","password":"short"})").status, 400);
  EXPECT_TRUE(mails().empty());
}

TEST_F(Register, MessagesToOneAddressAreFew) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(sign_up("ann" + std::to_string(i), "ann@example.com").status, 202);
  EXPECT_EQ(mails().size(), 3u);
}

TEST_F(Register, WithoutVerificationTheAccountIsThereAtOnce) {
  settings_changed([](Settings& settings) { settings.users.verify_email = false; });
  EXPECT_EQ(sign_up("ann", "ann@example.com").status, 201);
  EXPECT_EQ(sign_up("ann", "other@example.com").status, 409);
  EXPECT_EQ(log_in("ann", "correct horse").status, 200);
}

TEST_F(Register, AnInvitationLetsOnePersonIn) {
  settings_changed([](Settings& settings) { settings.users.registration = "invite"; });
  make_user("boss", "correct horse", "admin");
  make_user("clerk", "correct horse", "operator");
  const Signed boss = sign_in("boss", "correct horse"), clerk = sign_in("clerk", "correct horse");
  EXPECT_EQ(clerk.post("/api/admin/invitations", R"({"email":"ann@example.com"})").status, 403);
  const HttpResponse made = boss.post("/api/admin/invitations", R"({"email":"ann@example.com","role":"viewer"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(at(made, "token"), "<none>");
  const std::vector<MailMessage> sent = mails();
  ASSERT_EQ(sent.size(), 1u);
  const std::string token = sent.front().text.substr(sent.front().text.find("invitation=") + 11, 43);
  const std::string invited = R"(,"invitation":")" + token + "\"";
  EXPECT_EQ(sign_up("ann", "ann@example.com").status, 403);
  EXPECT_EQ(sign_up("ann", "other@example.com", invited).status, 403);
  const HttpResponse in = sign_up("ann", "ann@example.com", invited);
  EXPECT_EQ(in.status, 201) << in.body;
  EXPECT_EQ(at(in, "user.role"), "viewer");
  EXPECT_EQ(sign_up("eve", "ann@example.com", invited).status, 403);
  EXPECT_EQ(at(boss.get("/api/admin/invitations"), "invitations.0.used"), "true");
  EXPECT_EQ(clerk.get("/api/admin/invitations").status, 200);
}

TEST_F(Register, AnInvitationWithoutAddressIsHandedOverAndTheAddressProven) {
  settings_changed([](Settings& settings) { settings.users.registration = "invite"; });
  make_user("boss", "correct horse", "admin");
  const Signed boss = sign_in("boss", "correct horse");
  const Json made = json_of(boss.post("/api/admin/invitations", R"({"days":2})"));
  const std::string invited = R"(,"invitation":")" + at(made, "token") + "\"";
  EXPECT_EQ(sign_up("ann", "ann@example.com", invited).status, 202);
  const std::string token = code();
  EXPECT_EQ(with_token("/api/auth/verify-email", token).status, 201);
  EXPECT_EQ(sign_up("eve", "eve@example.com", invited).status, 403);
  const Json other = json_of(boss.post("/api/admin/invitations", "{}"));
  EXPECT_EQ(boss.erase("/api/admin/invitations/" + at(other, "id")).status, 204);
  EXPECT_EQ(sign_up("eve", "eve@example.com", R"(,"invitation":")" + at(other, "token") + "\"").status, 403);
}

TEST_F(Register, AForgottenPasswordIsReplacedByACode) {
  make_user("ann", "correct horse");
  const Signed session = sign_in("ann", "correct horse");
  const HttpResponse known = post("/api/auth/forgot-password", R"({"email":"ann@example.com"})");
  const HttpResponse unknown = post("/api/client/auth/forgot-password", R"({"email":"nobody@example.com"})");
  EXPECT_EQ(known.status, 202);
  EXPECT_EQ(unknown.status, known.status);
  EXPECT_EQ(unknown.body, known.body);
  const std::string token = code();
  EXPECT_EQ(with_token("/api/auth/reset-password", token, R"(,"password":"short")").status, 400);
  EXPECT_EQ(with_token("/api/auth/verify-email", token).status, 400);
  EXPECT_EQ(with_token("/api/auth/reset-password", token, R"(,"password":"battery staple")").status, 200);
  EXPECT_EQ(with_token("/api/auth/reset-password", token, R"(,"password":"battery staple")").status, 400);
  EXPECT_EQ(session.get("/api/auth/profile").status, 401);
  EXPECT_EQ(log_in("ann", "battery staple").status, 200);
  EXPECT_EQ(log_in("ann", "correct horse").status, 401);
}

TEST_F(Register, ACodeToResetEndsWithTimeAndWithTheOldPassword) {
  make_user("ann", "correct horse");
  post("/api/auth/forgot-password", R"({"email":"ann@example.com"})");
  const std::string late = code();
  clock.advance_ms(3'600'000);
  EXPECT_EQ(with_token("/api/auth/reset-password", late, R"(,"password":"battery staple")").status, 400);
  post("/api/auth/forgot-password", R"({"email":"ann@example.com"})");
  const std::string one = code();
  post("/api/auth/forgot-password", R"({"email":"ann@example.com"})");
  const std::string two = code();
  EXPECT_EQ(with_token("/api/auth/reset-password", two, R"(,"password":"battery staple")").status, 200);
  EXPECT_EQ(with_token("/api/auth/reset-password", one, R"(,"password":"another horse")").status, 400);
}

TEST_F(Register, ANewAddressIsProven) {
  make_user("ann", "correct horse");
  make_user("bob", "correct horse");
  const Signed ann = sign_in("ann", "correct horse");
  const std::string same = R"(,"current_password":"correct horse"})";
  EXPECT_EQ(ann.patch("/api/auth/profile", R"({"email":"new@example.com"})").status, 400);
  const HttpResponse free = ann.patch("/api/auth/profile", R"({"email":"new@example.com")" + same);
  const HttpResponse taken = ann.patch("/api/auth/profile", R"({"email":"bob@example.com")" + same);
  EXPECT_EQ(free.status, 202) << free.body;
  EXPECT_EQ(taken.body, free.body);
  EXPECT_EQ(at(ann.get("/api/auth/profile"), "user.email"), "ann@example.com");
  std::vector<MailMessage> sent = mails();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].to, "new@example.com");
  const std::string token = sent[0].text.substr(sent[0].text.find("token=") + 6, 43);
  EXPECT_EQ(with_token("/api/auth/verify-email", token).status, 200);
  EXPECT_EQ(at(ann.get("/api/auth/profile"), "user.email"), "new@example.com");
}

TEST_F(Register, GuessingCodesIsThrottled) {
  int status = 0;
  for (int i = 0; i < 100 && status != 429; ++i) status = with_token("/api/auth/verify-email", "x" + std::to_string(i)).status;
  EXPECT_EQ(status, 429);
}

TEST_F(Register, LinksLeadToPagesThatOnlyAsk) {
  EXPECT_EQ(sign_up("ann", "ann@example.com").status, 202);
  const std::string token = code();
  const HttpResponse page = send(request("GET", "/api/auth/verify-email?token=" + token));
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find(token), std::string::npos);
  EXPECT_NE(find_header(page.headers, "Content-Security-Policy").find("default-src 'none'"), std::string_view::npos);
  EXPECT_TRUE(store.list_users().value().empty());
  EXPECT_EQ(with_token("/api/auth/verify-email", token).status, 201);
  EXPECT_EQ(send(request("GET", "/api/auth/verify-email?token=%22%3E%3Cscript%3E")).status, 400);
  EXPECT_EQ(send(request("GET", "/api/auth/reset-password")).status, 400);
}

}  // namespace
}  // namespace moongate
