"""Databases and Redis that are not as they should be: one clear message, and nothing half done."""

import unittest

from deadline import wait_until
from gateway import Gateway
from servers import MariaDb, Redis


class WrongDatabase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDb().start()

    @classmethod
    def tearDownClass(cls):
        cls.database.close()

    def setUp(self):
        self.database.sql("DROP DATABASE moongate; CREATE DATABASE moongate CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
                          database="")

    def refused(self, url, *parts, **settings):
        gateway = Gateway(settings={"store.url": url} | settings)
        self.addCleanup(gateway.remove)
        result = gateway.run()
        said = result.stdout + result.stderr + gateway.said()
        self.assertNotEqual(result.returncode, 0, said)
        for part in parts:
            self.assertIn(part, said)
        self.assertNotIn(MariaDb.PASSWORD, said)
        self.assertNotIn("not-the-password", said)
        return said

    def test_a_url_that_is_none(self):
        self.refused("mysql://", "store.url")
        self.refused("mysql://moongate:not-the-password@/", "mysql")
        self.refused("postgres://x:not-the-password@y/z", "store.url")

    def test_a_wrong_password(self):
        self.refused(self.database.url.replace(MariaDb.PASSWORD, "not-the-password"), "password")

    def test_a_database_that_does_not_exist(self):
        self.refused(self.database.url.replace("/moongate", "/nowhere"), "nowhere")

    def test_a_server_that_is_away(self):
        self.refused(f"mysql://moongate:{MariaDb.PASSWORD}@127.0.0.1:1/moongate", "127.0.0.1:1")

    def test_a_database_without_migrations_names_the_command(self):
        self.refused(self.database.url, "moongate migrate up")

    def test_a_schema_that_is_newer_than_the_program(self):
        gateway = Gateway(settings={"store.url": self.database.url, "store.auto_migrate": "true"})
        with gateway:
            pass
        names = [row[0] for row in self.database.sql("SHOW TABLES")]
        self.assertIn("usage_ledger", names)
        columns = [row[0] for row in self.database.sql("SHOW COLUMNS FROM schema_migrations")]
        newest = self.database.sql("SELECT * FROM schema_migrations ORDER BY version DESC LIMIT 1")[0]
        values = ", ".join("'99'" if column == "version" else "'" + value.replace("'", "''") + "'"
                           for column, value in zip(columns, newest))
        self.database.sql(f"INSERT INTO schema_migrations ({', '.join(columns)}) VALUES ({values})")
        self.refused(self.database.url, "newer", **{"store.auto_migrate": "true"})


class WrongRedis(unittest.TestCase):
    def test_a_wrong_password_is_told_and_requests_go_on(self):
        redis = Redis(password="the-password").start()
        self.addCleanup(redis.close)
        url = redis.url.replace("the-password", "not-the-password")
        with Gateway(settings={"cache.url": url}) as gateway:
            self.assertEqual(gateway.messages().status, 200)
            said = wait_until(lambda: "WRONGPASS" in gateway.said() and gateway.said(), "the log names the reason")
            self.assertNotIn("not-the-password", said)


class PriceFile(unittest.TestCase):
    def test_rows_that_overlap_are_an_error_at_the_start_and_keep_the_old_table_later(self):
        row = ('{"id":"%s","provider":"*","model":"claude-*","input":"1","output":"2","source":"a test",'
               '"date":"2026-10-07"}')
        good = f'{{"prices":[{row % "a"}]}}'
        overlapping = f'{{"prices":[{row % "a"},{row % "b"}]}}'
        gateway = Gateway()
        prices = gateway.directory / "prices.json"
        gateway.settings["billing.prices"] = prices
        prices.write_text(overlapping)
        result = gateway.run()
        said = result.stdout + result.stderr + gateway.said()
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("overlap", said)
        checked = gateway.run("check")
        self.assertEqual(checked.returncode, 1)
        self.assertIn("prices.json:1:", checked.stdout)
        prices.write_text(good)
        with gateway:
            prices.write_text(overlapping)
            wait_until(lambda: "the price table was not taken over" in gateway.said(), "the mistake is told")
            self.assertEqual(gateway.messages().status, 200)


if __name__ == "__main__":
    unittest.main()
