"""Every timeout of conf/moongate.yaml, with a small value. What is asserted is who ends what, and how."""

import contextlib
import json
import socket
import time

from deadline import SLOWER, wait_until
from fixture import ASK, ASK_STREAM, KEY, UpstreamCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import MESSAGE, message_events
from wire import Closed, get, post

SHORT = 300
# A timeout may come late on a busy machine, never early.
LATE = 5.0 * SLOWER


class Timing(UpstreamCase):
    def between(self, begun, least_ms):
        took = time.monotonic() - begun
        self.assertGreater(took, least_ms / 1000 * 0.9, "too early")
        self.assertLess(took, least_ms / 1000 + LATE, "too late")


class ClientSide(Timing):
    settings = {"timeouts.head_ms": SHORT, "timeouts.idle_ms": SHORT, "timeouts.body_ms": SHORT,
                "timeouts.write_ms": SHORT}

    def test_a_connection_that_never_speaks_is_closed(self):
        begun = time.monotonic()
        self.assertTrue(self.connect().is_closed())
        self.assertLess(time.monotonic() - begun, LATE)

    def test_a_slow_head_is_cut_off_although_bytes_keep_coming(self):
        connection = self.connect()
        connection.send("POST /v1/messages HTTP/1.1\r\nHost: a\r\n")
        begun = time.monotonic()

        def drip():
            return not connection.send_as_far_as_possible("X: 1\r\n") or time.monotonic() - begun > 20

        wait_until(drip, "the gateway hangs up on a slow head", 30)
        self.between(begun, SHORT)
        received = connection.rest()
        self.assertTrue(received == b"" or b" 408 " in received.split(b"\r\n")[0], received[:200])
        self.still_serves()

    def test_a_kept_alive_connection_without_requests_is_closed(self):
        connection = self.connect().send(get("/health"))
        self.assertEqual(connection.answer().status, 200)
        begun = time.monotonic()
        self.assertTrue(connection.is_closed())
        self.between(begun, SHORT)
        self.assertEqual(connection.left, b"", "an idle connection closes without a word")

    def test_a_body_that_stops_coming_gets_408(self):
        self.whole = []

        def script(peer):
            peer.read_body()
            self.whole.append(1)
            return peer.reply(MESSAGE)

        self.upstream.script = script
        begun = time.monotonic()
        connection = self.connect().send(post("/v1/messages", ASK, KEY)[:-20])
        answer = connection.answer()
        self.between(begun, SHORT)
        self.assertEqual(answer.status, 408, answer)
        self.assertTrue(connection.is_closed())
        self.assertEqual(self.whole, [], "half a request was passed on as a whole one")

    def test_a_slow_body_that_keeps_coming_is_read(self):
        connection = self.connect()
        whole = post("/v1/messages", ASK, KEY)
        cut = len(whole) - len(ASK)
        connection.send(whole[:cut])
        sent = []

        def drip():
            connection.send(whole[cut + len(sent):cut + len(sent) + 1])
            sent.append(1)
            return len(sent) == len(ASK)

        wait_until(drip, "the body is sent", 20)
        self.assertEqual(connection.answer().status, 200)

    def test_a_client_that_reads_nothing_is_left(self):
        gone = []

        def flood(peer):
            peer.stream_head()
            try:
                for event in message_events(["x" * 65536] * 2000):
                    peer.chunk(event)
            except OSError:
                gone.append(time.monotonic())
                return False
            return peer.last_chunk()

        self.upstream.script = flood
        self.ask(ASK_STREAM, receive_buffer=4096)
        wait_until(lambda: gone, "the upstream is cancelled", 20)
        self.still_serves()


class UpstreamSide(Timing):
    settings = {"timeouts.first_byte_ms": SHORT, "timeouts.silence_ms": SHORT}

    def test_an_upstream_that_never_answers_gives_504(self):
        def never(peer):
            peer.read_body()
            peer.wait_for_close()
            return False

        self.upstream.script = never
        begun = time.monotonic()
        answer = self.ask().answer()
        self.between(begun, SHORT)
        self.assertEqual((answer.status, answer.json["error"]["type"]), (504, "timeout_error"), answer)
        answer = self.gateway.generate()
        self.assertEqual((answer.status, json.loads(answer.text)["error"]["status"]), (504, "DEADLINE_EXCEEDED"))
        self.still_serves()

    def test_silence_in_a_stream_ends_it_and_never_cleanly(self):
        def stall(peer):
            peer.stream_head()
            for event in list(message_events(["one", "two"]))[:3]:
                peer.chunk(event)
            peer.wait_for_close()
            return False

        self.upstream.script = stall
        connection = self.ask(ASK_STREAM)
        connection.head()
        begun = time.monotonic()
        events, clean = [], True
        try:
            for event in connection.events():
                events.append(event)
        except Closed:
            clean = False
        self.between(begun, SHORT)
        self.assertTrue(not clean or events[-1].startswith("event: error"), events[-1:])
        self.assertNotIn("message_stop", "".join(events))

    def test_silence_in_a_plain_answer_breaks_it(self):
        def stall(peer):
            peer.read_body()
            peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(MESSAGE)}\r\n\r\n{MESSAGE[:10]}")
            peer.wait_for_close()
            return False

        self.upstream.script = stall
        answer = self.ask().answer()
        self.assertFalse(answer.complete and answer.status == 200, answer)
        self.still_serves()


class Total(Timing):
    settings = {"timeouts.total_ms": 600, "timeouts.connect_ms": 200, "timeouts.first_byte_ms": 500}

    def test_a_stream_that_goes_on_for_ever_is_ended(self):
        def for_ever(peer):
            peer.stream_head()
            for event in list(message_events([]))[:2]:
                peer.chunk(event)

            def one_more():
                peer.chunk("event: ping\ndata: {\"type\": \"ping\"}\n\n")

            with contextlib.suppress(OSError):
                wait_until(one_more, "the gateway hangs up", 30)
            return False

        self.upstream.script = for_ever
        begun = time.monotonic()
        connection = self.ask(ASK_STREAM)
        connection.head()
        events, clean = [], True
        try:
            for event in connection.events():
                events.append(event)
        except Closed:
            clean = False
        self.between(begun, 600)
        self.assertTrue(not clean or events[-1].startswith("event: error"), events[-1:])


class Connecting(Timing):
    settings = {"timeouts.connect_ms": SHORT, "simulator.mode": "off"}

    @classmethod
    def make_gateway(cls):
        cls.full = socket.socket()
        cls.full.bind(("127.0.0.1", 0))
        cls.full.listen(0)
        # The kernel drops further SYNs once this queue is full: connecting hangs.
        cls.filling = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sock.connect(cls.full.getsockname())
            cls.filling.append(sock)
        nobody = socket.socket()
        nobody.bind(("127.0.0.1", 0))
        refusing = nobody.getsockname()[1]
        nobody.close()
        hanging = cls.full.getsockname()[1]
        key = {"type": "anthropic_api_key", "api_key": "sk-upstream-secret"}
        return Gateway(clients=[simple_client()], credentials={"a.json": key}, claude=[{"key_filename": "a.json", "models": [
            {"model": "claude-hangs", "domain": f"http://127.0.0.1:{hanging}"},
            {"model": "claude-refuses", "domain": f"http://127.0.0.1:{refusing}"},
            {"model": "claude-sonnet-4-5", "domain": cls.upstream.url},
            {"model": "claude-nowhere", "domain": "http://no-such-host.invalid:80"}]}], settings=cls.settings)

    @classmethod
    def tearDownClass(cls):
        for sock in cls.filling + [cls.full]:
            sock.close()
        super().tearDownClass()

    def test_a_connect_that_hangs_gives_504(self):
        begun = time.monotonic()
        answer = self.gateway.messages(model="claude-hangs")
        self.between(begun, SHORT)
        self.assertIn(answer.status, (502, 503, 504), answer.text)

    def test_a_connect_that_is_refused_gives_an_answer_at_once(self):
        answer = self.gateway.messages(model="claude-refuses")
        self.assertIn(answer.status, (502, 503), answer.text)
        self.assertEqual(json.loads(answer.text)["type"], "error")

    def test_a_host_that_does_not_resolve_gives_an_answer(self):
        answer = self.gateway.messages(model="claude-nowhere")
        self.assertIn(answer.status, (502, 503, 504), answer.text)
        self.still_serves()


class Resting(Timing):
    settings = {"upstream.idle_ms": SHORT}

    def test_upstream_connections_without_use_are_closed(self):
        ended = []

        def once(peer):
            peer.reply(MESSAGE)
            peer.wait_for_close()
            ended.append(1)
            return False

        self.upstream.script = once
        self.assertEqual(self.gateway.messages(token=CLIENT_TOKEN).status, 200)
        wait_until(lambda: ended, "the idle upstream connection is closed", 10)


class NeverTheSimulator(UpstreamCase):
    simulator = "auto"

    def test_a_live_provider_that_fails_is_never_answered_by_the_simulator(self):
        for ending in (lambda peer: peer.reset(), lambda peer: peer.socket.close(),
                       lambda peer: peer.reply("{}", "503 Service Unavailable")):
            self.upstream.script = ending
            answer = self.ask().answer()
            self.assertGreaterEqual(answer.status, 500, answer)
            self.assertNotIn("simulator", answer.text)
