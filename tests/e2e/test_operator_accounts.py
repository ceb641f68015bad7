"""Accounts, tokens, "what if" and the state of the gateway, as its operator sees them."""

import json

from deadline import wait_until
from fixture import GatewayCase, UpstreamCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import MESSAGE


class Told:
    def admin(self, method, path, body=None, expect=200):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        self.assertEqual(answer.status, expect, f"{method} {path}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def account(self, name):
        return next(each for each in self.admin("GET", "accounts")["accounts"] if each["name"] == name)


class SimulatedAccounts(Told, GatewayCase):
    @classmethod
    def make_gateway(cls):
        return Gateway(clients=[simple_client(name="ada"), simple_client("narrow-token-0001", name="narrow", models=["gemini-*"]),
                                simple_client("elsewhere-token-0001", name="elsewhere", ip_allow=["10.0.0.0/8"]),
                                simple_client("limited-token-0001", name="limited", limits={"requests_per_minute": 1})])

    def test_all_work_and_say_so(self):
        for account in self.admin("GET", "accounts")["accounts"]:
            tested = self.admin("POST", f"accounts/{account['name']}/test", {})
            self.assertTrue(tested["ok"], f"{account['name']}: {tested}")
        self.admin("POST", "accounts/nobody/test", {}, expect=404)
        self.admin("PATCH", "accounts/simulator-gemini", {"enabled": False}, expect=409)

    def test_requests_are_counted(self):
        before = self.account("simulator-anthropic")["requests"]
        self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.account("simulator-anthropic")["requests"], before + 1)

    def test_a_minted_token_is_shown_masked_and_can_be_dropped(self):
        self.admin("POST", "accounts/simulator-vertex/test", {})
        tokens = self.admin("GET", "tokens")["tokens"]
        token = next(each for each in tokens if each["account"].startswith("simulator-vertex"))
        self.assertTrue(token["hint"].startswith("***") and len(token["hint"]) < 10, token)
        self.admin("DELETE", f"tokens/{token['account']}", expect=204)
        self.assertEqual(self.admin("GET", "tokens")["tokens"], [])
        self.admin("DELETE", "tokens/nobody", expect=404)
        self.assertTrue(self.admin("POST", "accounts/simulator-vertex/test", {})["ok"])

    def test_what_if_tells_which_account_and_why(self):
        answer = self.admin("POST", "what-if", {"client": "ada", "model": "claude-sonnet-4-5"})
        self.assertEqual((answer["client"], answer["chosen"]), ("ada", "simulator-anthropic"), answer)
        self.assertIn("matches", answer["routes"][0]["why"])
        self.assertTrue(answer["routes"][0]["healthy"])
        self.assertIn("x-api-key", answer["steps"][-1]["text"])
        by_token = self.admin("POST", "what-if", {"credential": CLIENT_TOKEN, "model": "gemini-2.5-pro", "provider": "vertex"})
        self.assertEqual((by_token["client"], by_token["chosen"]), ("ada", "simulator-vertex"), by_token)
        self.assertNotIn(CLIENT_TOKEN, json.dumps(by_token))

    def test_what_if_tells_why_not(self):
        refused = self.admin("POST", "what-if", {"client": "narrow", "model": "claude-sonnet-4-5"})
        self.assertIsNone(refused["chosen"])
        self.assertIn("refused with 403", refused["steps"][-1]["text"])
        unknown = self.admin("POST", "what-if", {"credential": "nobody-has-this-token", "model": "claude-sonnet-4-5"})
        self.assertIn("refused with 401", unknown["steps"][-1]["text"])
        self.admin("POST", "what-if", {"client": "nobody", "model": "m"}, expect=404)
        self.admin("POST", "what-if", {"model": "m"}, expect=400)
        self.admin("POST", "what-if", {"client": "ada"}, expect=400)

    def test_what_if_goes_by_the_address(self):
        ask = {"client": "elsewhere", "model": "claude-sonnet-4-5"}
        self.assertIsNone(self.admin("POST", "what-if", ask)["chosen"])
        self.assertEqual(self.admin("POST", "what-if", ask | {"address": "10.1.2.3"})["chosen"], "simulator-anthropic")

    def test_what_if_counts_nothing_and_tells_which_limit_would_refuse(self):
        ask = {"client": "limited", "model": "claude-sonnet-4-5"}
        for _ in range(3):
            self.assertEqual(self.admin("POST", "what-if", ask)["chosen"], "simulator-anthropic")
        self.assertEqual(self.gateway.messages(token="limited-token-0001").status, 200)
        full = self.admin("POST", "what-if", ask)
        self.assertIsNone(full["chosen"])
        self.assertTrue(any("requests_per_minute, 1 of 1 used; would refuse" in step["text"] for step in full["steps"]), full)

    def test_what_if_knows_keys_of_the_store(self):
        self.admin("POST", "clients", {"name": "stored"}, expect=201)
        key = self.admin("POST", "keys", {"client": "stored"}, expect=201)["key"]
        for ask in ({"credential": key}, {"client": "stored"}):
            answer = self.admin("POST", "what-if", ask | {"model": "claude-sonnet-4-5"})
            self.assertEqual((answer["client"], answer["chosen"]), ("stored", "simulator-anthropic"), answer)

    def test_the_system_is_told_with_passwords_masked(self):
        system = self.admin("GET", "system")
        self.assertEqual(system["store"]["state"], "ok")
        self.assertEqual(system["certificate"]["state"], "ok")
        self.assertGreater(system["certificate"]["days_left"], 300)
        self.assertEqual([each["self"] for each in system["gateways"]], [True])
        changed = {each["key"]: each["value"] for each in system["settings"] if each["changed"]}
        self.assertEqual(changed["simulator.mode"], "auto")
        self.assertTrue(system["libraries"]["openssl"].startswith("OpenSSL"))

    def test_repricing_runs_beside_requests(self):
        job = self.admin("POST", "reprice?background=true", {"from": "2026-01-01", "to": "2026-02-01"}, expect=202)
        done = wait_until(lambda: (j := self.admin("GET", f"jobs/{job['id']}"))["state"] != "running" and j, "the job ends")
        self.assertEqual((done["state"], done["done"]), ("done", done["total"]), done)
        self.admin("GET", "jobs/j-unknown", expect=404)


class AccountsInTrouble(Told, UpstreamCase):
    def trouble(self):
        return next(each for each in self.admin("GET", "accounts")["accounts"] if each["health"]["state"] != "ok")

    def test_one_that_cools_down_is_shown_and_forgiven(self):
        self.upstream.script = lambda peer: peer.reply(
            '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}', status="429 Too Many Requests",
            headers=[("retry-after", "120")])
        self.assertEqual(self.gateway.messages().status, 429)
        account = self.trouble()
        self.assertEqual(account["health"]["state"], "cooling")
        self.assertIn("rate-limited", account["health"]["reason"])
        self.assertGreater(account["errors"], 0)
        self.upstream.script = lambda peer: peer.reply(MESSAGE)
        told = self.admin("POST", "what-if", {"credential": CLIENT_TOKEN, "model": "claude-sonnet-4-5"})
        self.assertFalse(told["routes"][0]["healthy"])
        self.admin("POST", f"accounts/{account['name']}/forgive", {}, expect=204)
        self.assertEqual(self.account(account["name"])["health"]["state"], "ok")
        self.assertEqual(self.gateway.messages().status, 200)

    def test_one_whose_key_is_refused_is_told_what_to_do(self):
        self.upstream.script = lambda peer: peer.reply(
            '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}', status="401 Unauthorized")
        name = next(each["name"] for each in self.admin("GET", "accounts")["accounts"] if each["provider"] == "anthropic")
        tested = self.admin("POST", f"accounts/{name}/test", {})
        self.assertFalse(tested["ok"])
        self.assertIn("make a new one", tested["message"])
        self.assertIn("invalid x-api-key", tested["message"])
