"""The verbs that administer a gateway: over its store while it does not run, over its socket and its URL while it does."""

import json
import os
import stat
import subprocess
import unittest

from deadline import SLOWER
from gateway import BINARY, Gateway, clean_environment

SECRET = "sk-canary-7f3a9c51d2e84b60"
KEY_FORM = r"^mg-[A-Za-z0-9_-]{40}$"


class CommandLineCase(unittest.TestCase):
    gateway = None

    def run_verb(self, *words, expect=0, given="", **environment):
        settings = [word for name, value in self.gateway.settings.items() for word in ("--set", f"{name}={value}")]
        result = subprocess.run([str(BINARY), *words, *settings], cwd=self.gateway.directory, text=True, input=given,
                                capture_output=True, timeout=60 * SLOWER, env=clean_environment(**environment))
        self.assertEqual(result.returncode, expect, f"{words}: {result.stdout}{result.stderr}")
        return result

    def told(self, *words, **more):
        return self.run_verb(*words, **more).stdout

    def refused(self, *words, expect=1, **more):
        return self.run_verb(*words, expect=expect, **more).stderr

    def as_json(self, *words):
        return json.loads(self.told(*words, "--format", "json"))


class Administration:
    """What holds whichever way the admin API is reached."""

    def test_a_user_has_a_balance_a_key_and_a_bill(self):
        self.run_verb("user", "add", "ann", "--email", "ann@x.test", "--opening", "50")
        self.assertRegex(self.told("user", "list"), r"(?m)^ann +ann@x\.test +user +yes +50\.00 ")
        self.assertRegex(self.told("user", "token", "ann"), KEY_FORM)
        self.assertEqual(self.told("balance", "ann", "+12.50", "--note", "by bank").strip(), "62.50")
        self.assertEqual(self.told("balance", "ann", "-2.25").strip(), "60.25")
        self.assertEqual(self.told("balance", "ann", "--format", "csv"),
                         "USER,BALANCE,CREDITED,CHARGED\nann,60.25,62.50,2.25\n")
        self.assertEqual(self.as_json("usage", "ann", "--date", "2026-11", "--by", "model")["rows"], [])
        self.run_verb("user", "disable", "ann")
        self.assertFalse(self.as_json("user", "show", "ann")["enabled"])
        self.run_verb("user", "enable", "ann")
        self.assertIn("already", self.refused("user", "add", "ann"))

    def test_a_password_comes_by_standard_input(self):
        self.run_verb("user", "add", "eve", "--password-stdin", given=SECRET + "\n")
        self.assertTrue(self.as_json("user", "show", "eve")["has_password"])
        said = self.run_verb("user", "change", "eve", "--password-stdin", given="short\n", expect=1)
        self.assertIn("8 to 1024", said.stderr)
        self.assertIn("standard input", self.refused("user", "change", "eve", "--password-stdin", expect=2))

    def test_the_same_movement_moves_once(self):
        self.run_verb("user", "add", "once")
        for _ in range(2):
            self.assertEqual(self.told("balance", "once", "5", "--id", "order-1").strip(), "5.00")
        self.assertIn("another", self.refused("balance", "once", "6", "--id", "order-1"))

    def test_keys_carry_terms_and_are_found_by_name(self):
        self.run_verb("client", "add", "app")
        whole = self.told("key", "add", "--client", "app", "--name", "laptop", "--model", "claude-*", "--ip", "10.0.0.0/8",
                          "--expires", "2099-01-01", "--limit", "requests_per_minute=60", "--limit", "cost_per_day=12.50").strip()
        self.assertRegex(whole, KEY_FORM)
        key = self.as_json("key", "show", "laptop")
        self.assertEqual(key["terms"], {"models": ["claude-*"], "ip_allow": ["10.0.0.0/8"],
                                        "limits": {"requests_per_minute": 60, "cost_per_day": "12.50"}})
        self.assertEqual(key["expires_at"], "2099-01-01T00:00:00Z")
        self.run_verb("key", "disable", whole[:7])
        again = self.told("key", "regenerate", "laptop").strip()
        self.assertNotEqual(again, whole)
        self.run_verb("key", "change", "laptop", "--expires", "never", "--no-terms")
        self.assertEqual(self.as_json("key", "show", key["id"])["terms"], {})
        listed = self.told("key", "list", "--client", "app")
        self.assertNotIn(again, listed)
        self.assertIn(again[:7], listed)
        self.run_verb("key", "delete", "laptop")
        self.assertIn("no key has", self.refused("key", "show", "laptop"))

    def test_a_credential_goes_in_and_never_comes_out(self):
        path = self.gateway.directory / "key.json"
        path.write_text(json.dumps({"type": "anthropic_api_key", "api_key": SECRET}))
        outputs = [self.run_verb("account", "add", "spare", "--file", str(path), "--weight", "3",
                                 "--model", "no-other-case-asks-for-this")]
        outputs += [self.run_verb(*words) for words in (["account", "list"], ["account", "list", "--format", "json"],
                                                        ["account", "disable", "spare"], ["audit"], ["account", "remove", "spare"])]
        for each in outputs:
            self.assertNotIn(SECRET, each.stdout + each.stderr)
        for name in ("moongate.db", "moongate.db-wal"):
            if (self.gateway.data / name).exists():
                self.assertNotIn(SECRET.encode(), (self.gateway.data / name).read_bytes())

    def test_bad_words_are_told_and_change_nothing(self):
        for words, part in ((("balance", "ann2", "ten"), "is no amount"), (("key", "add"), "--client"),
                            (("user", "add", "x", "--limit", "many"), "write --limit"), (("usage", "--format", "xml"), "--format"),
                            (("user",), "subcommand"), (("migrate", "sideways"), "subcommand")):
            self.assertIn(part, self.refused(*words, expect=2), words)
        for words, part in ((("user", "show", "nobody"), "no such user"), (("balance", "nobody", "5"), "no such user"),
                            (("user", "add", "a b"), '"name" must be'), (("user", "add", "x", "--opening=-5"), "negative"),
                            (("client", "add", "x", "--limit", "concurrent=0"), "limits.concurrent"),
                            (("client", "add", "x", "--ip", "10.0.0.0/99"), "ip_allow"),
                            (("client", "add", "x", "--limit", "requests_per_minit=5"), "requests_per_minute"),
                            (("usage", "--date", "2026-13"), '"date" must be'), (("usage", "--by", "moon"), '"by" must be'),
                            (("account", "add", "x", "--file", "/no/such/file"), "/no/such/file")):
            self.assertIn(part, self.refused(*words), words)


class WithoutAGateway(Administration, CommandLineCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        cls.gateway.data.mkdir(mode=0o700)
        cls.addClassCleanup(cls.gateway.remove)

    def test_a_folder_that_is_not_there_is_not_made(self):
        settings = self.gateway.settings
        self.gateway.settings = settings | {"data_dir": self.gateway.directory / "elsewhere"}
        try:
            self.assertIn("there is no folder", self.refused("user", "list"))
        finally:
            self.gateway.settings = settings
        self.assertFalse((self.gateway.directory / "elsewhere").exists())


class WithAGateway(Administration, CommandLineCase):
    """Over the local socket; no token is asked for."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()
        cls.addClassCleanup(cls.gateway.stop)

    def test_the_socket_is_its_owners(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.gateway.data / "run" / "admin.sock").st_mode), 0o600)

    def test_what_was_done_is_noted_with_who_did_it(self):
        self.run_verb("user", "add", "noted")
        line = self.as_json("audit", "--limit", "1")["audit"][0]
        self.assertEqual((line["actor"], line["action"], line["address"]), ("local", "user.create", f"local, user {os.geteuid()}"))

    def test_a_key_made_here_is_served_and_a_disabled_one_is_not(self):
        self.run_verb("client", "add", "served")
        key = self.told("key", "add", "--client", "served", "--name", "served-key").strip()
        self.assertEqual(self.gateway.messages(token=key).status, 200)
        self.run_verb("key", "disable", "served-key")
        self.assertEqual(self.gateway.messages(token=key).status, 401)

    def test_another_gateway_on_the_same_data_is_refused(self):
        second = Gateway(settings={"data_dir": self.gateway.data})
        self.addCleanup(second.remove)
        result = second.run()
        self.assertEqual(result.returncode, 1)
        self.assertIn("another gateway", result.stderr)

    def test_the_schema_and_the_master_key_stay_while_it_runs(self):
        self.assertIn("stop it first", self.refused("migrate", "down"))
        self.assertIn("stop it first", self.refused("rekey"))
        self.assertEqual(self.gateway.messages().status, 200)


class ByItsUrl(CommandLineCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()
        cls.addClassCleanup(cls.gateway.stop)

    def test_the_admin_token_opens_it(self):
        url = self.gateway.url("control")
        self.run_verb("user", "add", "far", "--url", url, MOONGATE_ADMIN_TOKEN=self.gateway.admin_token)
        self.assertIn("far", self.told("user", "list", "--url", url, "--token", self.gateway.admin_token))
        self.assertIn("far", self.told("user", "list", MOONGATE_URL=url, MOONGATE_ADMIN_TOKEN=self.gateway.admin_token))

    def test_without_one_or_with_a_wrong_one_it_stays_shut(self):
        url = self.gateway.url("control")
        self.assertIn("MOONGATE_ADMIN_TOKEN", self.refused("user", "list", "--url", url))
        said = self.refused("user", "list", "--url", url, "--token", "mga-wrong-token")
        self.assertIn("wrong", said)
        self.assertNotIn("mga-wrong-token", said)

    def test_nobody_at_the_url_is_told_so(self):
        self.assertIn("did not answer", self.refused("user", "list", "--url", "http://127.0.0.1:1", "--token", "x"))
        self.refused("user", "list", "--url", self.gateway.url("http"), "--token", "x")
        for url in ("ftp://x", "http://a@b", "http://x/?a=b", "nonsense"):
            self.assertIn("--url", self.refused("user", "list", "--url", url, "--token", "x"))


class Schema(CommandLineCase):
    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.remove)
        self.gateway.data.mkdir(mode=0o700)

    def test_goes_up_and_down_by_hand(self):
        self.assertIn("pending", self.told("migrate", "status"))
        self.assertIn("applied 1 ", self.told("migrate", "up"))
        self.assertNotIn("pending", self.told("migrate", "status"))
        self.assertEqual(len(self.told("migrate", "down", "2").splitlines()), 3)
        self.assertEqual(len(self.told("migrate", "rollback").splitlines()), 2)
        self.assertIn("version 0", self.told("migrate", "down", "1000"))
        self.run_verb("migrate", "up")
        self.run_verb("user", "list")

    def test_is_seeded_once(self):
        self.assertRegex(self.told("migrate", "seed"), KEY_FORM)
        self.assertEqual(self.told("migrate", "seed"), "")


class MasterKey(CommandLineCase):
    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.remove)

    def test_is_exchanged_and_everything_sealed_still_opens(self):
        self.gateway.start()
        certificates = self.gateway.control("GET", "/oauth2/v3/certs").text
        self.gateway.stop(remove=False)
        path = self.gateway.data / "secret" / "master.key"
        before = path.read_text()
        self.assertIn("sealed with the new master key", self.told("rekey"))
        self.assertNotEqual(path.read_text(), before)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.gateway.start()
        self.assertEqual(self.gateway.control("GET", "/oauth2/v3/certs").text, certificates)
        self.gateway.stop(remove=False)

    def test_of_the_environment_is_exchanged_there(self):
        self.gateway.data.mkdir(mode=0o700)
        old, new = "00" * 32, "11" * 32
        path = self.gateway.directory / "key.json"
        path.write_text(json.dumps({"type": "anthropic_api_key", "api_key": SECRET}))
        self.run_verb("account", "add", "a", "--file", str(path), MOONGATE_MASTER_KEY=old)
        self.assertIn("MOONGATE_NEW_MASTER_KEY", self.refused("rekey", MOONGATE_MASTER_KEY=old))
        self.assertIn("1 secrets", self.told("rekey", MOONGATE_MASTER_KEY=old, MOONGATE_NEW_MASTER_KEY=new))
        said = self.refused("rekey", MOONGATE_MASTER_KEY="22" * 32, MOONGATE_NEW_MASTER_KEY="33" * 32)
        self.assertNotIn(SECRET, said)
        # New models are checked against the credential, which only the new key opens.
        self.run_verb("account", "change", "a", "--model", "claude-*", MOONGATE_MASTER_KEY=new)
        self.assertIn("another master key", self.refused("account", "change", "a", "--model", "x", MOONGATE_MASTER_KEY=old))


class Prices(CommandLineCase):
    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.remove)

    def test_the_table_of_the_program_is_in_order(self):
        self.assertIn("rows, in order", self.told("price", "check"))

    def test_a_broken_file_is_told_line_by_line(self):
        path = self.gateway.directory / "prices.json"
        path.write_text('{"prices":[{"provider":"anthropic"}]}')
        result = self.run_verb("price", "check", str(path), expect=1)
        self.assertIn("prices.json:1:", result.stdout)
        self.assertIn("/no/such", self.run_verb("price", "check", "/no/such.json", expect=1).stdout)

