"""Bodies both ways: framing, 100-continue, pipelining, uploads that meet an early answer, compression."""

import base64
import gzip
import json
import pathlib

from deadline import wait_until
from fixture import ASK, KEY, UpstreamCase, at_once
from upstream import MESSAGE
from wire import get, post

GEMINI = "/v1beta/models/gemini-2.5-pro:generateContent"
GOOGLE_KEY = {"x-goog-api-key": KEY["x-api-key"], "content-type": "application/json"}
MODEL_FIRST = '{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"user","content":"'


def long_ask(size):
    """A valid request of about `size` bytes with the model at its very beginning."""
    return MODEL_FIRST + "x" * (size - len(MODEL_FIRST) - 4) + '"}]}'


def chunked(path, chunks, headers):
    head = f"POST {path} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


class Uploads(UpstreamCase):
    def test_a_chunked_upload_arrives_whole(self):
        body = long_ask(300_000).encode()
        pieces = [body[at:at + 7001] for at in range(0, len(body), 7001)]
        answer = self.connect().send(chunked("/v1/messages", pieces, KEY)).answer()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.upstream.next_request().body, body)

    def test_an_upload_of_one_byte_chunks_arrives_whole(self):
        body = ASK.encode()
        answer = self.connect().send(chunked("/v1/messages", [body[at:at + 1] for at in range(len(body))], KEY)).answer()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.upstream.next_request().body, body)

    def test_a_head_that_comes_byte_by_byte_is_read(self):
        connection = self.connect()
        for byte in post("/v1/messages", ASK, KEY):
            connection.send(bytes([byte]))
        self.assertEqual(connection.answer().status, 200)

    def test_twenty_megabytes_arrive_whole_on_a_reused_upstream_connection(self):
        for _ in range(2):  # two workers
            self.assertEqual(self.ask().answer().status, 200)
            self.upstream.next_request()
        body = long_ask(20 << 20)
        answer = self.ask(body).answer()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(len(self.upstream.next_request().body), len(body))

    def test_an_empty_body_where_none_is_needed(self):
        self.upstream.script = lambda peer: peer.reply('{"data":[]}')
        answer = self.connect().send(get("/v1/models", KEY)).answer()
        self.assertEqual(answer.status, 200, answer)

    def test_expect_100_continue_is_answered_before_the_body(self):
        connection = self.connect()
        whole = post("/v1/messages", ASK, KEY | {"Expect": "100-continue"})
        head, body = whole.split(b"\r\n\r\n", 1)
        connection.send(head + b"\r\n\r\n")
        self.assertEqual(connection.head()[0], 100)
        self.assertEqual(connection.send(body).answer().status, 200)
        request = self.upstream.next_request()
        self.assertIsNone(request.header("expect"), "the gateway answers the expectation itself")

    def test_expect_100_continue_without_a_credential_gets_the_401_at_once(self):
        connection = self.connect()
        connection.send("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(connection.answer().status, 401)

    def test_an_unknown_expectation_is_refused(self):
        connection = self.connect().send(post("/v1/messages", ASK, KEY | {"Expect": "200-maybe"}))
        self.assertIn(connection.answer().status, (400, 417))

    def test_an_early_answer_during_an_upload_reaches_the_client(self):
        def refuse(peer):
            peer.send('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 14\r\nConnection: close\r\n'
                      'Content-Type: application/json\r\n\r\n{"early":"no"}')
            peer.wait_for_close()

        self.upstream.script = refuse
        connection = self.connect()
        body = long_ask(30 << 20).encode()
        head = (f"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n" +
                "".join(f"{name}: {value}\r\n" for name, value in KEY.items()) + "\r\n").encode()
        connection.send(head + body[:1 << 20])
        answer = connection.answer()
        self.assertEqual(answer.status, 413, answer)
        self.assertIn("early", answer.text)
        self.still_serves()

    def test_request_and_response_flow_at_once(self):
        def echo(peer):
            # It reads on until the connection ends: one that is kept would have its next request swallowed.
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                      "Connection: close\r\n\r\n")
            seen = bytes(peer.left)
            while b"second" not in seen:
                if b"first" in seen and b"answered" not in seen:
                    peer.chunk('{"got":"first"')
                    seen += b"answered"
                data = peer.socket.recv(65536)
                if not data:
                    return False
                seen += data
            peer.chunk(',"then":"second"}')
            peer.last_chunk()
            peer.wait_for_close()
            return False

        self.upstream.script = echo
        connection = self.connect()
        connection.send(f"POST {GEMINI} HTTP/1.1\r\nHost: a\r\nx-goog-api-key: {KEY['x-api-key']}\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n")
        connection.send(b"f\r\n{\"part\":\"first\"\r\n")
        self.assertEqual(connection.head()[0], 200)
        chunks = connection.chunks()
        self.assertIn(b"first", next(chunks))
        connection.send(b"11\r\n,\"next\":\"second\"}\r\n0\r\n\r\n")
        self.assertIn(b"second", b"".join(chunks))

    def test_a_body_that_ends_early_is_not_forwarded_as_whole(self):
        whole = []

        def script(peer):
            peer.read_body()
            whole.append(peer.request.raw)
            return peer.reply(MESSAGE)

        self.upstream.script = script
        connection = self.connect()
        connection.send(post("/v1/messages", ASK, KEY)[:-10])
        connection.finish_sending()
        answer_or_end = connection.rest()
        self.assertTrue(answer_or_end == b"" or b" 400 " in answer_or_end.split(b"\r\n")[0], answer_or_end[:200])
        self.assertEqual(whole, [])
        # Nor is the upstream's connection, where half a request lies, used for the next one.
        self.still_serves()


class KeepAlive(UpstreamCase):
    def test_requests_in_a_row_share_both_connections(self):
        before = self.upstream.connections
        connection = self.connect()
        for _ in range(20):
            self.assertEqual(connection.send(post("/v1/messages", ASK, KEY)).answer().status, 200)
        self.assertLessEqual(self.upstream.connections - before, 1)

    def test_pipelined_requests_are_answered_in_order(self):
        def echo(peer):
            body = peer.read_body()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return True

        self.upstream.script = echo
        connection = self.connect()
        bodies = [ASK.replace("hi", f"number {number}") for number in range(10)]
        connection.send(b"".join(post("/v1/messages", body, KEY) for body in bodies))
        for body in bodies:
            self.assertEqual(connection.answer().text, body)

    def test_connection_close_is_honoured(self):
        connection = self.connect().send(post("/v1/messages", ASK, KEY | {"Connection": "close"}))
        self.assertEqual(connection.answer().status, 200)
        self.assertTrue(connection.is_closed())

    def test_http_1_0_gets_an_answer_that_ends_with_the_connection(self):
        request = post("/v1/messages", ASK, KEY).replace(b"HTTP/1.1", b"HTTP/1.0")
        connection = self.connect().send(request)
        answer = connection.answer()
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.header("transfer-encoding"))
        self.assertTrue(connection.is_closed())

    def test_an_upstream_that_dropped_its_idle_connection_costs_nobody_an_error(self):
        def once(peer):
            peer.reply(MESSAGE)
            return False  # closes although it said keep-alive

        self.upstream.script = once
        connection = self.connect()
        for _ in range(5):
            self.assertEqual(connection.send(post("/v1/messages", ASK, KEY)).answer().status, 200)

    def test_an_answer_without_length_ends_with_the_upstreams_connection(self):
        def until_close(peer):
            peer.read_body()
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + MESSAGE)
            return False

        self.upstream.script = until_close
        answer = self.ask().answer()
        self.assertEqual((answer.status, answer.text, answer.complete), (200, MESSAGE, True))

    def test_interim_answers_of_the_upstream_do_not_confuse(self):
        def hints(peer):
            peer.read_body()
            peer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(MESSAGE)}\r\n\r\n{MESSAGE}")
            return True

        self.upstream.script = hints
        connection = self.ask()
        answer = connection.answer()
        while answer.status < 200:
            answer = connection.answer()
        self.assertEqual((answer.status, answer.text), (200, MESSAGE))

    def test_an_answer_that_breaks_off_is_not_passed_as_whole(self):
        def short(peer):
            peer.read_body()
            peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(MESSAGE)}\r\n\r\n{MESSAGE[:20]}")
            return False

        self.upstream.script = short
        answer = self.ask().answer()
        self.assertFalse(answer.status == 200 and answer.complete, answer)
        self.still_serves()

    def test_an_upstream_that_answers_nonsense_gives_502(self):
        for text in ("nonsense\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"):
            with self.subTest(text=text):
                def nonsense(peer, text=text):
                    peer.read_body()
                    peer.send(text)
                    return False

                self.upstream.script = nonsense
                answer = self.ask().answer()
                self.assertEqual((answer.status, answer.json["error"]["type"]), (502, "api_error"), answer)
        self.still_serves()

    def test_a_head_of_the_upstream_without_end_gives_502(self):
        def endless(peer):
            peer.read_body()
            peer.send("HTTP/1.1 200 OK\r\n")
            for _ in range(10_000):
                peer.send("X-More: " + "y" * 1000 + "\r\n")
            return False

        self.upstream.script = endless
        self.assertEqual(self.ask().answer().status, 502)
        self.still_serves()


class Compression(UpstreamCase):
    # MESSAGE by each coding; brotli and zstd made beforehand, since Python 3.11 speaks neither.
    CODED = json.loads((pathlib.Path(__file__).parent / "compressed.json").read_text())

    def passes(self, coding, data):
        self.upstream.script = lambda peer: peer.reply(data, headers=[("Content-Encoding", coding)])
        before = len(self.gateway.access_lines())
        answer = self.ask(headers={"Accept-Encoding": "gzip, br, zstd"}).answer()
        self.assertEqual((answer.status, answer.header("content-encoding")), (200, coding))
        self.assertEqual(answer.body, data, "compressed bytes pass untouched")
        # The line of the case before may come only now.
        line = wait_until(lambda: [each for each in self.gateway.access_lines()[before:] if each["bytes_out"] == len(data)],
                          "an access log line")[-1]
        self.assertEqual((line["input_tokens"], line["output_tokens"]), (3, 1), line)

    def test_gzip_passes_untouched_and_is_metered(self):
        self.passes("gzip", gzip.compress(MESSAGE.encode()))

    def test_brotli_passes_untouched_and_is_metered(self):
        self.passes("br", base64.b64decode(self.CODED["br"]))

    def test_zstd_passes_untouched_and_is_metered(self):
        self.passes("zstd", base64.b64decode(self.CODED["zstd"]))

    def test_what_we_cannot_decode_we_do_not_ask_for(self):
        self.ask(headers={"Accept-Encoding": "gzip, dcb, compress;q=0.5, br"}).answer()
        asked = self.upstream.next_request().header("accept-encoding") or ""
        self.assertNotIn("dcb", asked)
        self.assertNotIn("compress", asked)
        self.assertIn("gzip", asked)

    def test_a_client_that_asks_for_nothing_gets_nothing_compressed(self):
        self.ask().answer()
        self.assertIn(self.upstream.next_request().header("accept-encoding"), (None, "identity"))

    def test_an_answer_that_claims_gzip_and_is_not_still_passes(self):
        self.upstream.script = lambda peer: peer.reply(b"not gzip", headers=[("Content-Encoding", "gzip")])
        answer = self.ask(headers={"Accept-Encoding": "gzip"}).answer()
        self.assertEqual((answer.status, answer.body), (200, b"not gzip"))
        self.still_serves()


class ManyAtOnce(UpstreamCase):
    def test_two_hundred_callers_at_once_each_get_their_own_answer(self):
        def echo(peer):
            body = peer.read_body()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return True

        self.upstream.script = echo

        def call(number):
            body = ASK.replace("hi", f"caller {number}")
            answer = self.connect(seconds=40).send(post("/v1/messages", body, KEY)).answer()
            self.assertEqual(answer.text, body)

        at_once(200, call)
