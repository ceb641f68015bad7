"""backup and restore: while the gateway is under load, into an empty place, from SQLite to MariaDB, and never by halves."""

import collections
import json
import os
import stat
import subprocess
import threading
import unittest

from deadline import SLOWER, wait_until
from gateway import BINARY, Gateway, clean_environment
from money import Admin
from servers import MariaDb

CREDENTIAL = "sk-canary-of-the-backup-51d2"


def run_verb(gateway, *words, expect=0, **environment):
    settings = [word for name, value in gateway.settings.items() for word in ("--set", f"{name}={value}")]
    result = subprocess.run([str(BINARY), *words, *settings], cwd=gateway.directory, text=True, capture_output=True,
                            timeout=60 * SLOWER, env=clean_environment(**(gateway.environment | environment)))
    if result.returncode != expect:
        raise AssertionError(f"{words}: {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stderr


def tables_of(file):
    """Table -> its rows, each column -> value."""
    tables, rows = {}, None
    for line in file.read_text().splitlines():
        part = json.loads(line)
        if isinstance(part, list):
            rows.append(dict(zip(columns, part)))
        elif "table" in part:
            columns, rows = part["columns"], tables.setdefault(part["table"], [])
    return tables


def usage_of(gateway):
    answer = Admin(gateway).call("GET", "usage?from=2020-01-01&to=2099-01-01&by=user,client,model")
    return sorted(json.dumps(row, sort_keys=True) for row in answer["rows"])


class BackupCase(unittest.TestCase):
    def new_gateway(self, **more):
        gateway = Gateway(**more)
        self.addCleanup(gateway.remove)
        return gateway

    def busy_gateway(self, **more):
        """One with a user, a key, money, and some requests in its ledger."""
        gateway = self.new_gateway(credentials={"claude.json": {"type": "anthropic_api_key", "api_key": CREDENTIAL}}, **more)
        gateway.start()
        admin = Admin(gateway)
        self.key = admin.ready_key("ann", opening="50")
        admin.call("POST", "upstream-accounts",
                   {"name": "sealed", "credential": {"type": "anthropic_api_key", "api_key": CREDENTIAL}, "enabled": False})
        for _ in range(5):
            self.assertEqual(gateway.messages(token=self.key).status, 200)
        admin.ledger_of("ann", 5)
        return gateway


class Backup(BackupCase):
    def test_under_load_it_holds_one_state_and_restores_to_the_same_sums(self):
        gateway = self.busy_gateway()
        stop = threading.Event()
        answers = collections.Counter()

        def load():
            while not stop.is_set():
                answers[gateway.messages(token=self.key).status] += 1

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        files = []
        try:
            for number in range(3):
                target = sum(answers.values()) + 20
                wait_until(lambda goal=target: sum(answers.values()) >= goal, "more requests", 20)
                files.append(gateway.directory / f"copy-{number}")
                run_verb(gateway, "backup", str(files[-1]))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(set(answers), {200})
        for file in files:
            tables = tables_of(file)
            rows = tables["usage_ledger"]
            self.assertEqual(len(rows), sum(row["requests"] for row in tables["usage_day"]))
            self.assertEqual(sum(row["billed_nano"] for row in rows), sum(row["billed_nano"] for row in tables["usage_hour"]))
            self.assertEqual(sum(row["amount_nano"] for row in tables["balance_postings"]), 0)
            held = {row["user_id"]: row["balance_nano"] for row in tables["balances"]}
            for user, balance in held.items():
                posted = sum(row["amount_nano"] for row in tables["balance_postings"] if row["account"] == "user:" + user)
                self.assertEqual(balance, posted)
        wait_until(lambda: sum(json.loads(row)["requests"] for row in usage_of(gateway)) == 5 + answers[200],
                   "every request is in the sums", 20)
        last = gateway.directory / "last"
        said = run_verb(gateway, "backup", str(last))
        self.assertIn("keep them apart", said)
        usage, balance = usage_of(gateway), Admin(gateway).balance("ann")
        gateway.stop(remove=False)

        other = self.new_gateway()
        (other.data / "secret").mkdir(parents=True)
        (other.data / "secret" / "master.key").write_text((gateway.data / "secret" / "master.key").read_text())
        run_verb(other, "restore", "--replace", str(last))
        other._admin_token = gateway.admin_token
        with other:
            self.assertEqual(usage_of(other), usage)
            self.assertEqual(Admin(other).balance("ann"), balance)
            self.assertEqual(other.messages(token=self.key).status, 200)
            self.assertEqual(len(Admin(other).call("GET", "upstream-accounts")["accounts"]), 1)

    def test_secrets_are_in_it_only_when_asked_for(self):
        gateway = self.busy_gateway()
        plain, whole = gateway.directory / "plain", gateway.directory / "whole"
        run_verb(gateway, "backup", str(plain))
        said = run_verb(gateway, "backup", str(whole), "--with-secrets")
        self.assertIn("whoever has the file has them", said)
        master = (gateway.data / "secret" / "master.key").read_text().strip()
        kinds = [json.loads(line).get("file") for line in whole.read_text().splitlines() if line.startswith('{"file"')]
        self.assertIn("master-key", kinds)
        self.assertIn("credential", kinds)
        kinds = {json.loads(line).get("file") for line in plain.read_text().splitlines() if line.startswith('{"file"')}
        self.assertEqual(kinds, {"map", "policy"})
        for secret in (master, CREDENTIAL, self.key, gateway.admin_token):
            self.assertNotIn(secret, plain.read_text())
        for file in (plain, whole):
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        gateway.stop(remove=False)

        # Elsewhere nothing would open what is sealed, until the key is there.
        other = self.new_gateway()
        other.write_map([])
        self.assertIn("no master key here", run_verb(other, "restore", str(plain), expect=1))
        self.assertFalse((other.data / "moongate.db").exists())
        refused = run_verb(other, "restore", str(whole), expect=1)
        self.assertIn("other files are there already", refused)
        self.assertIn("map-config.json", refused)
        run_verb(other, "restore", str(whole), "--replace")
        self.assertEqual((other.data / "secret" / "master.key").read_text().strip(), master)
        self.assertEqual(other.map_file.read_text(), gateway.map_file.read_text())
        self.assertIn(CREDENTIAL, (other.credentials / "claude.json").read_text())
        self.assertEqual([path for path in other.map_file.parent.iterdir() if path != other.map_file], [])

    def test_a_running_gateway_and_a_store_in_use_are_left_alone(self):
        gateway = self.busy_gateway()
        file = gateway.directory / "copy"
        run_verb(gateway, "backup", str(file))
        self.assertIn("a gateway serves", run_verb(gateway, "restore", "--replace", str(file), expect=1))
        # Another data_dir, the same database.
        other = self.new_gateway(settings={"store.url": f"sqlite:{gateway.data / 'moongate.db'}"})
        refused = run_verb(other, "restore", "--replace", "--store-only", "--without-master-key", str(file), expect=1)
        self.assertIn("the store is in use", refused)
        self.assertEqual(gateway.messages(token=self.key).status, 200)
        gateway.stop(remove=False)
        self.assertIn("not empty", run_verb(gateway, "restore", str(file), expect=1))
        run_verb(gateway, "restore", "--replace", str(file))

    def test_a_damaged_or_cut_file_changes_nothing(self):
        gateway = self.busy_gateway()
        file = gateway.directory / "copy"
        run_verb(gateway, "backup", str(file))
        gateway.stop(remove=False)
        whole = file.read_bytes()
        before = (gateway.data / "moongate.db").read_bytes()
        for damaged in (whole[:len(whole) // 2], whole.replace(b'"ann"', b'"eve"', 1), whole + b"{}\n", b""):
            file.write_bytes(damaged)
            self.assertIn("Nothing was changed", run_verb(gateway, "restore", "--replace", str(file), expect=1))
        self.assertEqual((gateway.data / "moongate.db").read_bytes(), before)

    def test_a_place_without_a_store_and_a_folder_that_is_not_there_are_named(self):
        gateway = self.new_gateway()
        self.assertIn("there is no", run_verb(gateway, "backup", "copy", expect=1))
        self.assertFalse((gateway.directory / "copy").exists())
        self.assertIn("cannot read", run_verb(gateway, "restore", "nowhere", expect=1))


class Moving(BackupCase):
    def test_from_sqlite_to_mariadb_and_back(self):
        database = MariaDb().start()
        self.addCleanup(database.close)
        gateway = self.busy_gateway()
        usage, balance = usage_of(gateway), Admin(gateway).balance("ann")
        file, back = gateway.directory / "copy", gateway.directory / "back"
        gateway.stop(remove=False)
        run_verb(gateway, "backup", str(file))
        sqlite_url = gateway.settings.get("store.url", "sqlite:moongate.db")
        gateway.settings["store.url"] = database.url
        run_verb(gateway, "restore", str(file))
        with_database = gateway.start()
        self.assertEqual(usage_of(with_database), usage)
        self.assertEqual(Admin(with_database).balance("ann"), balance)
        self.assertEqual(with_database.messages(token=self.key).status, 200)
        Admin(with_database).ledger_of("ann", 6)
        run_verb(gateway, "backup", str(back))
        usage = usage_of(with_database)
        gateway.stop(remove=False)
        gateway.settings["store.url"] = sqlite_url
        run_verb(gateway, "restore", "--replace", str(back))
        with gateway:
            self.assertEqual(usage_of(gateway), usage)


if __name__ == "__main__":
    unittest.main()
