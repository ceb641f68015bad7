#include "unit/control/admin_fixture.h"

namespace moongate {
namespace {

TEST(ApiKey, HasAFormThatNothingElseHas) {
  SeededRandom random;
  const std::string key = make_api_key(random).reveal();
  EXPECT_EQ(key.size(), 43U);
  EXPECT_TRUE(is_api_key_candidate(key));
  EXPECT_EQ(api_key_display(key), key.substr(0, 7));
  EXPECT_EQ(api_key_digest(key).size(), 64U);
  EXPECT_FALSE(is_api_key_candidate(""));
  EXPECT_FALSE(is_api_key_candidate("mg-"));
  EXPECT_FALSE(is_api_key_candidate(key + "x"));
  EXPECT_FALSE(is_api_key_candidate("mg-" + std::string(39, 'a') + " "));
  EXPECT_FALSE(is_api_key_candidate("sk-" + std::string(40, 'a')));
  EXPECT_FALSE(is_api_key_candidate("mg-" + std::string(10'000, 'a')));
}

struct Keys : AdminTest {
  void SetUp() override { make_client("app"); }
};

TEST_F(Keys, AreShownOnceAndKeptAsDigests) {
  const Json made = make_key("app", R"(,"name":"laptop","terms":{"models":["claude-*"]},"expires":"2027-01-01")");
  const std::string secret = at(made, "key"), id = at(made, "id");
  EXPECT_EQ(at(made, "prefix"), secret.substr(0, 7));
  EXPECT_EQ(at(made, "expires_at"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(at(made, "terms.models.0"), "claude-*");
  const ApiKeyRecord kept = store.find_key(id).value().value();
  EXPECT_EQ(kept.sha256, api_key_digest(secret));
  for (const HttpResponse& answer : {get("keys"), get("keys/" + id), patch("keys/" + id, R"({"name":"desk"})"), get("audit")}) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.find(secret), std::string::npos);
    EXPECT_EQ(answer.body.find(kept.sha256), std::string::npos);
  }
  EXPECT_EQ(sink.text().find(secret), std::string::npos);
  EXPECT_EQ(at(get("keys?client=app"), "keys.0.client"), "app");
}

TEST_F(Keys, AreChangedDisabledAndDeleted) {
  const std::string id = at(make_key("app", R"(,"expires":"2027-01-01")"), "id");
  EXPECT_EQ(at(patch("keys/" + id, R"({"enabled":false,"expires":null})"), "expires_at"), "null");
  EXPECT_FALSE(store.find_key(id).value()->enabled);
  EXPECT_EQ(at(patch("keys/" + id, R"({"terms":{"limits":{"concurrent":2}}})"), "terms.limits.concurrent"), "2");
  EXPECT_EQ(erase("keys/" + id).status, 204);
  EXPECT_EQ(get("keys/" + id).status, 404);
  EXPECT_EQ(erase("keys/" + id).status, 404);
  EXPECT_EQ(audit().front(), "admin key.delete " + id);
}

TEST_F(Keys, GetANewSecretUnderTheSameId) {
  const Json made = make_key("app");
  const HttpResponse again = post("keys/" + at(made, "id") + "/regenerate");
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(at(again, "id"), at(made, "id"));
  EXPECT_NE(at(again, "key"), at(made, "key"));
  EXPECT_FALSE(store.find_holder(api_key_digest(at(made, "key"))).value());
  EXPECT_TRUE(store.find_holder(api_key_digest(at(again, "key"))).value());
}

TEST_F(Keys, BadOnesAreRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "\"client\" is missing"},
      {R"({"client":"nobody"})", "\"client\": there is no client of that name or id"},
      {R"({"client":"app","expires":"2020-01-01"})", "\"expires\" lies in the past"},
      {R"({"client":"app","expires":"soon"})", "\"expires\" must be a time such as"},
      {R"({"client":"app","expires":17})", "\"expires\" must be a time such as"},
      {R"({"client":"app","expires":"2027-02-30"})", "\"expires\" must be a time such as"},
      {R"({"client":"app","terms":{"limits":{"tokens_per_day":0}}})", "limits.tokens_per_day"},
      {R"({"client":"app","terms":{"ip_allow":["::1/129"]}})", "ip_allow"},
      {R"({"client":"app","terms":{"providers":["openai"]}})", "openai"},
      {R"({"client":"app","key":"mg-mine"})", "\"key\" is no member"},
  };
  for (const auto& [body, part] : cases) EXPECT_SAYS(post("keys", body), part);
  EXPECT_SAYS(post("keys", R"({"client":"app","name":")" + std::string(10'240, 'k') + "\"}"), "\"name\" must have 0 to 128");
  EXPECT_EQ(at(get("keys"), "keys"), "[]");
  EXPECT_EQ(get("keys/" + std::string(10'240, 'k')).status, 404);
  EXPECT_EQ(get("keys?client=nobody").status, 404);
}

struct Clients : AdminTest {};

TEST_F(Clients, AreGivenToUsersAndTakenAway) {
  make_user("ann");
  const std::string id = make_client("app", "ann");
  EXPECT_EQ(at(get("clients/app"), "user"), "ann");
  EXPECT_EQ(at(get("clients?user=ann"), "clients.0.id"), id);
  EXPECT_EQ(at(patch("clients/app", R"({"user":null,"enabled":false})"), "user"), "null");
  EXPECT_EQ(at(get("clients?user=ann"), "clients"), "[]");
  EXPECT_EQ(at(patch("clients/" + id, R"({"name":"app2"})"), "name"), "app2");
  EXPECT_SAYS(patch("clients/app2", R"({"user":"nobody"})"), "\"user\": there is no user");
  make_client("other");
  EXPECT_SAYS(patch("clients/app2", R"({"name":"other"})"), "409");
  EXPECT_SAYS(post("clients", R"({"name":"other"})"), "409");
}

TEST_F(Clients, OfTheMapAndAddressesMayHaveARow) {
  make_client("map:0123456789ab");
  make_client("robot@alias.iam.gserviceaccount.com");
  EXPECT_EQ(at(get("clients/map%3A0123456789ab"), "name"), "map:0123456789ab");
  EXPECT_EQ(at(get("clients/robot%40alias.iam.gserviceaccount.com"), "enabled"), "true");
  EXPECT_SAYS(post("clients", R"({"name":"../x"})"), "\"name\" must be");
  EXPECT_SAYS(post("clients", R"({"name":"a/b"})"), "\"name\" must be");
}

TEST_F(Clients, TakeTheirKeysWithThem) {
  make_client("app");
  const std::string secret = at(make_key("app"), "key");
  EXPECT_EQ(erase("clients/app").status, 204);
  EXPECT_FALSE(store.find_holder(api_key_digest(secret)).value());
  EXPECT_EQ(erase("clients/app").status, 404);
}

}  // namespace
}  // namespace moongate
