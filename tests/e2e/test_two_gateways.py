"""Two gateways, one MariaDB and one Redis behind them: they behave as one, whatever breaks."""

import base64
import os
import threading
import time
import unittest

from deadline import SLOWER, wait_until
from fixture import at_once
from gateway import Gateway, simple_client
from money import Admin, answer_with
from servers import MariaDb, Redis
from upstream import MESSAGE, Upstream, anthropic_account


class Pair(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.closing = []
        try:
            cls.make_all()
        except BaseException:
            cls.close_all()
            raise

    @classmethod
    def make_all(cls):
        cls.database = MariaDb()
        cls.closing.append(cls.database.close)
        cls.database.start()
        cls.redis = Redis(password="secret-of-redis")
        cls.closing.append(cls.redis.close)
        cls.redis.start()
        cls.upstream = Upstream(lambda peer: peer.reply(MESSAGE)).__enter__()
        cls.closing.append(cls.upstream.close)
        master_key = base64.b64encode(os.urandom(32)).decode()
        files, claude = anthropic_account(cls.upstream)
        cls.gateways = []
        for number in range(2):
            gateway = Gateway(clients=[simple_client()], claude=claude, credentials=files,
                              settings={"simulator.mode": "off", "store.url": cls.database.url,
                                        "store.auto_migrate": "true", "cache.url": cls.redis.url},
                              environment={"MOONGATE_MASTER_KEY": master_key})
            if cls.gateways:
                gateway._admin_token = cls.gateways[0].admin_token
            gateway.start()
            cls.gateways.append(gateway)
            cls.closing.append(gateway.stop)
        cls.admins = [Admin(gateway) for gateway in cls.gateways]

    @classmethod
    def close_all(cls):
        failures = []
        for close in reversed(cls.closing):
            try:
                close()
            except Exception as error:  # noqa: BLE001 - the others must end, too
                failures.append(error)
        if failures:
            raise failures[0]

    @classmethod
    def tearDownClass(cls):
        cls.close_all()

    def setUp(self):
        self.upstream.script = lambda peer: peer.reply(MESSAGE)

    def status(self, number, key):
        return self.gateways[number].messages(token=key).status


class TwoGateways(Pair):
    def test_a_key_made_on_one_works_on_the_other_and_is_refused_there_within_a_second(self):
        self.admins[0].user("ann")
        self.admins[0].client("ann", user="ann")
        key = self.admins[0].key("ann")
        self.assertEqual(self.status(1, key["key"]), 200)
        self.assertEqual(self.status(0, key["key"]), 200)
        self.admins[0].call("PATCH", f"keys/{key['id']}", {"enabled": False})
        disabled = time.monotonic()
        wait_until(lambda: self.status(1, key["key"]) == 401, "the other gateway refuses it")
        self.assertLess(time.monotonic() - disabled, 1.0 * SLOWER)
        self.assertEqual(self.status(0, key["key"]), 401)

    def test_a_key_that_the_other_has_just_refused_works_there_once_it_is_made(self):
        self.admins[0].user("eve")
        self.admins[0].client("eve", user="eve")
        made = self.admins[0].key("eve")
        self.admins[0].call("DELETE", f"keys/{made['id']}")
        wait_until(lambda: self.status(1, made["key"]) == 401, "it is gone")
        again = self.admins[1].key("eve")
        self.assertEqual([self.status(n, again["key"]) for n in (0, 1)], [200, 200])

    def test_limits_hold_in_sum(self):
        key = self.admins[0].ready_key("rush", {"limits": {"requests_per_minute": 50}})
        statuses = []
        at_once(200, lambda number: statuses.append(self.status(number % 2, key)))
        self.assertEqual((statuses.count(200), statuses.count(429)), (50, 150))

    def test_concurrent_requests_are_counted_in_sum(self):
        key = self.admins[0].ready_key("narrow", {"limits": {"concurrent": 10}})
        everybody = threading.Event()

        def script(peer):
            everybody.wait(30)
            return peer.reply(MESSAGE)

        self.upstream.script = script
        statuses = []

        def call(number):
            statuses.append(self.status(number % 2, key))
            if statuses.count(429) >= 30:
                everybody.set()

        at_once(40, call)
        self.assertEqual((statuses.count(200), statuses.count(429)), (10, 30))

    def test_money_is_taken_once_from_one_balance(self):
        key = self.admins[0].ready_key("payer")
        self.admins[0].top_up("payer", "100")
        self.upstream.script = lambda peer: peer.reply(answer_with(input_tokens=1000, output_tokens=100))
        at_once(20, lambda number: self.assertEqual(self.status(number % 2, key), 200))
        self.admins[1].ledger_of("payer", 20)
        # 1,000 at 3 and 100 at 15 dollars per million, twenty times.
        self.assertEqual(self.admins[1].balance("payer"), "99.91")


class Outages(Pair):
    """Under load, while things end around the pair."""

    def under_load(self, key, happens, callers=6):
        """Calls both gateways all the time while happens() runs; how many answers were 200, and the others' statuses."""
        good, bad = [], []
        stop = threading.Event()

        def call(number):
            while not stop.is_set():
                try:
                    status = self.status(number % 2, key)
                except OSError as error:
                    status = str(error)
                (good if status == 200 else bad).append(status)

        threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(good) > 50, "load", 20)
            happens()
            more = len(good) + 100
            wait_until(lambda: len(good) > more, "answers go on", 30)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        return len(good), bad

    def count_rows(self, client):
        return int(self.database.sql(f"SELECT COUNT(*) FROM usage_ledger WHERE client = '{client}'")[0][0])

    def test_redis_away_and_back_loses_nothing_and_every_request_is_answered(self):
        key = self.admins[0].ready_key("without-redis")

        def happens():
            self.redis.kill()
            self.redis.start()

        good, bad = self.under_load(key, happens)
        self.assertEqual(bad, [])
        wait_until(lambda: self.count_rows("without-redis") == good, f"{good} rows in the ledger", 20)

    def test_the_database_away_and_back_loses_nothing_and_every_request_is_answered(self):
        key = self.admins[0].ready_key("without-database")

        def happens():
            self.database.kill()
            wait_until(lambda: '"store":"away"' in self.gateways[0].control("GET", "/health/detailed").text,
                       "the gateway notices", 20)
            self.database.start()

        good, bad = self.under_load(key, happens)
        self.assertEqual(bad, [])
        wait_until(lambda: self.count_rows("without-database") == good, f"{good} rows in the ledger", 40)
        paid = self.database.sql("SELECT COUNT(*), COUNT(DISTINCT request_id) FROM usage_ledger")[0]
        self.assertEqual(paid[0], paid[1])

    def test_kill_9_of_a_gateway_loses_nothing(self):
        key = self.admins[0].ready_key("killed")

        def happens():
            self.gateways[1].process.kill()
            self.gateways[1].process.wait()

        good, bad = self.under_load(key, happens)
        self.gateways[1].start()
        # Requests that were under way in it may have been written down, too.
        rows = wait_until(lambda: (count := self.count_rows("killed")) >= good and count, "the rows", 20)
        self.assertLessEqual(rows, good + 6)
        self.assertTrue(all(isinstance(status, str) for status in bad), set(bad))


if __name__ == "__main__":
    unittest.main()
