"""Who may call: every place a credential can be in, and every way it can be wrong."""

import json
import time
import urllib.parse

import tokens
from deadline import wait_until
from fixture import ASK, KEY, GatewayCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from wire import post

GEMINI = "/v1beta/models/gemini-2.5-pro:generateContent"
GEMINI_ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'
VERTEX = "/v1/projects/any/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent"


class Places(GatewayCase):
    def test_a_credential_is_taken_from_wherever_a_client_puts_it(self):
        for headers, path in ((("x-api-key",), ""), (("authorization",), ""), (("x-goog-api-key",), ""),
                              (("x-auth-token",), ""), ((), f"?key={CLIENT_TOKEN}")):
            values = {name: ("Bearer " if name == "authorization" else "") + CLIENT_TOKEN for name in headers}
            for target, body in (("/v1/messages", ASK), (GEMINI, GEMINI_ASK), (VERTEX, GEMINI_ASK)):
                with self.subTest(headers=headers, target=target, path=path):
                    answer = self.connect().send(post(target + path, body, values)).answer()
                    self.assertEqual(answer.status, 200, answer)

    def test_the_scheme_of_a_bearer_is_read_without_regard_to_case(self):
        answer = self.connect().send(post("/v1/messages", ASK, {"authorization": f"bearer {CLIENT_TOKEN}"})).answer()
        self.assertEqual(answer.status, 200, answer)

    def test_no_credential_is_401_in_the_dialect_of_the_path(self):
        answer = self.connect().send(post("/v1/messages", ASK)).answer()
        self.assertEqual((answer.status, answer.json["error"]["type"]), (401, "authentication_error"))
        self.assertTrue(answer.json["request_id"])
        answer = self.connect().send(post(VERTEX, GEMINI_ASK)).answer()
        self.assertEqual((answer.status, answer.json["error"]["code"]), (401, 401))
        self.assertEqual(answer.json["error"]["status"], "UNAUTHENTICATED")

    def test_credentials_that_are_none(self):
        for value in ("Bearer ", "Bearer", "Basic " + CLIENT_TOKEN, "Bearer  " + CLIENT_TOKEN + "x", "Bearer \xff\xfe",
                      "Bearer " + "a" * 5000, "Bearer null", "Bearer a.b.c", "Bearer ..", "Bearer ya29.mg-unknown"):
            with self.subTest(value=value[:40]):
                answer = self.connect().send(post("/v1/messages", ASK, {"Authorization": value})).answer()
                self.assertEqual(answer.status, 401, answer)
                self.assertNotIn(value[7:][:60] or "\0", answer.text.replace("Bearer", ""))
        self.still_serves()

    def test_the_second_credential_does_not_rescue_a_wrong_first_one_silently(self):
        """Two different credentials in one request: never the wrong caller's."""
        answer = self.connect().send(post("/v1/messages", ASK, {"x-api-key": "wrong", "authorization": "Bearer wrong2"}))
        self.assertEqual(answer.answer().status, 401)


class StaticClients(GatewayCase):
    @classmethod
    def make_gateway(cls):
        return Gateway(clients=[simple_client(), simple_client("off-token-0002", enable=False),
                                simple_client("google-token-0003", service_type="google"),
                                simple_client("claude-token-0004", service_type="anthropic"),
                                simple_client("none-token-0005", key_filename_gemini=[], key_filename_claude=[])])

    def status(self, target, body, token):
        answer = self.connect().send(post(target, body, {"authorization": f"Bearer {token}"})).answer()
        return answer.status

    def test_a_disabled_token_is_as_unknown(self):
        self.assertEqual(self.status("/v1/messages", ASK, "off-token-0002"), 401)

    def test_a_token_for_another_service_is_refused(self):
        self.assertEqual(self.status(GEMINI, GEMINI_ASK, "google-token-0003"), 200)
        self.assertIn(self.status("/v1/messages", ASK, "google-token-0003"), (401, 403))
        self.assertEqual(self.status("/v1/messages", ASK, "claude-token-0004"), 200)
        self.assertIn(self.status(GEMINI, GEMINI_ASK, "claude-token-0004"), (401, 403))

    def test_a_client_with_an_empty_list_of_accounts_reaches_none(self):
        answer = self.gateway.messages(token="none-token-0005")
        self.assertIn(answer.status, (400, 403, 404, 503), answer.text)
        self.assertEqual(json.loads(answer.text)["type"], "error")


class VirtualAccounts(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.issue("for-tests")
        cls.other = cls.issue("another")

    @classmethod
    def issue(cls, name, **more):
        answer = cls.gateway.admin("POST", "/api/admin/service-accounts/virtual",
                                   {"name": name, "project": "virtual-project"} | more)
        if answer.status not in (200, 201):
            raise AssertionError(f"{answer.status} {answer.text}")
        return tokens.Account(json.loads(answer.text))

    def call(self, bearer, target=VERTEX, body=GEMINI_ASK):
        return self.connect().send(post(target, body, {"authorization": f"Bearer {bearer}"})).answer()

    def token(self, assertion, **more):
        form = urllib.parse.urlencode({"grant_type": tokens.GRANT, "assertion": assertion} | more)
        answer = self.gateway.control("POST", "/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        return answer.status, json.loads(answer.text)

    def test_the_key_file_is_complete_and_points_here(self):
        file = self.account.file
        self.assertEqual(sorted(file), sorted([
            "type", "project_id", "private_key_id", "private_key", "client_email", "client_id", "auth_uri", "token_uri",
            "auth_provider_x509_cert_url", "client_x509_cert_url", "universe_domain"]))
        self.assertEqual(file["type"], "service_account")
        self.assertTrue(file["token_uri"].startswith(self.gateway.settings["oauth.public_url"]), file["token_uri"])
        self.assertNotEqual(file["universe_domain"], "googleapis.com")

    def test_without_the_admin_token_no_account_is_made(self):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {CLIENT_TOKEN}"}):
            answer = self.gateway.control("POST", "/api/admin/service-accounts/virtual", {"name": "x"}, headers)
            self.assertEqual(answer.status, 401, answer.text)

    def test_an_assertion_is_exchanged_and_the_token_calls(self):
        status, body = self.token(self.account.assertion())
        self.assertEqual(status, 200, body)
        self.assertEqual((body["token_type"], set(body)), ("Bearer", {"access_token", "expires_in", "token_type"}))
        self.assertLessEqual(body["expires_in"], 3599)
        self.assertEqual(self.call(body["access_token"]).status, 200)
        self.assertEqual(self.call(body["access_token"], "/v1/messages", ASK).status, 200)

    def test_both_audiences_and_both_headers_are_accepted(self):
        for claims, header in (({}, self.account.header(kid=None, typ=None)),
                               ({"aud": "https://oauth2.googleapis.com/token"}, None),
                               ({"aud": "https://www.googleapis.com/oauth2/v4/token"}, None)):
            status, body = self.token(self.account.assertion(header, **claims))
            self.assertEqual(status, 200, (claims, body))

    def test_wrong_assertions_get_invalid_grant(self):
        now, account = int(time.time()), self.account
        public = tokens.public_pem(account.key).encode()
        cases = {
            "alg none": tokens.jwt_none(account.assertion_claims()),
            "HS256 with the public key": tokens.jwt_hs256(public, account.header(alg="HS256"), account.assertion_claims()),
            "RS256 header, HS256 signature": tokens.jwt_hs256(public, account.header(), account.assertion_claims()),
            "another account's signature": tokens.jwt(self.other.key, account.header(), account.assertion_claims()),
            "a wrong kid": account.assertion(account.header(kid="0" * 40)),
            "another account's kid": account.assertion(account.header(kid=self.other.file["private_key_id"])),
            "a wrong aud": account.assertion(aud="https://example.test/token"),
            "no aud": account.assertion(aud=None),
            "aud as an array": account.assertion(aud=[account.file["token_uri"]]),
            "expired": account.assertion(iat=now - 7200, exp=now - 3600),
            "from the future": account.assertion(iat=now + 7200, exp=now + 9000),
            "valid for a year": account.assertion(exp=now + 365 * 86400),
            "no exp": account.assertion(exp=None),
            "exp as text": account.assertion(exp="soon"),
            "no iat": account.assertion(iat=None),
            "an unknown account": account.assertion(iss="nobody@virtual-project.iam.gserviceaccount.com"),
            "no scope": account.assertion(scope=None),
            "garbage": "a.b.c",
            "two segments": account.assertion().rsplit(".", 1)[0],
            "an empty signature": account.assertion().rsplit(".", 1)[0] + ".",
            "a changed claim": _tampered(account.assertion()),
            "crit": account.assertion(account.header(crit=["exp"])),
            "very long": account.assertion(x="y" * 200_000),
        }
        for name, assertion in cases.items():
            with self.subTest(case=name):
                status, body = self.token(assertion)
                self.assertIn(status, (400, 401, 413), body)
                self.assertIn(body["error"], ("invalid_grant", "invalid_scope", "invalid_request", "invalid_client"))
                self.assertNotIn("access_token", body)
        self.assertEqual(self.token(self.account.assertion())[0], 200)

    def test_an_unknown_grant_type_and_parameters_given_twice(self):
        for form, error in (("grant_type=password", "unsupported_grant_type"), ("x=1", "unsupported_grant_type"),
                            (f"grant_type={tokens.GRANT}&grant_type={tokens.GRANT}", "invalid_request")):
            answer = self.gateway.control("POST", "/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual((answer.status, json.loads(answer.text)["error"]), (400, error), form)

    def test_a_self_signed_bearer_calls(self):
        self.assertEqual(self.call(self.account.bearer()).status, 200)
        self.assertEqual(self.call(self.account.bearer(), "/v1/messages", ASK).status, 200)

    def test_wrong_bearers_get_401(self):
        now, account = int(time.time()), self.account
        public = tokens.public_pem(account.key).encode()
        cases = {
            "alg none": tokens.jwt_none(account.bearer_claims()),
            "HS256 with the public key": tokens.jwt_hs256(public, account.header(alg="HS256"), account.bearer_claims()),
            "RS256 header, HS256 signature": tokens.jwt_hs256(public, account.header(), account.bearer_claims()),
            "another account's signature": tokens.jwt(self.other.key, account.header(), account.bearer_claims()),
            "a wrong kid": account.bearer(account.header(kid="0" * 40)),
            "another account's kid": account.bearer(account.header(kid=self.other.file["private_key_id"])),
            "for the token endpoint": account.bearer(aud=account.file["token_uri"]),
            "expired": account.bearer(iat=now - 7200, exp=now - 3600),
            "from the future": account.bearer(iat=now + 7200, exp=now + 9000),
            "valid for a year": account.bearer(exp=now + 365 * 86400),
            "no exp": account.bearer(exp=None),
            "an unknown account": account.bearer(iss="nobody@x", sub="nobody@x"),
            "another sub": account.bearer(sub=self.other.file["client_email"]),
            "a changed claim": _tampered(account.bearer()),
        }
        for name, bearer in cases.items():
            with self.subTest(case=name):
                answer = self.call(bearer)
                self.assertEqual(answer.status, 401, answer)
                self.assertEqual(answer.json["error"]["status"], "UNAUTHENTICATED")
        self.assertEqual(self.call(account.bearer()).status, 200)

    def test_models_and_providers_that_an_account_may_not_use(self):
        limited = self.issue("limited", models=["gemini-2.5-*"], providers=["vertex"])
        self.assertEqual(self.call(limited.bearer()).status, 200)
        answer = self.call(limited.bearer(), VERTEX.replace("2.5-pro", "1.0-pro"))
        self.assertEqual((answer.status, answer.json["error"]["status"]), (403, "PERMISSION_DENIED"), answer)
        answer = self.call(limited.bearer(), "/v1/messages", ASK)
        self.assertEqual((answer.status, answer.json["error"]["type"]), (403, "permission_error"), answer)

    def test_a_disabled_account_is_refused_everywhere_at_once(self):
        account = self.issue("to-disable")
        status, body = self.token(account.assertion())
        self.assertEqual(self.call(body["access_token"]).status, 200)
        email = urllib.parse.quote(account.file["client_email"])
        answer = self.gateway.admin("PATCH", f"/api/admin/service-accounts/virtual/{email}", {"enabled": False})
        self.assertIn(answer.status, (200, 204), answer.text)
        wait_until(lambda: self.call(account.bearer()).status == 401, "the bearer is refused")
        wait_until(lambda: self.call(body["access_token"]).status == 401, "the token is refused")
        status, body = self.token(account.assertion())
        self.assertIn((status, body["error"]), ((400, "invalid_grant"), (401, "invalid_client"), (400, "disabled_client")))

    def test_accounts_outlast_a_restart(self):
        account = self.issue("lasting")
        token = self.token(account.assertion())[1]["access_token"]
        self.gateway.stop(remove=False)
        self.gateway.start()
        self.assertEqual(self.call(account.bearer()).status, 200)
        self.assertEqual(self.token(account.assertion())[0], 200)
        self.assertIn(self.call(token).status, (200, 401))

    def test_the_lines_of_the_readme(self):
        answer = self.gateway.control("POST", "/accounts.google.com/oauth2/token",
                                      "grant_type=client_credentials&client_id=test&client_secret=test",
                                      {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 200, answer.text)
        token = json.loads(answer.text)["access_token"]
        certificates = json.loads(self.gateway.control("GET", "/accounts.google.com/oauth2/v1/certs").text)
        self.assertTrue(all("BEGIN CERTIFICATE" in pem for pem in certificates.values()))
        answer = self.call(token, "/v1/models/gemini-pro:generateContent")
        self.assertEqual(answer.status, 200, answer)

    def test_the_demo_client_needs_its_secret(self):
        for form in ("grant_type=client_credentials&client_id=test&client_secret=wrong",
                     "grant_type=client_credentials&client_id=other&client_secret=test",
                     "grant_type=client_credentials&client_id=test"):
            answer = self.gateway.control("POST", "/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual((answer.status, json.loads(answer.text)["error"]), (401, "invalid_client"), form)


class NoDemoClient(GatewayCase):
    settings = {"oauth.demo_client": "false"}

    def test_the_demo_client_is_unknown_outside_the_demo(self):
        answer = self.gateway.control("POST", "/token", "grant_type=client_credentials&client_id=test&client_secret=test",
                                      {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 401, answer.text)
        self.assertEqual(self.gateway.messages(headers=KEY).status, 200)


def _tampered(token):
    head, _, signature = token.split(".")
    return f"{head}.{tokens.base64url({'iss': 'root', 'sub': 'root', 'exp': 9999999999, 'iat': 1})}.{signature}"
