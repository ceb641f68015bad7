"""What the gateway does about an upstream that says no: another account, once more, or the answer as it is."""

import json
import time

from deadline import wait_until
from fixture import ASK, KEY, GatewayCase
from gateway import Gateway, free_port, simple_client
from upstream import MESSAGE, Upstream
from wire import Connection, post

LOW_CREDIT = ('{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access '
              'the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}')
OVERLOADED = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
LIMITED = '{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit."}}'
SPENT = ('{"type":"error","error":{"type":"rate_limit_error","message":"Spend limit reached.",'
         '"details":{"error_code":"enforced_spend_limit_reached"}}}')
UNKNOWN_KEY = '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'
NO_ACCESS = '{"type":"error","error":{"type":"permission_error","message":"Your account does not have access to this model."}}'
BAD_SIGNATURE = ('{"type":"error","error":{"type":"invalid_request_error","message":'
                 '"messages.1.content.0: Invalid `signature` in `thinking` block"}}')
EXHAUSTED = ('{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}')
GEMINI_ANSWER = '{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}'


def says(body, status, *headers):
    return lambda peer: peer.reply(body, status, headers)


def works(peer):
    return peer.reply(MESSAGE)


class TwoAccounts(GatewayCase):
    """Two Claude accounts, a and b, each with an upstream of its own; every case with a gateway that knows nothing yet."""

    workers = 1
    kind = "anthropic_api_key"

    def setUp(self):
        self.a, self.b = Upstream(works), Upstream(works)
        for upstream in (self.a, self.b):
            upstream.__enter__()
            self.addCleanup(upstream.close)
        self.gateway = self.gateway_for([("a.json", self.a.url), ("b.json", self.b.url)])
        self.gateway.start()
        self.addCleanup(self.gateway.stop)

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def gateway_for(self, accounts, **settings):
        files = {name: {"type": self.kind, "api_key": "sk-" + name, "base_url": url} for name, url in accounts}
        rules = [{"key_filename": name, "models": [{"model": "*", "domain": url}]} for name, url in accounts]
        claude = self.kind == "anthropic_api_key"
        return Gateway(clients=[simple_client()], claude=rules if claude else (), gemini=() if claude else rules,
                       credentials=files, settings={"simulator.mode": "off"} | self.settings | settings, workers=self.workers)

    def tearDown(self):
        for upstream in (self.a, self.b):
            if upstream.failures:
                raise upstream.failures[0]

    def seen(self):
        return self.a.requests.qsize(), self.b.requests.qsize()

    def both(self, script):
        self.a.script = self.b.script = script


class Refusals(TwoAccounts):
    def test_a_rate_limited_account_hands_over_and_is_left_alone_until_its_time(self):
        self.a.script = says(LIMITED, "429 Too Many Requests", ("retry-after", "600"))
        for _ in range(6):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.seen(), (1, 6))

    def test_only_the_model_that_was_limited_cools(self):
        def limit_one(peer):
            if "opus" in json.loads(peer.read_body())["model"]:
                return peer.reply(LIMITED, "429 Too Many Requests", [("retry-after", "600")])
            return works(peer)

        self.a.script = limit_one
        for _ in range(4):
            self.assertEqual(self.gateway.messages(model="claude-opus-4-5").status, 200)
        before = self.a.requests.qsize()
        for _ in range(4):
            self.assertEqual(self.gateway.messages(model="claude-sonnet-4-5").status, 200)
        self.assertEqual(self.a.requests.qsize(), before + 2)

    def test_when_all_are_limited_the_last_refusal_is_given_byte_for_byte(self):
        text = '{ "type" : "error","error":{"type":"rate_limit_error","message":"b \\u00e4"} }'
        self.a.script = says(LIMITED, "429 Too Many Requests", ("retry-after", "600"))
        self.b.script = says(text, "429 Too Many Requests", ("retry-after", "77"), ("x-should-retry", "true"))
        answers = [self.ask_raw() for _ in range(2)]
        for answer in answers:
            self.assertEqual(answer.status, 429)
            self.assertIn(answer.header("retry-after"), ("600", "77"))
        told = [a for a in answers if a.header("retry-after") == "77"]
        self.assertEqual((told[0].text, told[0].header("x-should-retry")), (text, "true"))

    def ask_raw(self, body=ASK, headers=None):
        with Connection(self.gateway.ports["http"]) as connection:
            return connection.send(post("/v1/messages", body, KEY | (headers or {}))).answer()

    def test_a_short_wait_is_waited_where_nobody_else_can_serve(self):
        self.b.close()
        answered = []

        def once_limited(peer):
            answered.append(time.monotonic())
            if len(answered) == 1:
                return peer.reply(LIMITED, "429 Too Many Requests", [("retry-after", "1")])
            return works(peer)

        self.a.script = once_limited
        gateway = self.gateway_for([("a.json", self.a.url)])
        with gateway:
            self.assertEqual(gateway.messages().status, 200)
        self.assertGreaterEqual(answered[1] - answered[0], 0.99)

    def test_a_long_wait_is_the_clients(self):
        gateway = self.gateway_for([("a.json", self.a.url)])
        self.a.script = says(LIMITED, "429 Too Many Requests", ("retry-after", "30"))
        with gateway:
            answer = gateway.messages()
        self.assertEqual((answer.status, answer.getheader("retry-after"), answer.text), (429, "30", LIMITED))
        self.assertEqual(self.a.requests.qsize(), 1)

    # lesson 31
    def test_low_credit_goes_elsewhere_and_disables_the_account(self):
        self.a.script = says(LOW_CREDIT, "400 Bad Request")
        for _ in range(6):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.seen(), (1, 6))
        self.assertIn("an account is disabled", self.gateway.said())

    def test_a_reached_spend_limit_disables_the_account(self):
        self.a.script = says(SPENT, "429 Too Many Requests")
        for _ in range(6):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.seen(), (1, 6))

    def test_with_every_account_disabled_the_caller_is_told_so(self):
        self.both(says(LOW_CREDIT, "400 Bad Request"))
        first = self.gateway.messages()
        self.assertEqual((first.status, first.text), (400, LOW_CREDIT))
        second = self.gateway.messages()
        self.assertEqual(second.status, 503)
        self.assertIn("working order", second.text)
        self.assertEqual(self.seen(), (1, 1))

    def test_a_changed_map_gives_disabled_accounts_another_chance(self):
        self.both(says(LOW_CREDIT, "400 Bad Request"))
        self.gateway.messages()
        self.assertEqual(self.gateway.messages().status, 503)
        self.both(works)
        raw = json.loads(self.gateway.map_file.read_text())
        self.gateway.write_map([simple_client(), simple_client("another-token-of-a-client")], raw["key_filename_gemini"],
                               raw["key_filename_claude"])
        wait_until(lambda: self.gateway.messages().status == 200, "the accounts are asked again")

    # lesson 30
    def test_overload_is_tried_again_on_the_same_account_and_cools_nobody(self):
        count = []

        def once_overloaded(peer):
            count.append(1)
            return peer.reply(OVERLOADED, "529 Overloaded") if len(count) == 1 else works(peer)

        self.a.script = once_overloaded
        for _ in range(4):
            self.assertEqual(self.gateway.messages().status, 200)
        # Two turns each; the overloaded one was asked once more.
        self.assertEqual(self.seen(), (3, 2))

    def test_overload_everywhere_is_told_as_it_is_and_the_next_request_is_served(self):
        self.both(says(OVERLOADED, "529 Overloaded"))
        for _ in range(2):
            answer = self.gateway.messages()
            self.assertEqual((answer.status, answer.text), (529, OVERLOADED))
        self.both(works)
        self.assertEqual(self.gateway.messages().status, 200)

    def test_a_refused_key_goes_elsewhere_and_disables_the_account(self):
        self.a.script = says(UNKNOWN_KEY, "401 Unauthorized")
        for _ in range(6):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.seen(), (1, 6))

    def test_an_account_without_access_is_disabled_for_that_model_only(self):
        def forbid_one(peer):
            if "opus" in json.loads(peer.read_body())["model"]:
                return peer.reply(NO_ACCESS, "403 Forbidden")
            return works(peer)

        self.a.script = forbid_one
        for _ in range(4):
            self.assertEqual(self.gateway.messages(model="claude-opus-4-5").status, 200)
        self.assertEqual(self.seen(), (1, 4))
        for _ in range(4):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.a.requests.qsize(), 3)

    def test_a_403_of_nobodys_shape_is_the_requests_own(self):
        self.both(lambda peer: peer.reply("<html>blocked</html>", "403 Forbidden", content_type="text/html"))
        for _ in range(3):
            answer = self.gateway.messages()
            self.assertEqual((answer.status, answer.text), (403, "<html>blocked</html>"))
        self.assertEqual(sum(self.seen()), 3)

    def test_the_callers_own_mistakes_are_told_once(self):
        text = '{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too large"}}'
        self.both(says(text, "400 Bad Request"))
        answer = self.gateway.messages()
        self.assertEqual((answer.status, answer.text), (400, text))
        self.assertEqual(sum(self.seen()), 1)

    def test_a_server_error_may_have_been_executed_and_is_not_repeated(self):
        self.both(says('{"type":"error","error":{"type":"api_error","message":"x"}}', "500 Internal Server Error"))
        self.assertEqual(self.gateway.messages().status, 500)
        self.assertEqual(sum(self.seen()), 1)

    def test_a_cut_connection_is_not_repeated(self):
        def cut(peer):
            peer.read_body()
            peer.reset()
            return False

        self.both(cut)
        self.assertEqual(self.gateway.messages().status, 502)
        self.assertEqual(sum(self.seen()), 1)

    def test_a_refusal_then_nobody_reachable_gives_the_refusal(self):
        self.b.close()
        text = '{"type":"error","error":{"type":"rate_limit_error","message":"the only word"}}'
        self.a.script = says(text, "429 Too Many Requests", ("retry-after", "9"))
        gateway = self.gateway_for([("a.json", self.a.url), ("gone.json", f"http://127.0.0.1:{free_port()}")])
        with gateway, Connection(gateway.ports["http"]) as connection:
            for _ in range(2):  # the connection is kept
                answer = connection.send(post("/v1/messages", ASK, KEY)).answer()
                self.assertEqual((answer.status, answer.text, answer.header("retry-after")), (429, text, "9"))

    def test_errors_in_chunks_and_in_gzip_are_understood_and_relayed(self):
        import gzip
        packed = gzip.compress(LOW_CREDIT.encode())

        def zipped(peer):
            peer.read_body()
            peer.send("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n")
            peer.chunk(packed[:20])
            peer.chunk(packed[20:])
            return peer.last_chunk()

        self.a.script = zipped
        for _ in range(4):
            self.assertEqual(self.gateway.messages(headers={"accept-encoding": "gzip"}).status, 200)
        self.assertEqual(self.seen(), (1, 4))
        self.b.script = zipped
        answer = self.ask_raw(headers={"accept-encoding": "gzip"})
        self.assertEqual((answer.status, gzip.decompress(answer.body).decode()), (400, LOW_CREDIT))

    def test_an_error_that_is_larger_than_a_buffer_arrives_whole(self):
        text = json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "x" * 150000}})
        gateway = self.gateway_for([("a.json", self.a.url)])
        self.a.script = says(text, "429 Too Many Requests")
        with gateway:
            answer = gateway.messages()
        self.assertEqual((answer.status, answer.text), (429, text))

    def test_an_error_body_that_never_ends_is_given_up_on_waiting_for(self):
        def stuck(peer):
            peer.read_body()
            peer.send("HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            peer.wait_for_close()
            return False

        self.a.script = stuck
        begun = time.monotonic()
        for _ in range(2):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertLess(time.monotonic() - begun, 10)

    def test_a_body_that_came_in_chunks_is_sent_again_whole(self):
        self.a.script = self.b.script = says(LIMITED, "429 Too Many Requests", ("retry-after", "600"))
        self.b.script = works
        big = ASK.replace("hi", "h" * 300000)
        for _ in range(2):
            with Connection(self.gateway.ports["http"]) as connection:
                head = post("/v1/messages", b"", KEY | {"transfer-encoding": "chunked"}, length=False)
                connection.send(head)
                for at in range(0, len(big), 50000):
                    part = big[at:at + 50000]
                    connection.send(f"{len(part):x}\r\n{part}\r\n")
                connection.send("0\r\n\r\n")
                self.assertEqual(connection.answer().status, 200)
        self.assertEqual(self.a.requests.qsize(), 1)
        for _ in range(2):
            self.assertEqual(self.b.next_request().body.decode(), big)


class Storms(TwoAccounts):
    """Both are overloaded; the budget is what keeps the gateway from doubling that."""

    settings = {"upstream.retry_percent": 20}

    def test_retries_stay_within_their_budget(self):
        self.both(says(OVERLOADED, "529 Overloaded", ("retry-after-ms", "1")))
        for _ in range(60):
            self.assertEqual(self.gateway.messages().status, 529)
        sent = sum(self.seen())
        self.assertLessEqual(sent, 60 + 10 + 13)
        self.assertGreaterEqual(sent, 60 + 10)


class Executed(TwoAccounts):
    settings = {"upstream.retry_executed": "true"}

    def test_a_cut_connection_is_repeated_where_the_operator_wants_that(self):
        def cut(peer):
            peer.read_body()
            peer.reset()
            return False

        self.a.script = cut
        for _ in range(4):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.b.requests.qsize(), 4)

    def test_a_server_error_is_repeated_elsewhere(self):
        self.a.script = says("{}", "500 Internal Server Error")
        for _ in range(4):
            self.assertEqual(self.gateway.messages().status, 200)


class Circuits(TwoAccounts):
    settings = {"upstream.circuit_failures": 2, "upstream.circuit_open_ms": 300}

    def test_an_endpoint_that_is_away_is_left_alone_then_probed_then_used_again(self):
        port = free_port()
        gateway = self.gateway_for([("a.json", f"http://127.0.0.1:{port}"), ("b.json", self.b.url)])
        with gateway:
            for _ in range(20):
                self.assertEqual(gateway.messages().status, 200)
            failures = gateway.said().count("cannot reach an upstream")
            self.assertLess(failures, 10)
            back = Upstream(works)
            back._listener.close()
            import socket
            back._listener = socket.create_server(("127.0.0.1", port))
            with back:
                wait_until(lambda: gateway.messages().status == 200 and back.requests.qsize() > 0, "it is used again")

    def test_with_every_endpoint_away_each_request_still_tries(self):
        gateway = self.gateway_for([("a.json", f"http://127.0.0.1:{free_port()}")])
        with gateway:
            for _ in range(8):
                self.assertEqual(gateway.messages().status, 503)


class Signatures(TwoAccounts):
    # lesson 29
    def test_thinking_that_is_refused_is_taken_out_once_on_the_same_account(self):
        def picky(peer):
            if b'"thinking"' in peer.read_body():
                return peer.reply(BAD_SIGNATURE, "400 Bad Request")
            return works(peer)

        self.both(picky)
        body = ('{"model":"claude-sonnet-4-5","max_tokens":1, "messages":[{"role":"user","content":"hi"},'
                '{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"xx"},{"type":"text","text":"b"}]},'
                '{"role":"user","content":"go on \\u00e4"}]}')
        self.assertEqual(self.gateway.messages(messages=json.loads(body)["messages"]).status, 200)
        self.assertIn(self.seen(), ((2, 0), (0, 2)))
        with Connection(self.gateway.ports["http"]) as connection:
            self.assertEqual(connection.send(post("/v1/messages", body, KEY)).answer().status, 200)
        upstream = self.a if self.seen() == (2, 2) and self.a.requests.qsize() else self.b
        requests = [r for u in (self.a, self.b) for r in [u.next_request() for _ in range(u.requests.qsize())]]
        self.assertEqual(len(requests), 4)
        self.assertIn(body.replace('{"type":"thinking","thinking":"a","signature":"xx"},', ""),
                      [r.body.decode() for r in requests])
        del upstream

    def test_where_taking_it_out_does_not_help_the_refusal_is_told(self):
        self.both(says(BAD_SIGNATURE, "400 Bad Request"))
        answer = self.gateway.messages(messages=[
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": "go on"}])
        self.assertEqual((answer.status, answer.text), (400, BAD_SIGNATURE))
        self.assertEqual(sum(self.seen()), 2)


class Betas(TwoAccounts):
    # lesson 34
    def test_values_that_the_upstream_does_not_know_are_left_out_and_remembered(self):
        def picky(peer):
            if "context-9999" in ",".join(peer.request.all("anthropic-beta")):
                return peer.reply('{"type":"error","error":{"type":"invalid_request_error","message":'
                                  '"Unexpected value(s) `context-9999` for the `anthropic-beta` header."}}', "400 Bad Request")
            return works(peer)

        self.both(picky)
        gateway = self.gateway_for([("a.json", self.a.url)])
        with gateway:
            for _ in range(3):
                self.assertEqual(gateway.messages(headers={"anthropic-beta": "tools-1, context-9999,files-2"}).status, 200)
        sent = [self.a.next_request().all("anthropic-beta") for _ in range(self.a.requests.qsize())]
        self.assertEqual(sent, [["tools-1, context-9999,files-2"]] + [["tools-1,files-2"]] * 3)


class Google(TwoAccounts):
    kind = "gemini_api_key"

    def setUp(self):
        super().setUp()
        self.both(lambda peer: peer.reply(GEMINI_ANSWER))

    def test_exhausted_capacity_is_looked_for_elsewhere(self):
        self.a.script = says(EXHAUSTED, "429 Too Many Requests")
        for _ in range(3):
            self.assertEqual(self.gateway.generate().status, 200)

    def test_an_error_in_an_array_is_understood(self):
        bad_key = ('[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":'
                   '"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}]')
        self.a.script = says(bad_key, "400 Bad Request")
        for _ in range(4):
            self.assertEqual(self.gateway.generate(verb="streamGenerateContent").status, 200)
        self.assertEqual(self.seen(), (1, 4))

    def test_somebody_elses_file_is_no_reason_to_disable_an_account(self):
        text = ('{"error":{"code":403,"message":"You do not have permission to access the File abc or it may not exist.",'
                '"status":"PERMISSION_DENIED"}}')
        self.both(says(text, "403 Forbidden"))
        for _ in range(3):
            self.assertEqual(self.gateway.generate().status, 403)
