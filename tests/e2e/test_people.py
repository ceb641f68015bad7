"""People at a gateway that serves: they sign up by e-mail, sign in, make keys and see what is left; roles hold; a foreign page gets
nothing."""

import email
import email.policy
import http.client
import json
import re
import unittest

from deadline import wait_until
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, Gateway
from mail_server import MailServer
from test_two_gateways import Pair

PASSWORD = "correct horse battery"


class Person:
    """Calls of the user API on one gateway, as somebody, with cookies or a Bearer."""

    def __init__(self, gateway, bearer=None):
        self.gateway, self.bearer, self.cookies, self.csrf = gateway, bearer, {}, None

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.control_port, timeout=20)
        sent = {"Content-Type": "application/json"} | (headers or {})
        if self.bearer:
            sent["Authorization"] = f"Bearer {self.bearer}"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf:
            sent["X-CSRF-Token"] = self.csrf
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, rest = value.partition("=")
                self.cookies[cookie] = rest.split(";")[0]
        connection.close()
        answer.text = text
        answer.json = json.loads(text) if text.startswith("{") else None
        return answer

    def sign_in(self, name, password=PASSWORD):
        answer = self.call("POST", "/api/auth/login", {"name": name, "password": password})
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {answer.text}")
        self.bearer, self.refresh = answer.json["access_token"], answer.json["refresh_token"]
        return self


class PeopleCase(GatewayCase):
    settings = {"users.registration": "open"}

    def admin(self, method, path, body=None, expect=200):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        self.assertEqual(answer.status, expect, f"{method} {path}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def user(self, name, role="user"):
        self.admin("POST", "users", {"name": name, "password": PASSWORD, "role": role, "email": f"{name}@example.com"}, expect=201)
        return Person(self.gateway).sign_in(name)

    def outbox(self, to):
        """The text of the newest message to this address."""
        def newest():
            for path in sorted((self.gateway.data / "outbox").glob("*.eml"), reverse=True):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if to in message["To"]:
                    return message.get_content()
            return None
        return wait_until(newest, f"a message to {to}", 15)


class People(PeopleCase):
    def test_somebody_signs_up_by_mail_makes_a_key_and_is_served(self):
        nobody = Person(self.gateway)
        answer = nobody.call("POST", "/api/client/auth/register", {"name": "ann", "email": "ann@example.com", "password": PASSWORD})
        self.assertEqual(answer.status, 202, answer.text)
        link = re.search(r"/api/auth/verify-email\?token=([\w-]+)", self.outbox("ann@example.com"))
        page = nobody.call("GET", link.group(0))
        self.assertEqual(page.status, 200)
        self.assertIn("default-src 'none'", page.getheader("Content-Security-Policy"))
        self.assertEqual(nobody.call("POST", "/api/auth/verify-email", {"token": link.group(1)}).status, 201)
        ann = Person(self.gateway).sign_in("ann")
        made = ann.call("POST", "/api/keys", {"name": "laptop", "terms": {"limits": {"requests_per_minute": 30}}})
        self.assertEqual(made.status, 201, made.text)
        key = made.json["key"]
        self.assertEqual(self.gateway.messages("hello", token=key).status, 200)

        quota = Person(self.gateway).call("GET", "/api/quota", headers={"x-api-key": key})
        self.assertEqual((quota.status, quota.json["client"], quota.json["user"]), (200, "ann", "ann"))
        limit = quota.json["limits"][0]
        self.assertEqual((limit["name"], limit["level"], limit["limit"], limit["used"]), ("requests_per_minute", "key", 30, 1))
        wait_until(lambda: ann.call("GET", "/api/usage").json["total"]["requests"] == 1, "the request is in the sums", 20)
        self.assertEqual(ann.call("GET", "/api/stats").json["today"]["requests"], 1)
        self.assertNotIn(key, self.gateway.error_log.read_text())
        self.assertNotIn(PASSWORD, self.gateway.error_log.read_text())

    def test_a_client_token_of_the_map_is_told_its_quota(self):
        quota = Person(self.gateway, CLIENT_TOKEN).call("GET", "/api/quota")
        self.assertEqual(quota.status, 200, quota.text)
        self.assertTrue(quota.json["client"])
        self.assertEqual(Person(self.gateway, "no-such-token").call("GET", "/api/quota").status, 401)

    def test_a_forgotten_password_comes_back_by_mail(self):
        bob = self.user("bob")
        for address in ("bob@example.com", "nobody@example.com"):
            answer = bob.call("POST", "/api/auth/forgot-password", {"email": address})
            self.assertEqual((answer.status, answer.json["status"]), (202, "pending"))
        token = re.search(r"reset-password\?token=([\w-]+)", self.outbox("bob@example.com")).group(1)
        changed = bob.call("POST", "/api/auth/reset-password", {"token": token, "password": "another " + PASSWORD})
        self.assertEqual(changed.status, 200, changed.text)
        self.assertEqual(bob.call("GET", "/api/auth/profile").status, 401)
        Person(self.gateway).sign_in("bob", "another " + PASSWORD)

    def test_roles_hold_on_every_part_of_the_control_port(self):
        viewer, operator = self.user("vic", "viewer"), self.user("olga", "operator")
        for path in ("users", "clients", "service-accounts/virtual", "oauth-clients", "status"):
            self.assertEqual(viewer.call("GET", "/api/admin/" + path).status, 200, path)
        robot = {"name": "robot"}
        for path, body in (("clients", robot), ("service-accounts/virtual", robot)):
            self.assertEqual(viewer.call("POST", "/api/admin/" + path, body).status, 403, path)
            self.assertEqual(operator.call("POST", "/api/admin/" + path, body).status // 100, 2, path)
        self.assertEqual(operator.call("POST", "/api/admin/users", {"name": "x"}).status, 403)
        self.admin("PATCH", "users/olga", {"role": "user"})
        self.assertEqual(operator.call("GET", "/api/admin/clients").status, 403)
        self.assertIn("olga", {row["actor"] for row in self.admin("GET", "audit")["audit"]})

    def test_a_browser_signs_in_with_the_admin_token_and_foreign_pages_get_nothing(self):
        browser = Person(self.gateway)
        answer = browser.call("POST", "/api/auth/login", {"admin_token": self.gateway.admin_token, "cookie": True})
        self.assertEqual((answer.status, answer.json["user"]["role"]), (200, "admin"))
        self.assertNotIn("access_token", answer.json)
        self.assertEqual(browser.call("POST", "/api/admin/clients", {"name": "forged"}).status, 403)
        browser.csrf = answer.json["csrf_token"]
        foreign = {"Origin": "https://evil.example"}
        self.assertEqual(browser.call("POST", "/api/admin/clients", {"name": "forged"}, foreign).status, 403)
        self.assertEqual(browser.call("POST", "/api/admin/clients", {"name": "wanted"}).status, 201)
        preflight = Person(self.gateway).call("OPTIONS", "/api/admin/clients",
                                              headers=foreign | {"Access-Control-Request-Method": "POST"})
        self.assertIsNone(preflight.getheader("Access-Control-Allow-Origin"))
        self.assertEqual(browser.call("POST", "/api/auth/logout").status, 204)
        self.assertEqual(browser.call("GET", "/api/auth/profile").status, 401)

    def test_every_answer_of_the_api_is_guarded(self):
        for path in ("/api/auth/profile", "/api/admin/users", "/api/no/such/path"):
            answer = Person(self.gateway).call("GET", path)
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff", path)
            self.assertEqual(answer.getheader("X-Frame-Options"), "DENY", path)


class Guessing(PeopleCase):
    settings = {"users.login_attempts": 5}

    def test_guessing_is_slowed_down(self):
        for number in range(5):
            answer = Person(self.gateway).call("POST", "/api/auth/login", {"name": "guessed", "password": f"guess {number}"})
            self.assertEqual(answer.status, 401)
        answer = Person(self.gateway).call("POST", "/api/auth/login", {"name": "guessed", "password": "guess"})
        self.assertEqual((answer.status, answer.getheader("Retry-After")), (429, "900"))


class MailByServer(unittest.TestCase):
    def test_messages_go_by_starttls_to_a_server_that_is_verified(self):
        with MailServer() as server:
            gateway = Gateway(settings={"users.registration": "open", "mail.ca_file": server.certificate,
                                        "mail.server": f"smtp://mailer:secret%20of%20the%20mailer@localhost:{server.port}",
                                        "mail.from": "gateway@example.com"})
            gateway.start()
            try:
                answer = Person(gateway).call("POST", "/api/auth/register",
                                              {"name": "ann", "email": "ann@example.com", "password": PASSWORD})
                self.assertEqual(answer.status, 202, answer.text)
                message = server.next()
                self.assertIn("gateway@example.com", message["From"])
                self.assertIn("ann@example.com", message["To"])
                self.assertIn("确认", message["Subject"])
                self.assertIn("verify-email?token=", message.get_content())
                before = server.said[:server.said.index("STARTTLS") + 1]
                self.assertEqual(before, ["EHLO", "STARTTLS"])
                self.assertIn("TLS AUTH", server.said)
            finally:
                gateway.stop()

    def test_an_unknown_certificate_gets_no_message(self):
        with MailServer() as server:
            gateway = Gateway(settings={"users.registration": "open",
                                        "mail.server": f"smtp://mailer:secret@localhost:{server.port}"})
            gateway.start()
            try:
                Person(gateway).call("POST", "/api/auth/register", {"name": "ann", "email": "ann@example.com", "password": PASSWORD})
                wait_until(lambda: "could not be sent" in gateway.error_log.read_text(), "the log says so", 15)
                self.assertTrue(server.messages.empty())
                self.assertNotIn("TLS AUTH", server.said)
                self.assertNotIn("AUTH", server.said)
            finally:
                gateway.stop()


class PeopleOfAPair(Pair):
    def test_what_one_gateway_ends_is_over_on_the_other(self):
        self.admins[0].user("ann", password=PASSWORD)
        ann = Person(self.gateways[0]).sign_in("ann")
        there = Person(self.gateways[1], ann.bearer)
        self.assertEqual(there.call("GET", "/api/auth/profile").status, 200)
        fresh = there.call("POST", "/api/auth/refresh", {"refresh_token": ann.refresh})
        self.assertEqual(fresh.status, 200, fresh.text)
        newer = Person(self.gateways[0], fresh.json["access_token"])
        self.assertEqual(newer.call("GET", "/api/auth/profile").status, 200)
        self.assertEqual(ann.call("POST", "/api/auth/refresh", {"refresh_token": ann.refresh}).status, 401)
        for gateway in self.gateways:
            self.assertEqual(Person(gateway, fresh.json["access_token"]).call("GET", "/api/auth/profile").status, 401)
        again = Person(self.gateways[1]).sign_in("ann")
        self.assertEqual(Person(self.gateways[0], again.bearer).call("POST", "/api/auth/logout").status, 204)
        self.assertEqual(again.call("GET", "/api/auth/profile").status, 401)

    def test_what_is_used_at_one_gateway_is_told_by_the_other(self):
        key = self.admins[0].ready_key("eve", {"limits": {"requests_per_minute": 30, "tokens_per_day": 1000}})
        for gateway in self.gateways:
            self.assertEqual(gateway.messages("hello", token=key).status, 200)
        for gateway in self.gateways:
            quota = Person(gateway).call("GET", "/api/quota", headers={"x-api-key": key})
            self.assertEqual([each["used"] for each in quota.json["limits"] if each["name"] == "requests_per_minute"], [2])

    def test_who_guesses_on_both_is_counted_on_both(self):
        for number in range(10):
            guess = {"name": "guessed", "password": f"guess {number}"}
            self.assertEqual(Person(self.gateways[number % 2]).call("POST", "/api/auth/login", guess).status, 401)
        for gateway in self.gateways:
            self.assertEqual(Person(gateway).call("POST", "/api/auth/login", {"name": "guessed", "password": "x"}).status, 429)


if __name__ == "__main__":
    unittest.main()
