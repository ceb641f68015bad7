"""The admin API of a gateway that serves: what is made there holds for the next request, and what requests cost is told there."""

import http.client
import json
import socket

from deadline import wait_until
from fixture import GatewayCase

CANARY = "canary-51d2e84b60"


class AdminApi(GatewayCase):
    def admin(self, method, path, body=None, expect=200):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        self.assertEqual(answer.status, expect, f"{method} {path}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def test_a_user_pays_for_what_their_key_asks(self):
        self.admin("POST", "users", {"name": "ann", "opening": "50"}, expect=201)
        key = self.admin("POST", "users/ann/token", {}, expect=201)["key"]
        self.assertEqual(self.gateway.messages("hello", token=key).status, 200)
        self.assertEqual(self.gateway.generate("hello", token=key).status, 200)

        def told():
            usage = self.admin("GET", "usage?user=ann&by=model")
            return usage if usage["total"]["requests"] == 2 else None

        usage = wait_until(told, "both requests are in the sums", 20)
        self.assertEqual({row["model"] for row in usage["rows"]}, {"claude-sonnet-4-5", "gemini-2.5-pro"})
        self.assertGreater(float(usage["total"]["billed"]), 0)
        rows = self.admin("GET", "ledger?user=ann")["rows"]
        self.assertEqual(len(rows), 2)
        self.assertEqual({row["client"] for row in rows}, {"ann"})
        balance = self.admin("GET", "users/ann/balance")
        self.assertEqual(balance["charged"], usage["total"]["billed"])
        movements = self.admin("GET", "users/ann/movements")["movements"]
        self.assertEqual({each["kind"] for each in movements}, {"top-up", "charge"})
        again = self.admin("POST", "reprice", {"from": "2020-01-01", "to": "2099-01-01"})
        self.assertEqual(again["changed"], 0)

    def test_a_disabled_user_is_refused_at_once_and_an_enabled_one_served(self):
        self.admin("POST", "users", {"name": "bob"}, expect=201)
        key = self.admin("POST", "users/bob/token", {}, expect=201)["key"]
        self.assertEqual(self.gateway.messages(token=key).status, 200)
        self.admin("DELETE", "users/bob")
        wait_until(lambda: self.gateway.messages(token=key).status in (401, 403), "the key is refused", 5)
        self.admin("PATCH", "users/bob", {"enabled": True})
        wait_until(lambda: self.gateway.messages(token=key).status == 200, "the key is served again", 5)

    def test_terms_of_a_key_hold(self):
        self.admin("POST", "clients", {"name": "narrow"}, expect=201)
        made = self.admin("POST", "keys", {"client": "narrow", "terms": {"models": ["gemini-*"]}}, expect=201)
        self.assertEqual(self.gateway.generate(token=made["key"]).status, 200)
        self.assertEqual(self.gateway.messages(token=made["key"]).status, 403)
        elsewhere = self.admin("POST", "keys", {"client": "narrow", "terms": {"ip_allow": ["203.0.113.0/24"]}}, expect=201)
        self.assertEqual(self.gateway.messages(token=elsewhere["key"]).status, 403)
        again = self.admin("POST", f"keys/{made['id']}/regenerate")
        wait_until(lambda: self.gateway.generate(token=made["key"]).status == 401, "the old key is refused", 5)
        self.assertEqual(self.gateway.generate(token=again["key"]).status, 200)
        self.admin("DELETE", "clients/narrow", expect=204)
        wait_until(lambda: self.gateway.generate(token=again["key"]).status == 401, "its keys went with the client", 5)

    def test_keys_that_are_none_are_refused(self):
        for token in ("mg-" + "a" * 40, "mg-" + "a" * 10_240, "mg-", "mg-" + "\u00e9".encode().decode("latin-1") * 20):
            self.assertEqual(self.gateway.messages(token=token).status, 401, token[:60])
        self.still_serves()

    def test_nobody_gets_in_without_the_token(self):
        for path in ("users", "keys", "audit", "status", "users/ann/token", "prices"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer " + self.gateway.admin_token + "x"},
                                {"X-Forwarded-For": "127.0.0.1"}, {"Cookie": "token=" + self.gateway.admin_token}):
                    answer = self.gateway.control(method, "/api/admin/" + path, "{}", headers)
                    self.assertEqual(answer.status, 401, f"{method} {path} {headers}")

    def test_the_local_socket_needs_no_token_for_anything_on_the_port(self):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.gateway.data / "run" / "admin.sock"))
        self.addCleanup(connection.close)
        for path in ("/api/admin/users", "/api/admin/service-accounts/virtual", "/health"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 200, path)

    def test_prices_put_in_hold_for_the_next_request(self):
        row = {"id": "contract", "provider": "anthropic", "model": "claude-sonnet-4-5", "input": "1000", "output": "1000",
               "source": "a contract", "date": "2026-11-01"}
        self.admin("PUT", "prices", {"rows": [row]})
        self.assertEqual(self.admin("GET", "prices")["stored"][0]["id"], "contract")
        self.admin("POST", "clients", {"name": "dear"}, expect=201)
        key = self.admin("POST", "keys", {"client": "dear"}, expect=201)["key"]

        def by_contract():
            self.gateway.messages(token=key)
            rows = self.admin("GET", "ledger?client=dear&limit=1")["rows"]
            return rows and rows[0]["price_id"] == "contract"

        wait_until(by_contract, "a request is priced by the contract", 20)
        self.admin("PUT", "prices", {"rows": []})
        refused = self.gateway.admin("PUT", "/api/admin/prices", {"rows": [row, row | {"id": "other"}]})
        self.assertEqual(refused.status, 400)


class NothingLeaks(GatewayCase):
    def test_secrets_are_in_no_file_and_no_output(self):
        gateway = self.gateway
        path = "/api/admin/"
        gateway.admin("POST", path + "users", {"name": "ann"})
        shown = [json.loads(gateway.admin("POST", path + "users/ann/token", {}).text)["key"]]
        credential = {"type": "anthropic_api_key", "api_key": f"sk-{CANARY}-0123456789"}
        outputs = []
        for method, where, body in (("POST", "upstream-accounts", {"name": "a", "credential": credential}),
                                    ("PATCH", "upstream-accounts/a", {"credential": credential}),
                                    ("POST", "upstream-accounts", {"name": "b", "credential": credential | {"type": CANARY[:3]}}),
                                    ("POST", "upstream-accounts", {"name": "b", "credential": json.dumps(credential)}),
                                    ("PATCH", "upstream-accounts/a", {"enabled": False})):
            outputs.append(gateway.admin(method, path + where, body).text)
        gateway.messages(token=shown[0])
        gateway.messages(token="mg-" + CANARY + "a" * 23)
        gateway.control("GET", path + "users", None, {"Authorization": "Bearer mga-" + CANARY})
        for where in ("users", "clients", "keys", "upstream-accounts", "audit", "status", "ledger", "prices", "usage"):
            outputs.append(gateway.admin("GET", path + where).text)
        outputs += [gateway.metrics(), gateway.control("GET", "/health/detailed").text]
        gateway.stop(remove=False)
        outputs += [gateway.said(), gateway.access_log.read_text()]
        for each in gateway.data.rglob("*"):
            if each.is_file() and each.name != "admin-token":
                outputs.append(each.read_bytes().decode("latin-1"))
        for text in outputs:
            self.assertNotIn(CANARY, text)
            for key in shown:
                self.assertNotIn(key, text)
        gateway.remove()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.remove()


class WithBalances(GatewayCase):
    settings = {"billing.balances": "true"}

    def test_the_first_top_up_brings_the_opening_balance(self):
        self.gateway.admin("POST", "/api/admin/users", {"name": "ann"})
        answer = self.gateway.admin("POST", "/api/admin/users/ann/movements", {"amount": "49"})
        self.assertEqual(answer.status, 400)
        self.assertIn("billing.opening", answer.text)
        self.assertEqual(self.gateway.admin("POST", "/api/admin/users/ann/movements", {"amount": "50"}).status, 201)
