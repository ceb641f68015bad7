#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

struct Administration : OAuthTest {
  HttpResponse create(const std::string& body) { return admin("POST", kAccountsPath, body); }
  std::string path(const std::string& rest) { return std::string(kAccountsPath) + "/" + rest; }
  static std::string message(const HttpResponse& response) {
    const Json body = json_of(response);
    return std::to_string(response.status) + " " + text_of(body.at("error").as_object(), "message");
  }
};

TEST_F(Administration, GivesACompleteGoogleKeyFileForANewAccount) {
  const HttpResponse response =
      create(R"({"name":"robot","project":"alias","models":["gemini-*"],"providers":["vertex"]})");
  ASSERT_EQ(response.status, 201) << response.body;
  const Json file = json_of(response);
  EXPECT_EQ(file.size(), 11U);
  EXPECT_EQ(text_of(file, "type"), "service_account");
  EXPECT_EQ(text_of(file, "project_id"), "alias");
  EXPECT_EQ(text_of(file, "client_email"), "robot@alias.iam.gserviceaccount.com");
  EXPECT_EQ(text_of(file, "client_id").size(), 21U);
  EXPECT_EQ(text_of(file, "token_uri"), "http://gate.test:8889/token");
  EXPECT_EQ(text_of(file, "auth_uri"), "http://gate.test:8889/o/oauth2/auth");
  EXPECT_EQ(text_of(file, "auth_provider_x509_cert_url"), "http://gate.test:8889/oauth2/v1/certs");
  EXPECT_EQ(text_of(file, "client_x509_cert_url"),
            "http://gate.test:8889/robot/v1/metadata/x509/robot%40alias.iam.gserviceaccount.com");
  EXPECT_EQ(text_of(file, "universe_domain"), "moongate.internal");
  EXPECT_EQ(find_header(response.headers, "Cache-Control"), "no-cache, no-store, max-age=0, must-revalidate");

  const IssuedAccount account(file);
  EXPECT_EQ(assert_grant(assertion(account)).status, 200);
  const std::shared_ptr<const VirtualAccount> known = service->verifier().snapshot()->find_id(account.id);
  EXPECT_TRUE(known->allows_model("gemini-2.5-pro"));
  EXPECT_FALSE(known->allows_model("claude-sonnet-4-5"));
  EXPECT_FALSE(known->allows_provider("anthropic"));
  const Json certificate = json_of(get("/robot/v1/metadata/x509/" + account.email));
  EXPECT_EQ(RsaPublicKey::from_pem(text_of(certificate, account.key_id))->pem(),
            account.key.public_key().pem());
}

TEST_F(Administration, KeepsNoPrivateKeyAndLogsNone) {
  const Json file = json_of(create(R"({"name":"robot"})"));
  const std::string line = text_of(file, "private_key").substr(100, 40);
  const VirtualAccountRecord record = store.list_virtual_accounts()->front();
  for (const std::string& text : {record.public_key_pem, record.certificate_pem, sink.text()}) {
    EXPECT_EQ(text.find("PRIVATE"), std::string::npos);
    EXPECT_EQ(text.find(line), std::string::npos);
  }
}

TEST_F(Administration, NeedsTheAdminTokenForEverything) {
  const std::pair<std::string, std::string> calls[] = {{"POST", kAccountsPath},
                                                       {"GET", kAccountsPath},
                                                       {"GET", path("1")},
                                                       {"PATCH", path("1")},
                                                       {"DELETE", path("1")},
                                                       {"POST", path("1/disable")},
                                                       {"POST", path("1/external-account")},
                                                       {"PUT", kAccountsPath},
                                                       {"POST", kClientsPath},
                                                       {"GET", kClientsPath},
                                                       {"PATCH", std::string(kClientsPath) + "/1"}};
  for (const auto& [method, target] : calls) {
    for (const std::string& header : {std::string(), std::string("Bearer "), std::string("Bearer wrong"),
                                      "Bearer " + admin_token + "x", "Basic " + admin_token, admin_token}) {
      const HttpResponse response = send(method, target, R"({"name":"x"})", {{"Authorization", header}});
      EXPECT_EQ(response.status, 401) << method << target << header;
      EXPECT_NE(response.body.find("UNAUTHENTICATED"), std::string::npos);
      EXPECT_EQ(find_header(response.headers, "WWW-Authenticate"), "Bearer realm=\"moongate admin\"");
    }
  }
  EXPECT_TRUE(store.list_virtual_accounts()->empty());
}

TEST_F(Administration, TakesNoOtherTokenForTheAdminToken) {
  const IssuedAccount account = make_account();
  for (const std::string& token : {access_token(account), sha256_hex(admin_token)}) {
    EXPECT_EQ(send("GET", kAccountsPath, "", {{"Authorization", "Bearer " + token}}).status, 401);
  }
}

TEST_F(Administration, ShowsTheAdminTokenOnceAndForgetsAReplacedOne) {
  EXPECT_FALSE(ensure_admin_token(store, random).value());
  const std::string before = admin_token;
  admin_token = replace_admin_token(store, random)->reveal();
  EXPECT_EQ(admin("GET", kAccountsPath).status, 200);
  admin_token = before;
  EXPECT_EQ(admin("GET", kAccountsPath).status, 401);
}

TEST_F(Administration, SaysWhatIsWrongWithABody) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "\"name\" must be 1 to 63"},
      {"{}", "\"name\" must be 1 to 63"},
      {"[]", "not an object"},
      {"{\"name\":", "not valid JSON"},
      {R"({"name":7})", "\"name\" must be a string"},
      {R"({"name":"Upper"})", "\"name\" must be 1 to 63"},
      {R"({"name":"-a"})", "\"name\" must be 1 to 63"},
      {R"({"name":"a-"})", "\"name\" must be 1 to 63"},
      {R"({"name":"a","project":"x y"})", "\"project\" must be 1 to 63"},
      {R"({"name":"a","project":"evil@x"})", "\"project\" must be 1 to 63"},
      {R"({"name":"a","provider":["vertex"]})", "\"provider\" is not known here; known: name, project"},
      {R"({"name":"a","providers":["azure"]})", "\"azure\" is no provider; known: vertex, vertex-claude"},
      {R"({"name":"a","providers":"vertex"})", "\"providers\" must be a list"},
      {R"({"name":"a","models":[""]})", "\"models\" must be a list"},
      {R"({"name":"a","models":["a*b"]})", "may only be the last"},
      {R"({"name":"a","default_for_metadata":"yes"})", "must be true or false"},
      {"{\"name\":\"" + std::string(64, 'a') + "\"}", "\"name\" must be 1 to 63"},
      {std::string(100'000, ' '), "longer than"}};
  for (const auto& [body, part] : cases) {
    const HttpResponse response = create(body);
    EXPECT_EQ(response.status, 400) << body.substr(0, 80);
    EXPECT_NE(message(response).find(part), std::string::npos) << message(response);
  }
  EXPECT_TRUE(store.list_virtual_accounts()->empty());
}

TEST_F(Administration, RefusesASecondAccountOfTheSameName) {
  ASSERT_EQ(create(R"({"name":"robot","project":"alias"})").status, 201);
  EXPECT_NE(message(create(R"({"name":"robot","project":"alias"})"))
                .find("409 There is a virtual service account robot@"),
            std::string::npos);
  EXPECT_EQ(create(R"({"name":"robot","project":"other"})").status, 201);
}

TEST_F(Administration, ListsAndShowsAccountsWithoutAnythingSecret) {
  const IssuedAccount account = make_account();
  const HttpResponse list = admin("GET", kAccountsPath);
  const Json body = json_of(list);
  const Json& listed = body.at("accounts").as_array().at(0).as_object();
  EXPECT_EQ(text_of(listed, "email"), account.email);
  EXPECT_EQ(list.body.find("-----BEGIN"), std::string::npos);
  for (const std::string& name : {account.id, account.email, url_encode(account.email)}) {
    const HttpResponse response = admin("GET", path(name));
    EXPECT_EQ(response.status, 200) << name;
    EXPECT_EQ(text_of(json_of(response), "id"), account.id);
  }
  EXPECT_EQ(admin("GET", path("nobody")).status, 404);
}

TEST_F(Administration, DisablesEnablesAndDeletesAtOnce) {
  const IssuedAccount account = make_account();
  const std::string bearer = access_token(account);
  EXPECT_FALSE(json_of(admin("POST", path(account.id + "/disable"))).at("enabled").as_bool());
  EXPECT_FALSE(accepted(bearer));
  EXPECT_TRUE(json_of(admin("PATCH", path(url_encode(account.email)), R"({"enabled":true})"))
                  .at("enabled")
                  .as_bool());
  EXPECT_TRUE(accepted(bearer));
  EXPECT_EQ(admin("DELETE", path(account.id)).status, 204);
  EXPECT_FALSE(accepted(bearer));
  for (const auto& [method, rest] :
       {std::pair{"DELETE", ""}, {"GET", ""}, {"POST", "/enable"}, {"POST", "/external-account"}}) {
    EXPECT_EQ(admin(method, path(account.id + rest)).status, 404);
  }
}

TEST_F(Administration, RefusesChangesThatItDoesNotUnderstand) {
  const IssuedAccount account = make_account();
  EXPECT_EQ(admin("PATCH", path(account.id), "{}").status, 400);
  EXPECT_EQ(admin("PATCH", path(account.id), R"({"enabled":1})").status, 400);
  EXPECT_EQ(admin("PATCH", path(account.id), R"({"name":"x"})").status, 400);
  EXPECT_EQ(admin("POST", path(account.id + "/explode")).status, 404);
  EXPECT_EQ(admin("POST", path(account.id + "/disable/x")).status, 404);
}

TEST_F(Administration, MakesClientFilesAsGooglesConsoleDoes) {
  const HttpResponse response =
      admin("POST", kClientsPath, R"({"name":"App","redirect_uris":["http://localhost/cb"]})");
  ASSERT_EQ(response.status, 201) << response.body;
  const Json file = json_of(response);
  const Json& web = file.at("web").as_object();
  EXPECT_TRUE(text_of(web, "client_id").ends_with(".apps.moongate.internal"));
  EXPECT_GT(text_of(web, "client_secret").size(), 40U);
  EXPECT_EQ(text_of(web, "token_uri"), "http://gate.test:8889/token");
  const HttpResponse list = admin("GET", kClientsPath);
  EXPECT_EQ(list.body.find(text_of(web, "client_secret")), std::string::npos);
  EXPECT_NE(list.body.find(text_of(web, "client_id")), std::string::npos);
}

TEST_F(Administration, RefusesRedirectUrisThatCouldLeakACode) {
  for (const char* uri : {"http://app.test/cb", "https://app.test/cb#x", "javascript:alert(1)",
                          "data:text/html,x", "//app.test", "https://user@app.test/", "https://app.test/\\n",
                          "https://", "custom:/cb", "https://app.test:x/", ""}) {
    const HttpResponse response =
        admin("POST", kClientsPath, std::string(R"({"name":"App","redirect_uris":[")") + uri + "\"]}");
    EXPECT_EQ(response.status, 400) << uri;
  }
  for (const char* uri :
       {"https://app.test/cb?x=1", "http://localhost:3000/cb", "http://[::1]:8080/", "com.example.app:/cb"}) {
    const HttpResponse response =
        admin("POST", kClientsPath, std::string(R"({"name":"App","redirect_uris":[")") + uri + "\"]}");
    EXPECT_EQ(response.status, 201) << uri << response.body;
  }
  EXPECT_EQ(admin("POST", kClientsPath, R"({"name":"App","public":true})").status, 400);
  EXPECT_EQ(admin("POST", kClientsPath, R"({"redirect_uris":[]})").status, 400);
}

}  // namespace
}  // namespace moongate
