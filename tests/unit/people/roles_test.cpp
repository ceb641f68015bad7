// Who may do what under /api/admin, and that a change of that holds for the next request.
#include "unit/people/people_fixture.h"

namespace moongate {
namespace {

class Roles : public PeopleTest {
 protected:
  Roles() {
    hooks.admit = [this](const HttpRequest& request) { return people->admit(request); };
    admin = std::make_unique<AdminService>(
        store, clock, random, log,
        AdminOptions{settings, {}, SealedBox::derive(master_key.reveal(), kUpstreamCredentialPurpose)}, hooks);
    for (const char* role : {"user", "viewer", "operator", "admin"}) {
      make_user(role, "correct horse", role);
      by_role.emplace(role, sign_in(role, "correct horse"));
    }
  }

  int status(const std::string& role, const std::string& method, const std::string& target, const std::string& body = "") {
    return admin->handle(by_role.at(role).request(method, "/api/admin/" + target, body)).status;
  }
  HttpResponse as(const std::string& role, const std::string& method, const std::string& target, const std::string& body = "") {
    return admin->handle(by_role.at(role).request(method, "/api/admin/" + target, body));
  }

  std::unique_ptr<AdminService> admin;
  std::map<std::string, Signed> by_role;
};

TEST_F(Roles, EachMayWhatThoseBelowMay) {
  struct Row {
    const char *method, *target, *body;
    const char* least;
  };
  const std::vector<Row> rows = {
      {"GET", "users", "", "viewer"},
      {"GET", "audit", "", "viewer"},
      {"GET", "keys", "", "viewer"},
      {"POST", "clients", R"({"name":"c-)", "operator"},
      {"POST", "notifications/x/read", "", "operator"},
      {"DELETE", "keys/none", "", "operator"},
      {"POST", "users/viewer/token", "{}", "operator"},
      {"POST", "users", R"({"name":"u-)", "admin"},
      {"PATCH", "users/viewer", R"({"email":"v@example.com"})", "admin"},
      {"DELETE", "users/none", "", "admin"},
      {"POST", "users/viewer/movements", R"({"amount":"1"})", "admin"},
      {"PUT", "prices", R"({"rows":1})", "admin"},
      {"POST", "reprice", "{}", "admin"},
  };
  for (const Row& row : rows) {
    for (const std::string role : {"user", "viewer", "operator", "admin"}) {
      std::string body = row.body;
      if (body.ends_with("-")) body += role + "\"}";
      const int got = status(role, row.method, row.target, body);
      const bool may = role_of(role) >= role_of(row.least);
      EXPECT_EQ(got != 403, may) << role << " " << row.method << " " << row.target << ": " << got;
    }
  }
}

TEST_F(Roles, WhoHasNoneLearnsNothing) {
  EXPECT_EQ(status("user", "GET", "no/such/path"), 403);
  EXPECT_EQ(status("viewer", "GET", "no/such/path"), 404);
  HttpRequest nobody = request("GET", "/api/admin/users");
  EXPECT_EQ(admin->handle(nobody).status, 401);
  nobody.headers.emplace_back("Authorization", "Bearer " + admin_token);
  EXPECT_EQ(admin->handle(nobody).status, 200);
  nobody.headers.back().second = "Bearer wrong";
  EXPECT_EQ(admin->handle(nobody).status, 401);
}

TEST_F(Roles, ChangesHoldAtOnce) {
  EXPECT_EQ(status("viewer", "POST", "clients", R"({"name":"one"})"), 403);
  EXPECT_EQ(status("admin", "PATCH", "users/viewer", R"({"role":"operator"})"), 200);
  EXPECT_EQ(status("viewer", "POST", "clients", R"({"name":"one"})"), 201);
  EXPECT_EQ(status("admin", "PATCH", "users/viewer", R"({"role":"user"})"), 200);
  EXPECT_EQ(status("viewer", "GET", "clients"), 403);
  EXPECT_EQ(status("admin", "DELETE", "users/viewer"), 200);
  EXPECT_EQ(status("viewer", "GET", "clients"), 401);
}

TEST_F(Roles, ANewPasswordGivenByAnAdminEndsSessions) {
  EXPECT_EQ(status("operator", "GET", "clients"), 200);
  EXPECT_EQ(status("admin", "PATCH", "users/operator", R"({"password":"another horse"})"), 200);
  EXPECT_EQ(status("operator", "GET", "clients"), 401);
}

TEST_F(Roles, NobodyChangesTheirOwn) {
  for (const char* body : {R"({"role":"user"})", R"({"enabled":false})", R"({"role":"operator","email":"a@example.com"})"}) {
    EXPECT_EQ(status("admin", "PATCH", "users/admin", body), 409);
  }
  EXPECT_EQ(status("admin", "DELETE", "users/admin"), 409);
  EXPECT_EQ(status("admin", "PATCH", "users/admin", R"({"role":"admin","email":"a@example.com"})"), 200);
  EXPECT_EQ(status("operator", "PATCH", "users/operator", R"({"role":"admin"})"), 403);
}

TEST_F(Roles, TheAuditLogNamesWhoDidIt) {
  ASSERT_EQ(status("operator", "POST", "clients", R"({"name":"one"})"), 201);
  const std::vector<AuditRecord> records = store.list_audit(1).value();
  EXPECT_EQ(records.front().actor, "operator");
  EXPECT_EQ(records.front().action, "client.create");
}

TEST_F(Roles, ACookieNeedsItsToken) {
  Browser browser = browse("operator", "correct horse");
  const auto admin_send = [&](const std::string& method, const std::string& csrf) {
    HttpRequest made = request(method, "/api/admin/clients", method == "POST" ? R"({"name":"one"})" : "");
    made.headers.emplace_back("Cookie", "mg_session=" + browser.cookies["mg_session"]);
    if (!csrf.empty()) made.headers.emplace_back("X-CSRF-Token", csrf);
    return admin->handle(made).status;
  };
  EXPECT_EQ(admin_send("GET", ""), 200);
  EXPECT_EQ(admin_send("POST", ""), 403);
  EXPECT_EQ(admin_send("POST", "x"), 403);
  EXPECT_EQ(admin_send("POST", browser.csrf), 201);
}

TEST_F(Roles, ListsComeInPages) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(status("operator", "POST", "clients", R"({"name":"robot-)" + std::to_string(100 + i) + R"(","user":"user"})"), 201);
  }
  ASSERT_EQ(status("operator", "POST", "clients", R"({"name":"other"})"), 201);
  EXPECT_EQ(at(as("viewer", "GET", "clients"), "total"), "26");
  const HttpResponse page = as("viewer", "GET", "clients?search=ROBOT&limit=10&offset=20");
  EXPECT_EQ(at(page, "total"), "25");
  EXPECT_EQ(at(page, "clients.0.name"), "robot-120");
  EXPECT_EQ(json_of(page).at("clients").get_array().size(), 5u);
  EXPECT_EQ(at(as("viewer", "GET", "clients?search=user&limit=1"), "total"), "25");  // by their user's name
  EXPECT_EQ(at(as("viewer", "GET", "users?search=%40example.com&limit=2"), "total"), "4");
  EXPECT_EQ(at(as("viewer", "GET", "keys?limit=5"), "total"), "0");
  EXPECT_EQ(at(as("viewer", "GET", "upstream-accounts?search=x"), "total"), "0");
  for (const char* query : {"limit=0", "limit=1001", "offset=-1", "limit=x", "page=2"}) {
    EXPECT_EQ(status("viewer", "GET", std::string("users?") + query), 400) << query;
  }
}

}  // namespace
}  // namespace moongate
