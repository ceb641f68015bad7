"""Every limit of conf/moongate.yaml, with a small value."""

import json

from deadline import wait_until
from fixture import ASK, KEY, UpstreamCase
from gateway import CLIENT_TOKEN
from upstream import message_events
from wire import Connection, get, post


class Limits(UpstreamCase):
    settings = {"limits.head_bytes": 8192, "limits.header_count": 40, "limits.held_body_bytes": 65536,
                "limits.body_bytes": 1 << 20}

    def refused(self, request, status, kind=None):
        connection = self.connect()
        connection.send_as_far_as_possible(request)
        answer = connection.answer()
        self.assertEqual(answer.status, status, answer)
        self.assertTrue(connection.is_closed())
        self.upstream_saw_nothing()
        if kind:
            self.assertEqual(answer.json["error"]["type"], kind)
        self.still_serves()

    def test_a_head_that_is_too_large(self):
        self.refused(post("/v1/messages", ASK, KEY | {"X-Large": "x" * 9000}), 431)

    def test_a_head_that_never_ends_is_cut_off(self):
        connection = self.connect()
        connection.send("POST /v1/messages HTTP/1.1\r\nHost: a\r\n")
        for _ in range(2000):
            if not connection.send_as_far_as_possible("X-More: " + "y" * 1000 + "\r\n"):
                break
        received = connection.rest()
        self.assertTrue(received == b"" or b" 431 " in received.split(b"\r\n")[0], received[:200])
        self.still_serves()

    def test_a_target_that_is_too_long(self):
        self.refused(get("/v1/models?x=" + "a" * 9000, KEY), 431)

    def test_too_many_headers(self):
        self.refused(post("/v1/messages", ASK, KEY | {f"X-{number}": "1" for number in range(60)}), 431)

    def test_as_many_headers_as_allowed(self):
        answer = self.ask(headers={f"X-{number}": "1" for number in range(30)}).answer()
        self.assertEqual(answer.status, 200)

    def test_a_length_over_the_limit_is_refused_before_the_body(self):
        self.refused("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n"
                     f"x-api-key: {CLIENT_TOKEN}\r\n\r\n", 413, "request_too_large")

    def test_a_hundred_megabytes_that_are_sent_all_the_same(self):
        connection = self.connect()
        head = (f"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {100 << 20}\r\n"
                f"x-api-key: {CLIENT_TOKEN}\r\n\r\n")
        connection.send(head)
        piece = b"x" * (1 << 20)
        for _ in range(100):
            if not connection.send_as_far_as_possible(piece):
                break
        received = connection.rest()
        self.assertTrue(received == b"" or b" 413 " in received.split(b"\r\n")[0], received[:200])
        self.still_serves()

    def test_chunks_over_the_limit_are_refused(self):
        connection = self.connect()
        connection.send("POST /v1/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        f"x-api-key: {CLIENT_TOKEN}\r\n\r\n")
        start = b'{"max_tokens":1,"x":"'
        connection.send(b"%x\r\n%s\r\n" % (len(start), start))
        piece = b"10000\r\n" + b"y" * 65536 + b"\r\n"
        for _ in range(40):
            if not connection.send_as_far_as_possible(piece):
                break
        received = connection.rest()
        self.assertTrue(received == b"" or b" 413 " in received.split(b"\r\n")[0], received[:200])
        self.upstream_saw_nothing()
        self.still_serves()

    def test_a_body_larger_than_what_may_be_held_streams_when_its_model_comes_first(self):
        body = ASK.replace("hi", "x" * 300_000)
        answer = self.ask(body).answer()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.upstream.next_request().body.decode(), body)

    def test_a_model_beyond_what_may_be_held_is_refused(self):
        self.refused(post("/v1/messages", '{"messages":["' + "x" * 300_000 + '"],"model":"claude-sonnet-4-5"}', KEY),
                     413, "request_too_large")

    def test_a_model_within_what_may_be_held_may_come_last(self):
        body = '{"messages":["' + "x" * 30_000 + '"],"model":"claude-sonnet-4-5","max_tokens":1}'
        self.assertEqual(self.ask(body).answer().status, 200)
        self.assertEqual(self.upstream.next_request().body.decode(), body)


class ConnectionLimit(UpstreamCase):
    settings = {"limits.connections": 10}
    workers = 1

    def test_connections_beyond_the_limit_are_turned_away_and_places_come_free(self):
        held = [self.connect() for _ in range(10)]
        for connection in held:
            connection.send(get("/health"))
            self.assertEqual(connection.answer().status, 200)
        extra = self.connect()
        extra.send_as_far_as_possible(post("/v1/messages", ASK, KEY))
        received = extra.rest()
        self.assertTrue(received == b"" or b" 503 " in received.split(b"\r\n")[0], received[:200])
        for connection in held:
            connection.close()

        def served():
            with Connection(self.gateway.ports["http"]) as connection:
                connection.send_as_far_as_possible(get("/health"))
                return b" 200 " in connection.until(b"\r\n") if connection.more() else False

        wait_until(served, "a place comes free")


class SlowReader(UpstreamCase):
    settings = {"timeouts.write_ms": 120_000}

    def test_a_slow_reader_gets_back_pressure_and_no_memory(self):
        piece = "x" * 65536
        sent = []

        def flood(peer):
            peer.stream_head()
            for event in message_events([piece] * 1600):
                peer.chunk(event)
                sent.append(len(event))
            return peer.last_chunk()

        self.upstream.script = flood
        before = self.gateway.memory_kb()
        body = json.loads(ASK) | {"stream": True}
        connection = self.ask(json.dumps(body), receive_buffer=4096, seconds=60)
        self.assertEqual(connection.head()[0], 200)
        # The upstream comes to a stand: what it has sent stays the same while the client reads nothing.
        stands = []

        def stand():
            stands.append(sum(sent))
            return len(stands) > 60 and stands[-1] == stands[-50]

        wait_until(stand, "the upstream is held back", 20)
        self.assertLess(sum(sent), 60 << 20)
        self.assertLess(self.gateway.memory_kb() - before, 16 << 10, "memory grew by the unread answer")
        events = list(connection.events())
        self.assertEqual(len(events), 1600 + 5)
        self.assertIn("message_stop", events[-1])
