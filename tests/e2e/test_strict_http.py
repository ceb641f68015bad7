"""Requests that two servers could read differently are refused and never forwarded."""

from fixture import ASK, KEY, UpstreamCase
from wire import get, post

AUTH = "x-api-key: test-client-token-0001\r\n"
HEAD = f"POST /v1/messages HTTP/1.1\r\nHost: a.test\r\n{AUTH}"
LENGTH = f"Content-Length: {len(ASK)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
GET = "GET /v1/models HTTP/1.1\r\nHost: a.test\r\n" + AUTH


class StrictHttp(UpstreamCase):
    def refused(self, request, statuses=(400,)):
        connection = self.connect()
        connection.send_as_far_as_possible(request)
        answer = connection.answer()
        self.assertIn(answer.status, statuses, answer)
        self.assertTrue(connection.is_closed())
        self.assertEqual(connection.left, b"", "something came after the refusal")
        self.upstream_saw_nothing()

    def each_refused(self, requests, statuses=(400,)):
        for request in requests:
            with self.subTest(request=request[:300]):
                self.refused(request, statuses)
        self.still_serves()

    def test_length_and_chunked_together(self):
        self.each_refused([
            HEAD + LENGTH + CHUNKED + "\r\n0\r\n\r\n",
            HEAD + CHUNKED + LENGTH + "\r\n0\r\n\r\n",
            HEAD + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
            HEAD + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\nGPOST /v1/messages HTTP/1.1\r\n\r\n0\r\n\r\n",
        ])

    def test_conflicting_lengths(self):
        self.each_refused([
            HEAD + LENGTH + "Content-Length: 1\r\n\r\n" + ASK,
            HEAD + "Content-Length: 5, 6\r\n\r\nhello",
        ])

    def test_lengths_that_are_no_numbers(self):
        self.each_refused([HEAD + f"Content-Length:{value}\r\n\r\n{ASK}" for value in (
            " +5", " -5", " 0x5", " 5a", " five", " ", " 99999999999999999999999", " 18446744073709551616", " 5 5")])

    def test_transfer_codings_that_we_do_not_speak(self):
        self.each_refused([HEAD + f"{line}\r\n\r\n0\r\n\r\n" for line in (
            "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: ch\x0bunked",
            "Transfer-Encoding:", "Transfer-Encoding: chunked\x00")], (400, 501))

    def test_chunked_in_http_1_0(self):
        self.refused(f"POST /v1/messages HTTP/1.0\r\nHost: a\r\n{AUTH}{CHUNKED}\r\n0\r\n\r\n")

    def test_bare_line_feeds_in_the_head(self):
        self.each_refused([
            HEAD.replace("\r\n", "\n") + LENGTH.replace("\r", "") + "\n" + ASK,
            HEAD + "X-A: 1\nX-B: 2\r\n" + LENGTH + "\r\n" + ASK,
            HEAD + LENGTH.replace("\r\n", "\n") + "\r\n" + ASK,
            HEAD + LENGTH + "\n" + ASK,
        ])

    def test_bare_carriage_returns_and_nul_in_a_header(self):
        self.each_refused([HEAD + f"X-A: one{byte}two\r\n{LENGTH}\r\n{ASK}" for byte in ("\r", "\0", "\x01", "\x7f")])

    def test_folded_headers(self):
        self.each_refused([
            HEAD + "X-A: one\r\n two\r\n" + LENGTH + "\r\n" + ASK,
            HEAD + "X-A: one\r\n\ttwo\r\n" + LENGTH + "\r\n" + ASK,
            HEAD + "Transfer-Encoding:\r\n chunked\r\n" + LENGTH + "\r\n" + ASK,
            "POST /v1/messages HTTP/1.1\r\n X: y\r\nHost: a\r\n" + AUTH + LENGTH + "\r\n" + ASK,
        ])

    def test_header_names_that_are_none(self):
        self.each_refused([HEAD + f"{line}\r\n{LENGTH}\r\n{ASK}" for line in (
            "X-A : 1", "X-A\t: 1", "Content-Length : 5", ": empty", "X A: 1", "no colon at all", "X(A): 1", "X\xc4: 1")])

    def test_hosts_twice_or_missing(self):
        self.each_refused([
            HEAD + "Host: b.test\r\n" + LENGTH + "\r\n" + ASK,
            f"POST /v1/messages HTTP/1.1\r\n{AUTH}{LENGTH}\r\n{ASK}",
            f"POST /v1/messages HTTP/1.1\r\nHost: a b\r\n{AUTH}{LENGTH}\r\n{ASK}",
        ])

    def test_targets_in_absolute_or_authority_form(self):
        self.each_refused([
            GET.replace("/v1/models", "http://a.test/v1/models") + "\r\n",
            GET.replace("/v1/models", "https://169.254.169.254/latest") + "\r\n",
            f"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n{AUTH}\r\n",
            GET.replace("GET /v1/models", "OPTIONS *") + "\r\n",
            GET.replace("/v1/models", "v1/models") + "\r\n",
        ], (400, 404, 405))

    def test_request_lines_that_are_none(self):
        rest = f"Host: a\r\n{AUTH}\r\n"
        self.each_refused([line + "\r\n" + rest for line in (
            "GET /v1/models", "GET  /v1/models HTTP/1.1", "GET /v1/mo dels HTTP/1.1", "GET /v1/models HTTP/1.1 ",
            "GET /v1/models HTTP/11", "GET /v1/models http/1.1", "GET /v1/models HTTP/1.1x", " GET /v1/models HTTP/1.1",
            "G\x01T /v1/models HTTP/1.1", "GET /v1/mod\x00els HTTP/1.1", "GET /v1/mod\x7fels HTTP/1.1",
            "GET /v1/models HTTP/2.0", "GET /v1/models HTTP/0.9", "\x16\x03\x01\x02\x00\x01\x00")], (400, 505))

    def test_targets_that_climb(self):
        for target in ("/v1/../v1/messages", "/v1/%2e%2e/messages", "/v1/./messages", "/v1/messages%00"):
            with self.subTest(target=target):
                answer = self.connect().send(post(target, ASK, KEY)).answer()
                self.assertIn(answer.status, (400, 404))
                self.upstream_saw_nothing()

    def test_chunk_sizes_that_are_none(self):
        self.each_refused([HEAD + CHUNKED + "\r\n" + body for body in (
            "g\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
            " 5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n", "10000000000000000\r\nhello\r\n",
            "8000000000000000\r\nhello\r\n", "5 5\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n")], (400, 413))

    def test_chunks_longer_or_shorter_than_they_say(self):
        self.each_refused([HEAD + CHUNKED + "\r\n" + body for body in (
            "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n")])

    def test_a_chunk_extension_without_end(self):
        self.refused(HEAD + CHUNKED + "\r\n5;" + "x" * 100_000 + "\r\nhello\r\n0\r\n\r\n", (400, 413, 431))

    def test_trailers_without_end(self):
        trailers = "".join(f"X-{number}: {'y' * 100}\r\n" for number in range(2000))
        self.refused(HEAD + CHUNKED + f"\r\n{len(ASK):x}\r\n{ASK}\r\n0\r\n{trailers}\r\n", (400, 413, 431))

    def test_a_refusal_ends_the_pipeline(self):
        connection = self.connect()
        connection.send(HEAD + "X-A : 1\r\n" + LENGTH + "\r\n" + ASK + get("/v1/models", KEY).decode())
        self.assertEqual(connection.answer().status, 400)
        self.assertTrue(connection.is_closed())
        self.assertEqual(connection.left, b"")

    def test_a_refusal_says_so_in_the_dialect_of_the_path(self):
        answer = self.connect().send(HEAD + CHUNKED + "\r\nzz\r\n").answer()
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json["type"], "error")
        self.assertEqual(answer.json["error"]["type"], "invalid_request_error")
        self.assertTrue(answer.json["request_id"])
        google = HEAD.replace("/v1/messages", "/v1beta/models/gemini-2.5-pro:generateContent")
        answer = self.connect().send(google + CHUNKED + "\r\nzz\r\n").answer()
        self.assertEqual((answer.status, answer.json["error"]["code"]), (400, 400))
        self.assertEqual(answer.json["error"]["status"], "INVALID_ARGUMENT")


class Forwarded(UpstreamCase):
    """What does arrive upstream is one well-formed request, whatever shape it came in."""

    def forwarded(self, request):
        answer = self.connect().send(request).answer()
        self.assertEqual(answer.status, 200, answer)
        return self.upstream.next_request()

    def test_chunk_extensions_and_trailers_do_not_pass(self):
        body = f"5;a=b\r\n{ASK[:5]}\r\n{len(ASK) - 5:X};c=\"d\"\r\n{ASK[5:]}\r\n0\r\nX-Smuggled: yes\r\n\r\n"
        request = self.forwarded(HEAD + CHUNKED + "\r\n" + body)
        self.assertEqual(request.body.decode(), ASK)
        self.assertIsNone(request.header("x-smuggled"))
        self.assertNotEqual(bool(request.all("content-length")), bool(request.all("transfer-encoding")))

    def test_headers_named_by_connection_do_not_pass(self):
        request = self.forwarded(HEAD + "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                                 "Proxy-Authorization: Basic x\r\n" + LENGTH + "\r\n" + ASK)
        for name in ("x-hop", "keep-alive", "te", "proxy-authorization", "upgrade", "proxy-connection"):
            self.assertIsNone(request.header(name), name)

    def test_an_upgrade_to_http_2_in_clear_is_ignored(self):
        """Java's client asks so on every first request; only a WebSocket needs to be told no."""
        request = self.forwarded(HEAD + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                 "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n" + LENGTH + "\r\n" + ASK)
        for name in ("upgrade", "http2-settings"):
            self.assertIsNone(request.header(name), name)

    def test_the_connection_header_cannot_remove_what_frames_the_body(self):
        request = self.forwarded(HEAD + "Connection: Content-Length, Host, Content-Type\r\n" + LENGTH + "\r\n" + ASK)
        self.assertEqual(request.body.decode(), ASK)
        self.assertEqual(len(request.all("host")), 1)

    def test_the_host_is_the_upstreams(self):
        request = self.forwarded(post("/v1/messages", ASK, KEY, host="evil.test"))
        self.assertEqual(request.all("host"), [f"127.0.0.1:{self.upstream.port}"])

    def test_unknown_headers_pass_in_order_and_as_written(self):
        request = self.forwarded(HEAD + "X-Zulu: 1\r\nx-alpha: two  words\r\nX-Zulu: 3\r\nanthropic-beta: a,b\r\n" +
                                 LENGTH + "\r\n" + ASK)
        ours = [(name, value) for name, value in request.headers
                if name.lower() in ("x-zulu", "x-alpha", "anthropic-beta")]
        self.assertEqual(ours, [("X-Zulu", "1"), ("x-alpha", "two  words"), ("X-Zulu", "3"), ("anthropic-beta", "a,b")])

    def test_unknown_body_fields_and_spacing_pass_byte_for_byte(self):
        body = '{ "zz":{"a":[1, 2.50,1e3]},"model" : "claude-sonnet-4-5",\n"messages":[],"ä":"\\u00e4","max_tokens":1}'
        request = self.forwarded(post("/v1/messages", body, KEY))
        self.assertEqual(request.body, body.encode())
