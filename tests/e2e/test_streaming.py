"""Streams: every piece at once, byte for byte; who leaves, who breaks, who is silent."""

import contextlib
import json
import threading
import time

from deadline import SLOWER, wait_until
from fixture import ASK_STREAM, KEY, UpstreamCase, at_once
from gateway import CLIENT_TOKEN
from upstream import message_events
from wire import Closed, Connection, event_data, post

GOOGLE_KEY = {"x-goog-api-key": CLIENT_TOKEN, "content-type": "application/json"}
GEMINI_ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'
# From the client's leaving to the upstream's noticing.
CANCEL = 0.1 * SLOWER


class Streams(UpstreamCase):
    def stream(self, script, body=ASK_STREAM, path="/v1/messages", headers=KEY, **more):
        """A connection whose answer's head (200) has been read."""
        self.upstream.script = script
        connection = self.connect(**more).send(post(path, body, headers))
        status, _, found = connection.head()
        self.assertEqual(status, 200)
        self.headers = {name.lower(): value for name, value in found}
        return connection

    def read_all(self, connection):
        """(events, whether the stream ended with its last chunk)"""
        events = []
        try:
            for event in connection.events():
                events.append(event)
        except Closed:
            return events, False
        return events, True

    def raw_body(self, connection):
        return b"".join(connection.chunks())

    def play(self, pieces):
        """A script that sends these pieces, each its own chunk, and ends cleanly."""
        def script(peer):
            peer.stream_head()
            for piece in pieces:
                peer.chunk(piece)
            return peer.last_chunk()
        return script

    def test_an_event_is_on_the_clients_wire_before_the_next_one_exists(self):
        seen = threading.Event()

        def script(peer):
            peer.stream_head()
            for event in message_events(["one", "two", "three", "four"]):
                peer.chunk(event)
                # Were anything held back for the next event, or for a timer, this would wait in vain.
                if not seen.wait(10 * SLOWER):
                    raise AssertionError("the client did not get " + event)
                seen.clear()
            return peer.last_chunk()

        connection = self.stream(script)
        events = []
        for event in connection.events():
            events.append(event)
            seen.set()
        self.assertEqual(len(events), 9)

    def test_no_timer_delays_an_event(self):
        """Round trips through the gateway, one after the other: a 10 ms flush timer would show at once."""
        seen = threading.Event()
        count = 200

        def script(peer):
            peer.stream_head()
            for event in message_events(["tick"] * count):
                peer.chunk(event)
                seen.wait(10 * SLOWER)
                seen.clear()
            return peer.last_chunk()

        connection = self.stream(script)
        begun = time.monotonic()
        for _ in connection.events():
            seen.set()
        self.assertLess((time.monotonic() - begun) / (count + 5), 0.005 * SLOWER, "seconds for each event")

    def test_the_first_event_comes_in_one_write_with_the_head_or_right_after_it(self):
        held = threading.Event()

        def script(peer):
            peer.stream_head()
            held.wait(10 * SLOWER)
            for event in message_events(["x"]):
                peer.chunk(event)
            return peer.last_chunk()

        connection = self.stream(script)  # the head came although no event has
        held.set()
        self.assertEqual(self.read_all(connection)[1], True)

    def test_events_split_anywhere_arrive_byte_for_byte(self):
        whole = "".join(message_events(["höhö 😀 ", "日本語", "\u2028"])).encode()
        for size in (1, 2, 3, 7):
            with self.subTest(size=size):
                pieces = [whole[at:at + size] for at in range(0, len(whole), size)]
                self.assertEqual(self.raw_body(self.stream(self.play(pieces))), whole)

    def test_carriage_returns_comments_pings_and_unknown_events_pass(self):
        parts = list(message_events(["x"]))
        whole = (": hello\r\n\r\n" + parts[0].replace("\n", "\r\n") + "event: ping\ndata: {\"type\": \"ping\"}\n\n" +
                 "event: from_the_future\ndata: {\"type\":\"from_the_future\",\"a\":1}\nid: 7\nretry: 10\n\n" +
                 ":\n\n" + "".join(parts[1:]).replace("\n", "\r\n")).encode()
        self.assertEqual(self.raw_body(self.stream(self.play([whole[:50], whole[50:]]))), whole)

    def test_an_event_of_one_megabyte_passes(self):
        whole = "".join(message_events(["m" * (1 << 20)])).encode()
        self.assertEqual(self.raw_body(self.stream(self.play([whole]))), whole)

    def test_ten_thousand_events_pass_in_order(self):
        whole = "".join(message_events([f"{number} " for number in range(10_000)], usage_out=10_000))
        connection = self.stream(self.play([whole[at:at + 16_000] for at in range(0, len(whole), 16_000)]))
        self.assertEqual(self.raw_body(connection).decode(), whole)

    def test_a_gemini_stream_of_server_sent_events_passes(self):
        chunks = [json.dumps({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}} |
                              ({"finishReason": "STOP"} if text == "b" else {})],
                              "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": number + 1,
                                                "totalTokenCount": number + 3}})
                  for number, text in enumerate("ab")]
        whole = "".join(f"data: {chunk}\r\n\r\n" for chunk in chunks).encode()
        connection = self.stream(self.play([whole[:33], whole[33:]]), GEMINI_ASK,
                                 "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", GOOGLE_KEY)
        self.assertEqual(self.raw_body(connection), whole)

    def test_a_gemini_stream_as_a_json_array_passes_piece_by_piece(self):
        seen = threading.Event()
        pieces = ['[{\n  "candidates": [{"content": {"parts": [{"text": "a"}]}}]\n}\n', ',\r\n{\n  "candidates": ',
                  '[{"content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"}],\n "usageMetadata": '
                  '{"promptTokenCount": 2, "candidatesTokenCount": 4, "totalTokenCount": 6}}\n', "]\n"]

        def script(peer):
            peer.stream_head("application/json; charset=UTF-8")
            for piece in pieces:
                peer.chunk(piece)
                if not seen.wait(10 * SLOWER):
                    raise AssertionError("held back: " + piece)
                seen.clear()
            return peer.last_chunk()

        connection = self.stream(script, GEMINI_ASK, "/v1beta/models/gemini-2.5-pro:streamGenerateContent", GOOGLE_KEY)
        body = b""
        for chunk in connection.chunks():
            body += chunk
            seen.set()
        self.assertEqual(body.decode(), "".join(pieces))

    def test_a_client_that_leaves_cancels_the_upstream(self):
        for how in ("close", "reset"):
            for _ in range(3):
                noticed = []

                def script(peer):
                    peer.stream_head()
                    peer.chunk(next(message_events([])))
                    peer.wait_for_close()
                    noticed.append(time.monotonic())
                    return False

                connection = self.stream(script)
                next(connection.events())
                left = time.monotonic()
                getattr(connection, how)()
                wait_until(lambda: noticed, "the upstream is cancelled", 5)
                if noticed[0] - left < CANCEL:
                    break
            self.assertLess(noticed[0] - left, CANCEL, how)

    def test_a_client_that_leaves_before_the_head_cancels_the_upstream(self):
        noticed = []

        def script(peer):
            peer.read_body()
            peer.wait_for_close()
            noticed.append(time.monotonic())
            return False

        self.upstream.script = script
        connection = self.ask(ASK_STREAM)
        self.upstream.next_request()
        connection.close()
        wait_until(lambda: noticed, "the upstream is cancelled", 5)
        self.still_serves()

    def broken(self, ending, events=3, **more):
        """(events received, clean) of a stream that ends that way after some events."""
        def script(peer):
            peer.stream_head()
            for event in list(message_events(["one", "two"]))[:events]:
                peer.chunk(event)
            ending(peer)
            return False

        result = self.read_all(self.stream(script, **more))
        self.still_serves()
        return result

    def never_clean(self, events, clean, least=3):
        self.assertFalse(clean and not (events and events[-1].startswith("event: error")), events[-1:])
        self.assertGreaterEqual(len(events), least, "what had come is passed on")
        if events and events[-1].startswith("event: error"):
            self.assertEqual(event_data(events[-1])["type"], "error")

    def test_a_reset_upstream_never_looks_like_a_clean_end(self):
        self.never_clean(*self.broken(lambda peer: peer.reset()))

    def test_a_closed_upstream_never_looks_like_a_clean_end(self):
        self.never_clean(*self.broken(lambda peer: peer.socket.close()))

    def test_a_stream_without_its_final_event_never_looks_like_a_clean_end(self):
        self.never_clean(*self.broken(lambda peer: peer.last_chunk()))

    def test_a_bad_chunk_of_the_upstream_never_looks_like_a_clean_end(self):
        # Bytes before the bad chunk that arrive together with it may go the way of the chunk.
        self.never_clean(*self.broken(lambda peer: peer.send("zz\r\nhello\r\n")), least=0)

    def test_half_an_event_then_a_break(self):
        def half(peer):
            peer.chunk("event: content_block_delta\ndata: {\"type\":\"content_bl")
            peer.reset()

        events, clean = self.broken(half)
        self.assertFalse(clean and not events[-1].startswith("event: error"), events[-1:])

    def test_a_broken_gemini_stream_ends_with_its_own_error_or_a_reset(self):
        def script(peer):
            peer.stream_head()
            peer.chunk('data: {"candidates": [{"content": {"parts": [{"text": "a"}]}}]}\r\n\r\n')
            peer.reset()
            return False

        events, clean = self.read_all(self.stream(
            script, GEMINI_ASK, "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", GOOGLE_KEY))
        if clean:
            self.assertIn("error", event_data(events[-1]), events)

    def test_a_broken_json_array_is_not_closed_as_if_it_were_whole(self):
        def script(peer):
            peer.stream_head("application/json")
            peer.chunk('[{"candidates": [{"content": {"parts": [{"text": "a"}]}}]}')
            peer.reset()
            return False

        connection = self.stream(script, GEMINI_ASK, "/v1beta/models/gemini-2.5-pro:streamGenerateContent", GOOGLE_KEY)
        body, clean = b"", True
        try:
            for chunk in connection.chunks():
                body += chunk
        except Closed:
            clean = False
        if clean:
            self.assertIn("error", json.loads(body)[-1])

    def test_errors_before_the_first_byte_keep_their_status_and_headers(self):
        error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
        self.upstream.script = lambda peer: peer.reply(error, "529 Overloaded", [
            ("retry-after", "7"), ("retry-after-ms", "7000"), ("x-should-retry", "true"), ("request-id", "req_1"),
            ("anthropic-ratelimit-requests-remaining", "0")])
        answer = self.ask(ASK_STREAM).answer()
        self.assertEqual((answer.status, answer.text), (529, error))
        self.assertEqual([answer.header(name) for name in (
            "retry-after", "retry-after-ms", "x-should-retry", "anthropic-ratelimit-requests-remaining")],
            ["7", "7000", "true", "0"])

    def test_a_hundred_streams_at_once_do_not_mix(self):
        def script(peer):
            name = json.loads(peer.read_body())["messages"][0]["content"]
            peer.stream_head()
            for event in message_events([f"{name} " for _ in range(50)]):
                peer.chunk(event)
            return peer.last_chunk()

        self.upstream.script = script

        def call(number):
            with Connection(self.gateway.ports["http"], seconds=40) as connection:
                connection.send(post("/v1/messages", ASK_STREAM.replace('"hi"', f'"caller{number}"'), KEY)).head()
                texts = [event_data(event)["delta"]["text"] for event in connection.events()
                         if '"text_delta"' in event]
                self.assertEqual(texts, [f"caller{number} "] * 50)

        at_once(100, call)

    def test_a_stream_over_tls_is_the_same(self):
        whole = "".join(message_events(["a", "b"])).encode()
        connection = self.stream(self.play([whole[:99], whole[99:]]), face="https", tls=self.gateway.certificate)
        self.assertEqual(self.raw_body(connection), whole)


class KeepAlive(UpstreamCase):
    settings = {"stream.keepalive_ms": 50}

    def listen(self, connection):
        """What comes within some keep-alive intervals, unparsed, stays in connection.left."""
        connection.socket.settimeout(0.4)
        with contextlib.suppress(TimeoutError):
            while connection.more():
                pass
        connection.socket.settimeout(20 * SLOWER)
        return connection.left

    def test_a_comment_fills_the_silence_between_events_and_never_within_one(self):
        go = [threading.Event(), threading.Event()]
        parts = list(message_events(["x"]))

        def script(peer):
            peer.stream_head()
            peer.chunk(parts[0] + parts[1][:20])
            go[0].wait(10 * SLOWER)
            peer.chunk(parts[1][20:])
            go[1].wait(10 * SLOWER)
            peer.chunk("".join(parts[2:]))
            return peer.last_chunk()

        self.upstream.script = script
        connection = self.ask(ASK_STREAM)
        connection.head()
        self.assertNotIn(b"\n:", self.listen(connection), "a comment in the middle of an event")
        go[0].set()
        self.assertIn(b"\n:", self.listen(connection))
        go[1].set()
        received = b"".join(connection.chunks()).decode()
        events = [part for part in received.split("\n\n") if not part.startswith(":")]
        self.assertEqual("\n\n".join(events), "".join(parts))

    def test_a_json_array_gets_no_comment(self):
        go = threading.Event()

        def script(peer):
            peer.stream_head("application/json")
            peer.chunk('[{"candidates":[{"finishReason":"STOP"}]}')
            go.wait(10 * SLOWER)
            peer.chunk("]")
            return peer.last_chunk()

        self.upstream.script = script
        connection = self.connect()
        connection.send(post("/v1beta/models/gemini-2.5-pro:streamGenerateContent", GEMINI_ASK, GOOGLE_KEY)).head()
        self.assertNotIn(b"\n:", self.listen(connection), "something was said into the silence")
        go.set()
        json.loads(b"".join(connection.chunks()))
