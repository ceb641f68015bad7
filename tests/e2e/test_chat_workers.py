"""Workers of this machine: a program that speaks streaming JSON answers conversations, in a folder of its own."""

import json
import os
import pathlib
import sys
import threading
import time
import unittest

from deadline import SLOWER, wait_until
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from money import Admin
from wire import event_data, post

WORKER = pathlib.Path(__file__).resolve().parent / "stream_json_worker.py"
KEY = {"x-api-key": CLIENT_TOKEN, "content-type": "application/json"}


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class WorkerCase(GatewayCase):
    worker = {}

    @classmethod
    def make_gateway(cls):
        settings = {"worker.command": f"{sys.executable} '{WORKER}' --model {{model}}", "worker.processes": 2,
                    "worker.environment": "TEST_WORD,NOT_SET"} | cls.worker
        return Gateway(clients=[simple_client(), simple_client("token-for-claude-alone-0123456789", models=["claude-*"])],
                       settings=settings, environment={"TEST_WORD": "word", "AWS_SECRET_ACCESS_KEY": "hidden"})

    @property
    def sign(self):
        """What a worker may wait for: a named pipe."""
        path = self.gateway.directory / "sign"
        if not path.exists():
            os.mkfifo(path)
        return path

    def give_sign(self):
        os.close(os.open(self.sign, os.O_WRONLY))

    def ask(self, message="hello", key=CLIENT_TOKEN, **more):
        return self.gateway.exchange("http", "POST", "/api/chat", {"message": message, "model": "cli-test"} | more,
                                     KEY | {"x-api-key": key})

    def said(self, message="hello", **more):
        answer = self.ask(message, **more)
        self.assertEqual(answer.status, 200, answer.text)
        return json.loads(answer.text)

    def open(self, message):
        connection = self.connect().send(post("/api/chat", {"message": message, "model": "cli-test", "stream": True}, KEY))
        self.assertEqual(connection.head()[0], 200)
        return connection

    def events(self, connection):
        for event in connection.events():
            names = [line[7:] for line in event.split("\n") if line.startswith("event: ")]
            if names:
                yield names[0], event_data(event)

    def health(self):
        return Admin(self.gateway).call("GET", "workers")

    def folders(self):
        return list((self.gateway.data / "run" / "workers").iterdir())

    def nothing_is_left(self):
        wait_until(lambda: self.health()["running"] == 0 and not self.folders(), "the workers' folders to go")


class Workers(WorkerCase):
    def test_a_worker_answers_with_what_was_said_before(self):
        first = self.said("I am Ada", system="Be kind.")
        self.assertEqual(first["usage"]["output_tokens"], 5)
        text = self.said("who am I?", session_id=first["session_id"])["message"]["content"]
        for part in ("Be kind.", "User: I am Ada", "Assistant: You said", "who am I?"):
            self.assertIn(part, text)
        self.nothing_is_left()

    def test_its_pieces_come_as_they_are_written(self):
        events = self.events(self.open(f"[[worker: wait for {self.sign}]]"))
        self.assertEqual([next(events)[0], next(events)], ["session", ("delta", {"text": "wait"})])
        self.give_sign()
        rest = list(events)
        self.assertEqual((rest[0], rest[-1][0]), (("delta", {"text": "ed"}), "done"))

    def test_it_inherits_nothing_but_what_the_settings_name(self):
        told = self.said("[[worker: surroundings]]")
        seen = json.loads(told["message"]["content"])
        self.assertEqual(seen["environment"], ["HOME", "LANG", "PATH", "TEST_WORD", "TMPDIR"])
        self.assertEqual((seen["mode"], seen["no_new_privs"], seen["leader"]), ("0o700", "1", True))
        self.assertEqual(seen["home"], seen["folder"])
        self.assertLessEqual(len(seen["files"]), 4)  # its standard three, and the look at them
        self.assertEqual(seen["words"], ["--model", "cli-test"])
        self.nothing_is_left()
        self.assertFalse(os.path.exists(seen["folder"]))
        self.assertNotIn("a secret that no log", self.gateway.error_log.read_text())

    def test_its_use_stands_in_the_ledger_with_the_cost_that_it_tells(self):
        request_id = self.said("[[worker: surroundings]]")["request_id"]
        row = wait_until(lambda: next((each for each in Admin(self.gateway).call("GET", "ledger?limit=1000")["rows"]
                                       if each["request_id"] == request_id), None), "the ledger's row")
        self.assertEqual((row["provider"], row["usage"]["input_tokens"], row["usage"]["cache_read_tokens"], row["cost"]),
                         ("worker", 11, 3, "0.0125"))

    def test_who_leaves_ends_the_worker_with_all_its_children(self):
        connection = self.open("[[worker: child]]")
        for name, data in self.events(connection):
            if name == "delta":
                pid = int(data["text"])
                break
        connection.close()
        wait_until(lambda: not is_alive(pid), "the worker's end")
        self.nothing_is_left()
        wait_until(lambda: not [each for each in pathlib.Path("/proc").iterdir() if each.name.isdigit() and
                                _group_of(each) == pid and is_alive(each.name)], "the end of its children")

    def test_a_key_that_may_not_use_the_model_is_refused(self):
        answer = self.ask(key="token-for-claude-alone-0123456789")
        self.assertEqual(answer.status, 403)

    def test_limits_count_a_workers_answers_too(self):
        key = Admin(self.gateway).ready_key("eve", {"limits": {"requests_per_minute": 1}})
        self.assertEqual([self.ask(key=key).status for _ in range(2)], [200, 429])

    def test_health_is_told_to_operators_and_in_the_metrics(self):
        self.said()
        health = self.health()
        self.assertGreaterEqual(health["done"], 1)
        self.assertEqual(health["processes"], 2)
        self.assertEqual(self.gateway.control("GET", "/api/admin/workers").status, 401)
        self.assertIn('moongate_worker_requests_total{result="done"}', self.gateway.control("GET", "/metrics").text)
        self.assertTrue(json.loads(self.gateway.exchange("http", "GET", "/api/tools", headers=KEY).text)["worker"]["enabled"])


def _group_of(process):
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[2])
    except OSError:
        return 0


class Failures(WorkerCase):
    worker = {"worker.processes": 1, "worker.queue": 1, "worker.timeout_ms": 1500}

    def setUp(self):
        wait_until(lambda: self.health()["paused_ms"] == 0, "the pool to go on")

    def test_a_worker_that_crashes_or_talks_nonsense_is_an_error_and_the_next_one_answers(self):
        for what in ("crash", "garbage", "error"):
            with self.subTest(what):
                answer = self.ask(f"[[worker: {what}]]")
                self.assertEqual((answer.status, json.loads(answer.text)["error"]["status"]), (502, "UNAVAILABLE"))
                self.assertEqual(self.health()["last_failure"]["reason"] != "", True)
        self.said("and now?")
        self.nothing_is_left()

    def test_a_crash_in_the_middle_leaves_a_partial_answer(self):
        events = list(self.events(self.open("[[worker: crash in the middle]]")))
        self.assertEqual([name for name, _ in events], ["session", "delta", "usage", "error"])
        session = json.loads(self.gateway.exchange("http", "GET", f"/api/sessions/{events[0][1]['session_id']}", headers=KEY).text)
        self.assertEqual((session["messages"][1]["text"], session["messages"][1]["state"]), ("half of it", "partial"))

    def test_a_worker_that_hangs_or_writes_without_end_is_ended(self):
        for what in ("hang", "huge line"):
            with self.subTest(what):
                began = time.monotonic()
                events = list(self.events(self.open(f"[[worker: {what}]]")))
                self.assertEqual(events[-1][0], "error")
                self.assertLess(time.monotonic() - began, 10 * SLOWER)
                self.nothing_is_left()
                self.setUp()

    def test_no_more_wait_than_may_and_each_has_its_turn(self):
        first = self.open(f"[[worker: wait for {self.sign}]]")
        codes = []
        waiting = threading.Thread(target=lambda: codes.append(self.ask("second").status))
        waiting.start()
        wait_until(lambda: self.health()["waiting"] == 1, "one to wait")
        answer = self.ask("third")
        self.assertEqual(answer.status, 503)
        self.assertIn("worker.queue", answer.text)
        self.give_sign()
        self.assertEqual(list(self.events(first))[-1][0], "done")
        waiting.join(20 * SLOWER)
        self.assertEqual(codes, [200])


if __name__ == "__main__":
    unittest.main()
