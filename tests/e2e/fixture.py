"""Test cases with a gateway, and most with a scripted upstream behind it, started once for the class."""

import unittest

from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import MESSAGE, Upstream, anthropic_account, gemini_account
from wire import Connection, post

KEY = {"x-api-key": CLIENT_TOKEN, "content-type": "application/json"}
ASK = '{"model":"claude-sonnet-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}'
ASK_STREAM = ASK[:-1] + ',"stream":true}'


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

    @classmethod
    def make_gateway(cls):
        claude_files, claude = anthropic_account(cls.upstream)
        gemini_files, gemini = gemini_account(cls.upstream)
        return Gateway(clients=cls.clients or [simple_client()], claude=claude, gemini=gemini,
                       credentials=claude_files | gemini_files, settings=cls.settings, policy=cls.policy,
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
