// A user's own keys and usage: those of others do not exist, and nobody gives himself more than he has.
#include "identity/api_key.h"
#include "unit/people/people_fixture.h"

namespace moongate {
namespace {

class OwnKeys : public PeopleTest {
 protected:
  OwnKeys() {
    UserRecord limited = make_user("ann", "correct horse");
    limited.terms = R"({"models":["claude-*"],"limits":{"requests_per_minute":60,"cost_per_day":"10"}})";
    EXPECT_TRUE(store.update_user(limited).value());
    make_user("bob", "correct horse");
    ann = sign_in("ann", "correct horse");
    bob = sign_in("bob", "correct horse");
  }
  Json make_key(const Signed& who, const std::string& body = "{}") const {
    const HttpResponse made = who.post("/api/keys", body);
    EXPECT_EQ(made.status, 201) << made.body;
    return json_of(made);
  }
  HttpRequest with_key(const std::string& key, const std::string& target, const std::string& header = "X-Api-Key") const {
    HttpRequest made = request("GET", target);
    made.headers.emplace_back(header, header == "Authorization" ? "Bearer " + key : key);
    return made;
  }

  Signed ann, bob;
};

TEST_F(OwnKeys, AreMadeForTheUsersOwnClientAndShownOnce) {
  const Json made = make_key(ann, R"({"name":"laptop"})");
  EXPECT_TRUE(is_api_key_candidate(at(made, "key")));
  EXPECT_EQ(at(made, "client"), "ann");
  const HttpResponse list = ann.get("/api/keys");
  EXPECT_EQ(at(list, "total"), "1");
  EXPECT_EQ(at(list, "keys.0.name"), "laptop");
  EXPECT_EQ(list.body.find(at(made, "key")), std::string::npos);
  EXPECT_EQ(at(bob.get("/api/keys"), "total"), "0");
  EXPECT_EQ(ann.get("/api/client/keys").body, list.body);
  EXPECT_EQ(find_header(ann.post("/api/keys", "{}").headers, "Location").substr(0, 11), "/api/keys/k");
  EXPECT_EQ(store.list_audit(1).value().front().actor, "ann");
}

TEST_F(OwnKeys, OfOthersDoNotExist) {
  const std::string id = at(make_key(ann), "id");
  EXPECT_EQ(ann.get("/api/keys/" + id).status, 200);
  for (const std::string& path : {"/api/keys/" + id, "/api/client/keys/" + id, std::string("/api/keys/k-0000000000000000")}) {
    EXPECT_EQ(bob.get(path).status, 404);
    EXPECT_EQ(bob.patch(path, R"({"enabled":false})").status, 404);
    EXPECT_EQ(bob.send("PUT", path, R"({"enabled":false})").status, 404);
    EXPECT_EQ(bob.erase(path).status, 404);
    EXPECT_EQ(bob.post(path + "/regenerate").status, 404);
    EXPECT_EQ(bob.get(path + "/usage").status, 404);
  }
  EXPECT_EQ(at(ann.get("/api/keys/" + id), "enabled"), "true");
  EXPECT_SAYS(bob.post("/api/keys", R"({"client":"ann"})"), "no client of that name");
  EXPECT_EQ(at(bob.get("/api/keys?client=ann"), "total"), "0");
}

TEST_F(OwnKeys, AreChangedRenewedAndTakenAway) {
  const Json made = make_key(ann);
  const std::string path = "/api/keys/" + at(made, "id");
  const HttpResponse changed = ann.patch(path, R"({"name":"desk","enabled":false,"expires":"2027-01-01"})");
  EXPECT_EQ(at(changed, "name"), "desk");
  EXPECT_EQ(at(changed, "expires_at"), "2027-01-01T00:00:00Z");
  const Json fresh = json_of(ann.post(path + "/regenerate"));
  EXPECT_NE(at(fresh, "key"), at(made, "key"));
  EXPECT_EQ(ann.erase(path).status, 204);
  EXPECT_EQ(ann.get(path).status, 404);
}

TEST_F(OwnKeys, GoNotBeyondTheirUser) {
  const std::string path = "/api/keys/" + at(make_key(ann), "id");
  for (const auto& [terms, complaint] : std::vector<std::pair<std::string, std::string>>{
           {R"({"limits":{"requests_per_minute":61}})", "limits.requests_per_minute goes beyond"},
           {R"({"limits":{"cost_per_day":"10.01"}})", "limits.cost_per_day goes beyond"},
           {R"({"models":["*"]})", "models goes beyond"},
           {R"({"models":["claude-sonnet-*","gemini-*"]})", "models goes beyond"},
           {R"({"markup":"0.1"})", "markup is for an operator"},
           {R"({"shadow":true})", "shadow is for an operator"},
           {R"({"trace":true})", "trace is for an operator"}}) {
    const std::string body = R"({"terms":)" + terms + "}";
    for (const HttpResponse& refused : {ann.post("/api/keys", body), ann.patch(path, body)}) {
      EXPECT_EQ(refused.status, 400) << terms;
      EXPECT_SAYS(refused, complaint);
    }
  }
  EXPECT_EQ(ann.patch(path, R"({"terms":{"models":["claude-haiku-*"],"limits":{"requests_per_minute":60,"concurrent":2}}})").status, 200);
}

TEST_F(OwnKeys, TakeNothingThatIsNotTheirs) {
  const std::string path = "/api/keys/" + at(make_key(ann), "id");
  for (const char* member : {"id", "sha256", "prefix", "client_id", "user_id", "user", "created_at", "last_used_at", "markup"}) {
    const std::string body = std::string("{\"") + member + "\":\"x\"}";
    EXPECT_EQ(ann.post("/api/keys", body).status, 400) << member;
    EXPECT_SAYS(ann.patch(path, body), std::string("\"") + member + "\"");
  }
  EXPECT_EQ(ann.patch(path, R"({"client":"bob"})").status, 400);
}

TEST_F(OwnKeys, WhatAnOperatorPricedStaysPriced) {
  const Json made = make_key(ann);
  ApiKeyRecord key = *store.find_key(at(made, "id")).value();
  key.terms = R"({"markup":"2.0"})";
  ASSERT_TRUE(store.update_key(key).value());
  EXPECT_EQ(ann.patch("/api/keys/" + key.id, R"({"terms":{}})").status, 403);
  EXPECT_EQ(ann.patch("/api/keys/" + key.id, R"({"name":"mine"})").status, 200);
}

TEST_F(OwnKeys, NeedAUserWhoIsSignedIn) {
  EXPECT_EQ(send(request("GET", "/api/keys")).status, 401);
  HttpRequest by_admin = request("GET", "/api/keys");
  by_admin.headers.emplace_back("Authorization", "Bearer " + admin_token);
  EXPECT_EQ(send(by_admin).status, 403);
  const std::string key = at(make_key(ann), "key");
  EXPECT_EQ(send(with_key(key, "/api/keys")).status, 401);
  EXPECT_EQ(send(with_key(key, "/api/keys", "Authorization")).status, 401);
  EXPECT_EQ(ann.send("DELETE", "/api/keys").status, 405);
}

TEST_F(OwnKeys, TellWhatIsLeft) {
  const std::string key = at(make_key(ann, R"({"terms":{"models":["claude-haiku-*"],"limits":{"requests_per_minute":5}}})"), "key");
  for (const char* header : {"X-Api-Key", "Authorization", "X-Goog-Api-Key"}) {
    const HttpResponse quota = send(with_key(key, "/api/quota", header));
    ASSERT_EQ(quota.status, 200) << quota.body;
    EXPECT_EQ(at(quota, "client"), "ann");
    EXPECT_EQ(at(quota, "user"), "ann");
    EXPECT_EQ(at(quota, "balance"), "0.00");
    EXPECT_EQ(at(quota, "models"), R"(["claude-haiku-*"])");
    EXPECT_EQ(at(quota, "limits.0.name"), "requests_per_minute");
    EXPECT_EQ(at(quota, "limits.0.level"), "key");
    EXPECT_EQ(at(quota, "limits.0.limit"), "5");
    EXPECT_EQ(at(quota, "limits.2.name"), "cost_per_day");
    EXPECT_EQ(at(quota, "limits.2.limit"), "10.00");
    EXPECT_EQ(at(quota, "limits.2.used"), "0.00");
    EXPECT_EQ(at(quota, "limits.2.resets_at"), "2026-11-21T00:00:00Z");
  }
  const HttpResponse by_session = ann.get("/api/quota");
  EXPECT_EQ(at(by_session, "client"), "null");
  EXPECT_EQ(at(by_session, "user"), "ann");
  EXPECT_EQ(send(with_key("mg-" + std::string(40, 'a'), "/api/quota")).status, 401);
  EXPECT_EQ(send(request("GET", "/api/quota")).status, 401);
}

TEST_F(OwnKeys, SeeTheUsageOfTheirClientAndNoOther) {
  const Json made = make_key(ann);
  const std::string bobs = at(make_key(bob), "key");
  LedgerRecord row;
  row.request_id = "r1";
  row.ended_at_ms = clock.unix_ms();
  row.client = "ann";
  row.key_id = at(made, "id");
  row.user_id = at(ann.get("/api/auth/profile"), "user.id");
  row.model = "claude-sonnet-4-5";
  row.provider = "anthropic";
  row.status = 200;
  row.input_tokens = 10;
  row.output_tokens = 5;
  row.priced = true;
  row.cost_nano = 1'000'000'000;
  row.billed_nano = 2'000'000'000;
  ASSERT_EQ(store.append_ledger({row}).value().written, 1u);
  const HttpResponse usage = ann.get("/api/usage?by=model");
  EXPECT_EQ(at(usage, "total.requests"), "1");
  EXPECT_EQ(at(usage, "total.billed"), "2.00");
  EXPECT_EQ(at(usage, "total.cost"), "<none>");
  EXPECT_EQ(ann.get("/api/client/users/usage?by=model").body, usage.body);
  EXPECT_EQ(at(send(with_key(at(made, "key"), "/api/usage?by=day")), "total.requests"), "1");
  EXPECT_EQ(at(bob.get("/api/usage"), "total.requests"), "0");
  EXPECT_EQ(at(send(with_key(bobs, "/api/usage")), "total.requests"), "0");
  for (const char* query : {"user=ann", "by=user"}) EXPECT_EQ(bob.get(std::string("/api/usage?") + query).status, 400);
  EXPECT_EQ(send(with_key(bobs, "/api/usage?client=ann")).status, 400);
  EXPECT_EQ(at(bob.get("/api/usage?client=ann"), "total.requests"), "0");
  EXPECT_EQ(at(ann.get("/api/stats"), "today.requests"), "1");
  EXPECT_EQ(at(ann.get("/api/quota"), "limits.1.used"), "2.00");
  EXPECT_EQ(at(ann.get("/api/keys/" + at(made, "id") + "/usage"), "total.output_tokens"), "5");
  EXPECT_EQ(at(ann.get("/api/client/users/billing"), "balance"), "-2.00");
  EXPECT_EQ(at(ann.get("/api/client/users/account"), "clients.0.name"), "ann");
  EXPECT_EQ(send(with_key(bobs, "/api/client/users/billing")).status, 403);
}

TEST_F(OwnKeys, SayWhatAPresentedOneIsWorth) {
  const Json made = make_key(ann);
  const std::string key = at(made, "key");
  const HttpResponse told = post("/api/keys/verify", R"({"key":")" + key + "\"}");
  EXPECT_EQ(at(told, "valid"), "true");
  EXPECT_EQ(at(told, "key.prefix"), at(made, "prefix"));
  EXPECT_EQ(told.body.find(key), std::string::npos);
  EXPECT_EQ(at(send(with_key(key, "/api/client/keys/verify")), "valid"), "true");
  EXPECT_EQ(send(request("GET", "/api/keys/verify")).status, 400);
  EXPECT_EQ(post("/api/keys/verify", R"({"key":"mg-x"})").body, "{\"valid\":false}");
  ASSERT_EQ(ann.patch("/api/keys/" + at(made, "id"), R"({"enabled":false})").status, 200);
  EXPECT_EQ(post("/api/keys/verify", R"({"key":")" + key + "\"}").body, "{\"valid\":false}");
  int status = 200;
  for (int i = 0; i < 100 && status == 200; ++i) status = post("/api/keys/verify", R"({"key":"mg-x"})").status;
  EXPECT_EQ(status, 429);
}

TEST_F(OwnKeys, WorthNothingWhenTheyOrTheirsMayNotServe) {
  const Json made = make_key(ann);
  const std::string key = at(made, "key"), other = at(make_key(bob), "key");
  const auto status = [&] { return send(with_key(key, "/api/quota")).status; };
  ASSERT_EQ(ann.patch("/api/keys/" + at(made, "id"), R"({"expires":"2026-11-21"})").status, 200);
  EXPECT_EQ(status(), 200);
  clock.advance_ms(86'400'000);
  EXPECT_EQ(status(), 401);
  EXPECT_EQ(send(with_key(other, "/api/quota")).status, 200);
  ClientRecord client = *store.find_client_by_name("bob").value();
  client.terms = R"({"ip_allow":["203.0.113.0/24"]})";
  ASSERT_TRUE(store.update_client(client).value());
  EXPECT_EQ(send(with_key(other, "/api/quota")).status, 401);
  client.terms = "{}";
  client.enabled = false;
  ASSERT_TRUE(store.update_client(client).value());
  EXPECT_EQ(send(with_key(other, "/api/quota")).status, 401);
}

}  // namespace
}  // namespace moongate
