"""Test cases with a gateway, and most with a scripted upstream behind it, started once for the class."""

import threading
import unittest

from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import MESSAGE, Upstream, anthropic_account, gemini_account
from wire import Connection, post

KEY = {"x-api-key": CLIENT_TOKEN, "content-type": "application/json"}
ASK = '{"model":"claude-sonnet-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}'
ASK_STREAM = ASK[:-1] + ',"stream":true}'


def at_once(count, call):
    """call(0) … call(count - 1), each on a thread of its own; raises what the first one that failed raised."""
    failures = []

    def guarded(number):
        try:
            call(number)
        except Exception as error:  # noqa: BLE001 - it is raised again below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError(f"{len(failures)} of {count} failed, the first one so: {failures[0]}") from failures[0]


class GatewayCase(unittest.TestCase):
    """`settings`, `policy`, `environment` and the like are class attributes of the cases below."""

    settings = {}
    policy = {}
    environment = {}
    workers = 2
    gateway = None

    @classmethod
    def make_gateway(cls):
        return Gateway(settings=cls.settings, policy=cls.policy, environment=cls.environment, workers=cls.workers)

    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.make_gateway()
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def connect(self, face="http", **more):
        connection = Connection(self.gateway.ports[face], **more)
        self.addCleanup(connection.close)
        return connection

    def still_serves(self):
        """The next caller gets an answer, whatever happened before."""
        self.assertEqual(self.gateway.messages("still there?").status, 200)


class UpstreamCase(GatewayCase):
    """Every Claude and Gemini model goes to self.upstream; a test sets its script."""

    upstream = None
    clients = None
    # Nothing but the upstream answers, unless a case asks for more.
    simulator = "off"

    @classmethod
    def make_gateway(cls):
        claude_files, claude = anthropic_account(cls.upstream)
        gemini_files, gemini = gemini_account(cls.upstream)
        return Gateway(clients=cls.clients or [simple_client()], claude=claude, gemini=gemini,
                       credentials=claude_files | gemini_files, policy=cls.policy,
                       settings={"simulator.mode": cls.simulator} | cls.settings,
                       environment=cls.environment, workers=cls.workers)

    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream(lambda peer: peer.reply(MESSAGE))
        cls.upstream.__enter__()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.upstream.close()

    def setUp(self):
        self.upstream.script = lambda peer: peer.reply(MESSAGE)
        self.upstream.failures.clear()
        while not self.upstream.requests.empty():
            self.upstream.requests.get_nowait()

    def tearDown(self):
        if self.upstream.failures:
            raise self.upstream.failures[0]

    def still_serves(self):
        self.upstream.script = lambda peer: peer.reply(MESSAGE)
        super().still_serves()

    def ask(self, body=ASK, path="/v1/messages", headers=None, **more):
        """One Claude call on a connection of its own, sent; the answer is the caller's to read."""
        return self.connect(**more).send(post(path, body, KEY | (headers or {})))

    def upstream_saw_nothing(self):
        self.assertTrue(self.upstream.requests.empty(), "something was forwarded")
