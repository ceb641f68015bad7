#include "unit/control/admin_fixture.h"

namespace moongate {
namespace {

struct AdminApi : AdminTest {
  HttpResponse with_token(const std::string& authorization, const std::string& path = "users") {
    HttpRequest made = request("GET", path);
    made.headers.clear();
    if (!authorization.empty()) made.headers.emplace_back("Authorization", authorization);
    return service->handle(made);
  }
};

TEST_F(AdminApi, OpensToTheAdminTokenOnly) {
  EXPECT_EQ(with_token("Bearer " + admin_token).status, 200);
  const HttpResponse none = with_token("");
  EXPECT_SAYS(none, "401 UNAUTHENTICATED: Send the admin token");
  EXPECT_EQ(find_header(none.headers, "WWW-Authenticate"), "Bearer realm=\"moongate admin\"");
  for (const std::string& wrong : {std::string("Bearer x"), "Bearer " + admin_token + "x", "Bearer " + admin_token.substr(1),
                                   "Basic " + admin_token, admin_token, std::string("Bearer ")}) {
    EXPECT_EQ(with_token(wrong).status, 401) << wrong;
  }
}

TEST_F(AdminApi, RefusesEveryPathAndMethodWithoutATokenAndChangesNothing) {
  make_user("ann");
  const std::size_t before = audit().size();
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
    for (const char* path : {"users", "users/ann", "users/ann/token", "users/ann/movements", "balances", "clients", "keys", "keys/x/regenerate",
                             "upstream-accounts", "prices", "usage", "ledger", "reprice", "notifications", "audit", "status", "nothing"}) {
      HttpRequest made = request(method, path, R"({"name":"eve","amount":5})");
      made.headers.clear();
      EXPECT_EQ(service->handle(made).status, 401) << method << " " << path;
    }
  }
  EXPECT_EQ(audit().size(), before);
}

TEST_F(AdminApi, HasNoTokenAtAllBeforeOneWasMade) {
  MemoryStore empty;
  AdminService fresh(empty, clock, random, log, AdminOptions{settings, {}, SealedBox::derive("m", "p")}, {});
  HttpRequest made = request("GET", "users");
  made.headers = {{"Authorization", "Bearer "}};
  EXPECT_EQ(fresh.handle(made).status, 401);
}

TEST_F(AdminApi, TrustsTheLocalSocketAndSaysSoInTheAuditLog) {
  HttpRequest made = request("POST", "users", R"({"name":"ann"})");
  made.headers.clear();
  made.trusted = true;
  made.remote_address = "local, user 0";
  EXPECT_EQ(service->handle(made).status, 201);
  const std::vector<AuditRecord> records = store.list_audit(1).value();
  EXPECT_EQ(records.at(0).actor, "local");
  EXPECT_EQ(records.at(0).address, "local, user 0");
}

TEST_F(AdminApi, ServesItsOwnPathsAndNoOthers) {
  for (const char* path : {"users", "users/a", "users/a/movements", "keys/a/regenerate", "status"}) {
    EXPECT_TRUE(service->serves(request("GET", path))) << path;
  }
  for (const char* path : {"", "service-accounts/virtual", "oauth-clients", "users/", "users//balance", "users/a/b/c", "Users", "keys/a/b"}) {
    EXPECT_FALSE(service->serves(request("GET", path))) << path;
  }
  HttpRequest other = request("GET", "users");
  other.path = "/api/adminusers";
  EXPECT_FALSE(service->serves(other));
}

TEST_F(AdminApi, NamesTheMethodsThatAPathTakes) {
  const HttpResponse answer = send("PUT", "users/ann");
  EXPECT_SAYS(answer, "405");
  EXPECT_EQ(find_header(answer.headers, "Allow"), "GET, PATCH, DELETE");
  EXPECT_EQ(send("HEAD", "users").status, 200);
}

TEST_F(AdminApi, NotificationsAreReadOnceAndStatusIsMadeOfParts) {
  NotificationRecord record;
  record.id = "n1";
  record.kind = "balance-low";
  record.text = "ann has $3.00";
  record.created_at_s = clock.unix_seconds();
  ASSERT_TRUE(store.insert_notification(record).value());
  EXPECT_EQ(at(get("notifications?unread=true"), "notifications.0.text"), "ann has $3.00");
  EXPECT_EQ(post("notifications/n1/read").status, 204);
  EXPECT_EQ(at(get("notifications?unread=true"), "notifications"), "[]");
  EXPECT_EQ(post("notifications/none/read").status, 404);
  hooks.status = [] { return std::string(R"({"workers":4})"); };
  restart();
  EXPECT_EQ(at(get("status"), "workers"), "4");
  EXPECT_EQ(at(get("status"), "store"), "ok");
}

// A store that has gone away.
struct LostStore : MemoryStore {
  bool lost = false;
  Error gone() const { return Error(ErrorKind::kUnavailable, "the database at db.internal has gone away"); }
  Result<std::vector<UserRecord>> list_users() override {
    if (lost) return gone();
    return MemoryStore::list_users();
  }
  Status append_audit(const AuditRecord& record) override {
    if (lost) return gone();
    return MemoryStore::append_audit(record);
  }
};

TEST_F(AdminApi, ALostStoreIs503AndTheReasonStaysInTheLog) {
  LostStore lost;
  AdminService over(lost, clock, random, log, AdminOptions{settings, {}, SealedBox::derive("m", "p")}, {});
  HttpRequest made = request("GET", "users");
  made.trusted = true;
  lost.lost = true;
  const HttpResponse answer = over.handle(made);
  EXPECT_SAYS(answer, "503 UNAVAILABLE");
  EXPECT_EQ(find_header(answer.headers, "Retry-After"), "1");
  EXPECT_EQ(answer.body.find("db.internal"), std::string::npos);
  EXPECT_NE(sink.text().find("db.internal"), std::string::npos);
  made = request("POST", "users", R"({"name":"ann"})");
  made.trusted = true;
  EXPECT_EQ(over.handle(made).status, 201);
  EXPECT_NE(sink.text().find("the audit log could not be written"), std::string::npos);
}

// Whatever is secret goes in marked, and the mark is looked for in all that comes out.
TEST_F(AdminApi, NoSecretComesOutAnywhereButWhereItIsShownOnce) {
  constexpr std::string_view kMark = "canary-51d2e84b60";
  const std::string key = "sk-" + std::string(kMark) + "-0123456789";
  make_user("ann");
  std::vector<std::string> shown_once;
  shown_once.push_back(at(post("users/ann/token"), "key"));
  const Json made = make_key("ann");
  shown_once.push_back(at(made, "key"));
  shown_once.push_back(at(post("keys/" + at(made, "id") + "/regenerate"), "key"));
  everything_said.clear();  // the three answers that show a key
  post("upstream-accounts", R"({"name":"a","credential":{"type":"anthropic_api_key","api_key":")" + key + "\"}}");
  patch("upstream-accounts/a", R"({"credential":{"type":"gemini_api_key","api_key":")" + key + "x\"}}");
  // Refused ones, too, and secrets in the wrong place.
  post("upstream-accounts", R"({"name":"a","credential":{"type":"anthropic_api_key","api_key":")" + key + "\"}}");
  post("upstream-accounts", R"({"name":"b","credential":{"type":"nonsense","api_key":")" + key + "\"}}");
  post("upstream-accounts", R"({"name":"b","credential":{"type":"service_account","private_key":")" + key + "\"}}");
  post("upstream-accounts", R"({"name":"b","credential":{"type":"anthropic_api_key","api_key":")" + key + "\"");
  post("upstream-accounts", R"({"name":"b","credential":")" + key + "\"}");
  for (const char* path : {"users", "users/ann", "clients", "keys", "upstream-accounts", "upstream-accounts/a", "audit", "status",
                           "balances", "notifications", "ledger", "usage", "prices"}) {
    EXPECT_EQ(get(path).status, 200) << path;
  }
  std::string records;
  const std::vector<AuditRecord> noted = store.list_audit(1000).value();
  for (const AuditRecord& each : noted) records += each.actor + each.action + each.subject + each.detail + each.address;
  for (const std::string* where : std::initializer_list<const std::string*>{&everything_said, &records}) {
    EXPECT_EQ(where->find(kMark), std::string::npos);
    EXPECT_EQ(where->find(admin_token), std::string::npos);
    for (const std::string& secret : shown_once) {
      EXPECT_EQ(where->find(secret), std::string::npos);
      EXPECT_EQ(where->find(api_key_digest(secret)), std::string::npos);
    }
  }
  const std::string logged = sink.text();
  EXPECT_EQ(logged.find(kMark), std::string::npos);
  EXPECT_EQ(logged.find(admin_token), std::string::npos);
  for (const std::string& secret : shown_once) EXPECT_EQ(logged.find(secret), std::string::npos);
}

}  // namespace
}  // namespace moongate
