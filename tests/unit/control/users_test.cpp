#include "crypto/password.h"
#include "unit/control/admin_fixture.h"

namespace moongate {
namespace {

struct Users : AdminTest {};

TEST_F(Users, AreMadeListedShownAndChanged) {
  const HttpResponse made = post("users", R"({"name":"ann","email":"ann@x.test","terms":{"limits":{"requests_per_minute":60}}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = at(made, "id");
  EXPECT_EQ(id.size(), 18U);
  EXPECT_EQ(find_header(made.headers, "Location"), "/api/admin/users/" + id);
  EXPECT_EQ(at(made, "terms.limits.requests_per_minute"), "60");
  EXPECT_EQ(at(made, "balance"), "0.00");
  EXPECT_EQ(at(made, "created_at"), "2026-11-20T12:00:00Z");
  EXPECT_EQ(at(get("users"), "users.0.name"), "ann");
  EXPECT_EQ(at(get("users/ann"), "id"), id);
  EXPECT_EQ(at(get("users/" + id), "email"), "ann@x.test");

  const HttpResponse changed = patch("users/ann", R"({"name":"anna","role":"admin","email":"","terms":{}})");
  EXPECT_EQ(at(changed, "name"), "anna");
  EXPECT_EQ(at(changed, "role"), "admin");
  EXPECT_EQ(at(changed, "email"), "null");
  EXPECT_EQ(at(changed, "terms"), "{}");
  EXPECT_EQ(get("users/ann").status, 404);
  EXPECT_EQ(directory_changes, 2);
  EXPECT_EQ(audit(), (std::vector<std::string>{"admin user.change " + id, "admin user.create " + id}));
}

TEST_F(Users, AreDisabledByDeletingAndNeverLost) {
  const std::string id = make_user("ann");
  EXPECT_EQ(at(erase("users/ann"), "enabled"), "false");
  EXPECT_EQ(at(get("users/" + id), "enabled"), "false");
  EXPECT_EQ(at(patch("users/ann", R"({"enabled":true})"), "enabled"), "true");
}

TEST_F(Users, OfTheSameNameOrAddressAreRefused) {
  make_user("ann", R"(,"email":"a@x.test")");
  make_user("bob");
  EXPECT_SAYS(post("users", R"({"name":"ann"})"), "409 ALREADY_EXISTS: There is a user ann");
  EXPECT_SAYS(post("users", R"({"name":"eve","email":"a@x.test"})"), "409");
  EXPECT_SAYS(patch("users/bob", R"({"name":"ann"})"), "409");
  EXPECT_SAYS(patch("users/bob", R"({"email":"a@x.test"})"), "409");
}

TEST_F(Users, WithBadInputAreToldWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", "must be a JSON object, not an array"},
      {R"({"name":"a")", "is not JSON (line 1, column"},
      {R"({})", "\"name\" is missing"},
      {R"({"name":7})", "\"name\" must be a string, not a number"},
      {R"({"name":""})", "\"name\" must have 1 to 64"},
      {R"({"name":"a b"})", "\"name\" must be 1 to 64 characters of"},
      {R"({"name":"-x"})", "beginning with a letter"},
      {R"({"name":"u-aaaaaaaaaaaaaaaa"})", "looks like an id"},
      {R"({"name":"a\u0000"})", "is not JSON"},
      {R"({"name":"a","email":"a@x\u0007.test"})", "has control characters"},
      {R"({"name":"a","name":"b"})", "is there twice"},
      {R"({"name":"a","emial":"x"})", "did you mean \"email\"?"},
      {R"({"name":"a","email":"nobody"})", "\"email\" must be an e-mail address"},
      {R"({"name":"a","role":"root"})", "\"role\" must be \"user\", \"viewer\", \"operator\" or \"admin\""},
      {R"({"name":"a","enabled":"yes"})", "\"enabled\" must be true or false, not a string"},
      {R"({"name":"a","terms":[]})", "\"terms\" must be an object, not an array"},
      {R"({"name":"a","terms":{"limits":{"requests_per_minute":0}}})", "limits.requests_per_minute"},
      {R"({"name":"a","terms":{"limits":{"cost_per_day":-1}}})", "limits.cost_per_day"},
      {R"({"name":"a","terms":{"ip_allow":["10.0.0.0/33"]}})", "ip_allow"},
      {R"({"name":"a","terms":{"ip_allow":["banana"]}})", "banana"},
      {R"({"name":"a","terms":{"modles":[]}})", "models"},
      {R"({"name":"a","opening":"-5"})", "\"opening\" is negative"},
      {R"({"name":"a","opening":0})", "\"opening\" is zero"},
      {R"({"name":"a","opening":"1e3"})", "\"opening\" must be an amount"},
      {R"({"name":"a","opening":1.0000000001})", "\"opening\" must be an amount"},
  };
  for (const auto& [body, part] : cases) {
    const HttpResponse answer = post("users", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_SAYS(answer, part);
  }
  EXPECT_EQ(at(get("users"), "users"), "[]");
  EXPECT_SAYS(post("users", std::string(70'000, ' ')), "The body is longer than");
  EXPECT_SAYS(post("users", std::string(1000, '[')), "is not JSON");
  EXPECT_SAYS(get("users?page=1"), "\"page\" is no parameter");
  EXPECT_TRUE(audit().empty());
}

TEST_F(Users, HavePasswordsThatAreKeptAsHashes) {
  const std::string id = make_user("ann", R"(,"password":"correct horse")");
  EXPECT_EQ(at(get("users/ann"), "has_password"), "true");
  EXPECT_TRUE(verify_password("correct horse", store.find_user(id).value()->password_hash));
  EXPECT_EQ(at(patch("users/ann", R"({"password":"battery staple"})"), "has_password"), "true");
  EXPECT_FALSE(verify_password("correct horse", store.find_user(id).value()->password_hash));
  EXPECT_EQ(at(patch("users/ann", R"({"password":null})"), "has_password"), "false");
  EXPECT_SAYS(patch("users/ann", R"({"password":"short"})"), "\"password\" must have 8 to 1024");
  EXPECT_SAYS(patch("users/ann", R"({"password":12345678})"), "\"password\" must be a string");
  for (const char* secret : {"correct horse", "battery staple", "short\"", "12345678", "$argon2"}) {
    EXPECT_EQ((everything_said + sink.text()).find(secret), std::string::npos) << secret;
  }
}

TEST_F(Users, ThatDoNotExistAreNotFound) {
  EXPECT_SAYS(get("users/nobody"), "404 NOT_FOUND: There is no such user.");
  EXPECT_EQ(patch("users/nobody", R"({"enabled":true})").status, 404);
  EXPECT_EQ(erase("users/nobody").status, 404);
  EXPECT_EQ(get("users/nobody/balance").status, 404);
  EXPECT_EQ(post("users/nobody/movements", R"({"amount":1})").status, 404);
  EXPECT_EQ(post("users/nobody/token").status, 404);
}

TEST_F(Users, AChangeOfNothingIsAMistake) {
  make_user("ann");
  EXPECT_SAYS(patch("users/ann", "{}"), "changes nothing");
  EXPECT_SAYS(patch("users/ann", ""), "changes nothing");
}

TEST_F(Users, GetAKeyForTheClientOfTheirName) {
  const std::string id = make_user("ann");
  const HttpResponse first = post("users/ann/token", R"({"name":"laptop"})");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_TRUE(is_api_key_candidate(at(first, "key")));
  EXPECT_EQ(at(first, "client"), "ann");
  EXPECT_EQ(at(get("clients/ann"), "user_id"), id);
  const HttpResponse second = post("users/ann/token");
  EXPECT_EQ(at(second, "client_id"), at(first, "client_id"));
  EXPECT_NE(at(second, "key"), at(first, "key"));
  const auto holder = store.find_holder(api_key_digest(at(second, "key"))).value();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->user.id, id);
}

TEST_F(Users, GetNoKeyWhileTheyAreDisabledOrTheClientIsSomebodyElses) {
  make_user("ann");
  make_user("bob");
  erase("users/ann");
  EXPECT_SAYS(post("users/ann/token"), "409 FAILED_PRECONDITION: The user ann is disabled");
  make_client("bob");
  EXPECT_SAYS(post("users/bob/token"), "belongs to somebody else");
}

TEST_F(Users, TheKeyOfADisabledUserLeadsToADisabledHolder) {
  make_user("ann");
  const std::string key = at(post("users/ann/token"), "key");
  erase("users/ann");
  const auto holder = store.find_holder(api_key_digest(key)).value();
  ASSERT_TRUE(holder);
  EXPECT_FALSE(holder->user.enabled);
}

}  // namespace
}  // namespace moongate
