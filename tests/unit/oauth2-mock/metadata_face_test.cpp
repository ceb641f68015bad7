#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

struct MetadataFace : OAuthTest {
  IssuedAccount account = make_account("robot", true);
  std::string base = "/computeMetadata/v1/instance/service-accounts/";

  HttpResponse ask(const std::string& path, HeaderList headers = {{"Metadata-Flavor", "Google"}},
                   const std::string& from = "127.0.0.1") {
    HttpRequest made = request("GET", path);
    made.headers.insert(made.headers.end(), headers.begin(), headers.end());
    made.remote_address = from;
    return service->handle(made);
  }
};

TEST_F(MetadataFace, AnswersThePingsByWhichLibrariesFindIt) {
  for (const char* path :
       {"/", "/computeMetadata/v1/instance", "/computeMetadata/v1/", "/computeMetadata/v1"}) {
    const HttpResponse response = ask(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(find_header(response.headers, "Metadata-Flavor"), "Google") << path;
  }
  EXPECT_FALSE(service->serves(request("GET", "/"))) << "without the header it is somebody else's page";
}

TEST_F(MetadataFace, GivesATokenOfTheChosenAccountWithExactlyTheTypeThatPythonDemands) {
  for (const std::string& who : {std::string("default"), account.email, url_encode(account.email)}) {
    const HttpResponse response = ask(base + who + "/token");
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(find_header(response.headers, "Content-Type"), "application/json");
    const Json body = json_of(response);
    EXPECT_EQ(text_of(body, "token_type"), "Bearer");
    EXPECT_EQ(body.at("expires_in").as_int64(), 3599);
    const VerifiedToken verified = service->verifier().verify(text_of(body, "access_token"), now()).value();
    EXPECT_EQ(verified.account->email, account.email);
    EXPECT_TRUE(verified.scope.starts_with(kScope));
  }
}

TEST_F(MetadataFace, GivesATokenWithTheScopesAskedFor) {
  const Json body = json_of(ask(base + "default/token?scopes=a,b"));
  EXPECT_EQ(service->verifier().verify(text_of(body, "access_token"), now())->scope, "a b");
}

TEST_F(MetadataFace, DescribesTheAccountRecursivelyAsPythonAsks) {
  const HttpResponse response = ask(base + "default/?recursive=true");
  EXPECT_EQ(find_header(response.headers, "Content-Type"), "application/json");
  const Json body = json_of(response);
  EXPECT_EQ(text_of(body, "email"), account.email);
  EXPECT_EQ(body.at("aliases").as_array().at(0).as_string(), "default");
  EXPECT_EQ(body.at("scopes").as_array().at(0).as_string(), kScope);
  const Json all = json_of(ask(base + "?recursive=true"));
  EXPECT_EQ(text_of(all.at("default").as_object(), "email"), account.email);
}

TEST_F(MetadataFace, GivesPlainValuesAsText) {
  EXPECT_EQ(ask(base).body, "default/\n" + account.email + "/\n");
  EXPECT_EQ(ask(base + "default/").body, "aliases\nemail\nidentity\nscopes\ntoken\n");
  EXPECT_EQ(ask(base + "default/email").body, account.email);
  EXPECT_TRUE(ask(base + "default/scopes").body.starts_with(std::string(kScope) + "\n"));
  EXPECT_EQ(ask("/computeMetadata/v1/project/project-id").body, "alias");
  EXPECT_EQ(ask("/computeMetadata/v1/project/numeric-project-id").body.size(), 12U);
  EXPECT_EQ(ask("/computeMetadata/v1/universe/universe-domain").body, "googleapis.com");
  EXPECT_NE(ask("/computeMetadata/v1/instance/zone").body.find("/zones/"), std::string::npos);
  EXPECT_EQ(find_header(ask(base + "default/email").headers, "Content-Type"), "application/text");
}

TEST_F(MetadataFace, GivesAnIdTokenForAnAudience) {
  const HttpResponse response = ask(base + "default/identity?audience=https://service.test&format=full");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json claims = verified_claims(response.body);
  EXPECT_EQ(text_of(claims, "aud"), "https://service.test");
  EXPECT_EQ(text_of(claims, "email"), account.email);
  EXPECT_FALSE(verified_claims(ask(base + "default/identity?audience=x").body).contains("email"));
  EXPECT_EQ(ask(base + "default/identity").status, 400);
}

TEST_F(MetadataFace, RefusesARequestWithoutItsHeader) {
  for (const HeaderList& headers : {HeaderList{}, HeaderList{{"Metadata-Flavor", "google"}}}) {
    const HttpResponse response = ask(base + "default/token", headers);
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body.find("ya29"), std::string::npos);
  }
}

TEST_F(MetadataFace, RefusesARequestThatWasForwarded) {
  EXPECT_EQ(
      ask(base + "default/token", {{"Metadata-Flavor", "Google"}, {"X-Forwarded-For", "10.0.0.1"}}).status,
      403);
}

TEST_F(MetadataFace, ServesThisMachineAndConfiguredAddressesOnly) {
  const HeaderList google = {{"Metadata-Flavor", "Google"}};
  for (const char* address : {"10.0.0.1", "128.0.0.1", "::2", "", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(ask(base + "default/token", google, address).status, 403) << address;
    EXPECT_EQ(ask("/", google, address).status, 403) << address;
  }
  for (const char* address : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(ask(base + "default/token", google, address).status, 200) << address;
  }
  settings.metadata_addresses = {"10.0.0.1"};
  restart();
  EXPECT_EQ(ask(base + "default/token", google, "10.0.0.1").status, 200);
  EXPECT_EQ(ask(base + "default/token", google, "10.0.0.2").status, 403);
}

TEST_F(MetadataFace, HasNoCredentialsWhenNoAccountIsChosenOrItIsDisabled) {
  ASSERT_EQ(admin("POST", std::string(kAccountsPath) + "/" + account.id + "/disable").status, 200);
  EXPECT_EQ(ask(base + "default/token").status, 404);
  EXPECT_EQ(ask(base).body, "");
  ASSERT_EQ(admin("POST", std::string(kAccountsPath) + "/" + account.id + "/enable").status, 200);
  EXPECT_EQ(ask(base + "default/token").status, 200);
  ASSERT_EQ(admin("PATCH", std::string(kAccountsPath) + "/" + account.id, R"({"default_for_metadata":false})")
                .status,
            200);
  const HttpResponse response = ask(base + "default/token");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("default_for_metadata"), std::string::npos);
}

TEST_F(MetadataFace, KnowsNoOtherAccountAndNoOtherPath) {
  const IssuedAccount other = make_account("other");
  EXPECT_EQ(ask(base + other.email + "/token").status, 404);
  for (const char* path :
       {"/computeMetadata/v1/nothing", "/computeMetadata/v1/instance/nothing",
        "/computeMetadata/v1/project/nothing", "/computeMetadata/v1/instance/service-accountsx/"}) {
    EXPECT_EQ(ask(path).status, 404) << path;
  }
  EXPECT_EQ(ask(base + "default/nothing").status, 404);
  EXPECT_EQ(ask("/computeMetadata/v2/").status, 404);
}

}  // namespace
}  // namespace moongate
