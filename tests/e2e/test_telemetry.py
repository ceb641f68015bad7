"""What clients report of themselves, handed on to a receiver: without any credential, and never at the client's cost."""

import threading
import unittest

from deadline import SLOWER, wait_until
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import Upstream

SECRETS = {"x-api-key": CLIENT_TOKEN, "Authorization": "Bearer " + CLIENT_TOKEN, "x-goog-api-key": CLIENT_TOKEN,
           "x-auth-token": CLIENT_TOKEN, "Cookie": "session=" + CLIENT_TOKEN, "Proxy-Authorization": "Basic " + CLIENT_TOKEN,
           "X-Forwarded-For": "10.1.2.3", "statsig-api-key": CLIENT_TOKEN}


class Forwarding(GatewayCase):
    @classmethod
    def make_gateway(cls):
        cls.receiver = Upstream(lambda peer: peer.reply("{}"))
        cls.receiver.__enter__()
        return Gateway(clients=[simple_client()], workers=1,
                       settings={"telemetry.mode": "forward", "telemetry.statsig_url": cls.receiver.url + "/statsig-in",
                                 "telemetry.sentry_url": cls.receiver.url + "/sentry-in"})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.receiver.close()

    def setUp(self):
        super().setUp()
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.receiver.script = lambda peer: peer.reply("{}")
        while not self.receiver.requests.empty():
            self.receiver.requests.get_nowait()

    def received(self, *targets):
        """The next report with one of these targets; what an earlier case has sent may still be coming."""
        while (request := self.receiver.next_request()).target not in targets:
            pass
        return request

    def held(self, peer):
        """Takes the report and says nothing until the test is over."""
        peer.read_body()
        self.release.wait(30 * SLOWER)

    def report(self, path, body='{"event":"x"}', method="POST", **headers):
        return self.gateway.exchange("http", method, path, body, {"Content-Type": "application/json"} | headers).status

    def test_a_report_arrives_whole_and_without_a_credential(self):
        self.receiver.script = lambda peer: peer.read_body() is not None and peer.reply("{}")
        for path, wanted in (("/api/statsig/v1/rgstr?st=1&key=" + CLIENT_TOKEN, "/statsig-in/v1/rgstr?st=1"),
                             ("/api/event_logging/v2/batch", "/statsig-in/event_logging/v2/batch"),
                             ("/api/sentry/4/envelope/", "/sentry-in/4/envelope/")):
            self.assertEqual(self.report(path, **SECRETS), 204)
            request = self.received(wanted)
            self.assertEqual(request.method, "POST")
            wait_until(lambda seen=request: seen.body, "the body has come")
            self.assertEqual(request.body, b'{"event":"x"}')
            self.assertNotIn(CLIENT_TOKEN, request.raw.decode("latin-1"))
            names = {name.lower() for name, _ in request.headers}
            self.assertLessEqual(names, {"host", "content-type", "content-length", "user-agent", "accept", "accept-encoding",
                                         "connection"})

    def test_a_receiver_that_fails_or_is_silent_is_no_matter_to_the_client(self):
        for script in (lambda peer: peer.reply("no", "500 Internal Server Error"), lambda peer: peer.reset(), self.held):
            self.receiver.script = script
            self.assertEqual(self.report("/api/sentry/x"), 204)
            self.receiver.next_request()
        self.assertEqual(self.gateway.messages().status, 200)

    def test_what_is_too_large_is_dropped_and_many_are_bounded(self):
        self.assertEqual(self.report("/api/sentry/large", "x" * (1 << 20) + "x"), 204)
        self.assertEqual(self.report("/api/sentry/head", None, "HEAD"), 204)
        self.receiver.script = self.held
        wait_until(lambda: self.report("/api/sentry/many") == 204 and self.receiver.requests.qsize() >= 16,
                   "as many as may be under way at once have come")
        for _ in range(20):
            self.assertEqual(self.report("/api/sentry/many"), 204)
        self.release.set()
        seen = {self.received("/sentry-in/many", "/sentry-in/large", "/sentry-in/head").target for _ in range(16)}
        self.assertEqual(seen, {"/sentry-in/many"})
        # Those that are answered make room.
        self.receiver.script = lambda peer: peer.reply("{}")
        while not self.receiver.requests.empty():
            self.receiver.requests.get_nowait()
        wait_until(lambda: self.report("/api/sentry/again") == 204 and self.receiver.requests.qsize() > 0, "there is room again")


class Away(unittest.TestCase):
    def test_a_receiver_that_nobody_serves(self):
        with Gateway(settings={"telemetry.mode": "forward", "telemetry.sentry_url": "http://127.0.0.1:1"}) as gateway:
            for path in ("/api/sentry/x", "/api/statsig/x"):
                self.assertEqual(gateway.exchange("http", "POST", path, "{}").status, 204)


if __name__ == "__main__":
    unittest.main()
