"""Which account serves, with which credential: weights, failing over, minted tokens, and what is rewritten."""

import json
import threading

import tokens
from deadline import SLOWER
from fixture import ASK, ASK_STREAM, KEY, GatewayCase, at_once
from gateway import CLIENT_TOKEN, Gateway, free_port, simple_client
from upstream import MESSAGE, Upstream, message_events
from wire import Connection, post

VERTEX_ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'
VERTEX = "/v1/projects/the-callers-own/locations/europe-west1/publishers/google/models/gemini-2.5-pro:generateContent"
GEMINI_ANSWER = '{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}'


def claude(name, upstream_url, weight=1):
    return ({name: {"type": "anthropic_api_key", "api_key": f"sk-{name}", "base_url": upstream_url}},
            {"key_filename": name, "models": [{"model": "*", "domain": upstream_url}]},
            {"key_filename": name, "key_weight": weight})


class Weights(GatewayCase):
    workers = 1

    @classmethod
    def make_gateway(cls):
        cls.upstream = Upstream(lambda peer: peer.reply(MESSAGE))
        cls.upstream.__enter__()
        files, accounts, weights = zip(claude("a.json", cls.upstream.url, 3), claude("b.json", cls.upstream.url, 1))
        return Gateway(clients=[simple_client(key_filename_claude=list(weights))], claude=accounts,
                       credentials=files[0] | files[1], settings={"simulator.mode": "off"}, workers=1)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.upstream.close()

    def test_weights_hold_exactly_over_their_cycles(self):
        for _ in range(40):
            self.assertEqual(self.gateway.messages().status, 200)
        used = [self.upstream.next_request().header("x-api-key") for _ in range(40)]
        self.assertEqual((used.count("sk-a.json"), used.count("sk-b.json")), (30, 10))


class FailingOver(GatewayCase):
    """The preferred account of every second request cannot be reached at all."""

    @classmethod
    def make_gateway(cls):
        cls.good = Upstream(lambda peer: peer.reply(MESSAGE))
        cls.good.__enter__()
        files, accounts, weights = zip(claude("gone.json", f"http://127.0.0.1:{free_port()}"),
                                       claude("good.json", cls.good.url))
        return Gateway(clients=[simple_client(key_filename_claude=list(weights))], claude=accounts,
                       credentials=files[0] | files[1], settings={"simulator.mode": "off"})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.good.close()

    def setUp(self):
        self.good.script = lambda peer: peer.reply(MESSAGE)
        while not self.good.requests.empty():
            self.good.requests.get_nowait()

    def test_an_account_that_cannot_be_reached_is_passed_over(self):
        for _ in range(10):
            self.assertEqual(self.gateway.messages().status, 200)
            self.assertEqual(self.good.next_request().all("x-api-key"), ["sk-good.json"])

    def test_a_stream_is_passed_on_to_the_next_account_as_well(self):
        def stream(peer):
            peer.stream_head()
            for event in message_events(["whole"]):
                peer.chunk(event)
            return peer.last_chunk()

        self.good.script = stream
        for _ in range(4):
            connection = self.connect().send(post("/v1/messages", ASK_STREAM, KEY))
            self.assertEqual(connection.head()[0], 200)
            self.assertIn("message_stop", list(connection.events())[-1])

    def test_what_was_begun_is_not_asked_again(self):
        """A request that the upstream has seen may have been done, and billed."""
        def cut(peer):
            peer.stream_head()
            peer.chunk(next(message_events([])))
            peer.reset()
            return False

        self.good.script = cut
        self.connect().send(post("/v1/messages", ASK_STREAM, KEY)).rest()
        self.assertEqual(self.good.requests.qsize(), 1)


class Minting(GatewayCase):
    """A Google service account: tokens from its token_uri, the caller's project replaced."""

    @classmethod
    def make_gateway(cls):
        cls.google = Upstream(None)
        cls.google.__enter__()
        cls.token_server = Upstream(None)
        cls.token_server.__enter__()
        key_file = tokens.google_key_file(tokens.new_key(), token_uri=f"{cls.token_server.url}/token")
        rule = {"key_filename": "v.json", "models": [{"model": "*", "domain": cls.google.url}]}
        return Gateway(gemini=[rule], claude=[rule], credentials={"v.json": key_file},
                       settings={"simulator.mode": "off", "upstream.token_hosts": "127.0.0.1"})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.google.close()
        cls.token_server.close()

    def setUp(self):
        # Each case with a gateway that has no token yet.
        self.minted = 0
        self.token_server.script = self.mint
        self.google.script = lambda peer: peer.reply(GEMINI_ANSWER)
        for upstream in (self.google, self.token_server):
            while not upstream.requests.empty():
                upstream.requests.get_nowait()
        self.gateway.stop(remove=False)
        self.gateway.start()

    def mint(self, peer):
        self.minted += 1
        return peer.reply(json.dumps({"access_token": f"ya29.real-{self.minted}", "expires_in": 3599, "token_type": "Bearer"}))

    def call(self, path=VERTEX, body=VERTEX_ASK):
        with Connection(self.gateway.ports["http"]) as connection:
            return connection.send(post(path, body, {"authorization": f"Bearer {CLIENT_TOKEN}"})).answer()

    def test_the_assertion_is_googles_and_the_token_is_used_again(self):
        for _ in range(5):
            self.assertEqual(self.call().status, 200)
        self.assertEqual(self.minted, 1)
        request = self.token_server.next_request()
        self.assertEqual((request.method, request.target), ("POST", "/token"))
        self.assertIn(b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer", request.body)
        upstream = self.google.next_request()
        self.assertEqual(upstream.all("authorization"), ["Bearer ya29.real-1"])
        self.assertEqual(upstream.target, VERTEX.replace("the-callers-own", "real-project"))

    def test_many_first_requests_mint_one_token(self):
        release = threading.Event()

        def slowly(peer):
            peer.read_body()
            release.wait(10 * SLOWER)
            return self.mint(peer)

        self.token_server.script = slowly
        first = threading.Thread(target=self.call)
        first.start()
        self.token_server.next_request()
        threading.Timer(0.3, release.set).start()
        at_once(20, lambda _: self.assertEqual(self.call().status, 200))
        first.join()
        # One a worker at most: workers share no token.
        self.assertLessEqual(self.minted, 2)

    def test_a_token_that_is_refused_is_replaced_once(self):
        def refuse_the_first(peer):
            if peer.request.header("authorization") == "Bearer ya29.real-1":
                return peer.reply('{"error":{"code":401,"status":"UNAUTHENTICATED"}}', "401 Unauthorized")
            return peer.reply(GEMINI_ANSWER)

        self.google.script = refuse_the_first
        self.assertEqual(self.call().status, 200)
        self.assertEqual(self.minted, 2)

    def test_tokens_that_are_always_refused_do_not_hammer_google(self):
        self.google.script = lambda peer: peer.reply('{"error":{"code":401,"status":"UNAUTHENTICATED"}}', "401 Unauthorized")
        for _ in range(20):
            self.assertGreaterEqual(self.call().status, 400)
        self.assertLessEqual(self.minted, 12)

    def test_a_credential_that_keeps_failing_opens_a_circuit(self):
        def fail(peer):
            self.minted += 1
            return peer.reply('{"error":"invalid_grant","error_description":"Invalid JWT Signature."}', "400 Bad Request")

        self.token_server.script = fail
        for _ in range(30):
            answer = self.call()
            self.assertIn(answer.status, (500, 502, 503), answer)
            self.assertNotIn("invalid_grant", answer.text)
        self.assertLessEqual(self.minted, 10)

    def test_a_claude_call_becomes_one_for_vertex_and_nothing_else_changes(self):
        self.google.script = lambda peer: peer.reply(MESSAGE)
        body = '{ "system":"x", "model" : "claude-sonnet-4-5@20250929","max_tokens":1,"unknown":[1.50,"\\u00e4"],"messages":[]}'
        self.assertEqual(self.call("/v1/messages?beta=true", body).status, 200)
        request = self.google.next_request()
        self.assertRegex(request.target, r"^/v1/projects/real-project/locations/[a-z0-9-]+/publishers/anthropic/models/"
                         r"claude-sonnet-4-5@20250929:rawPredict(\?|$)")
        sent = json.loads(request.body)
        self.assertNotIn("model", sent)
        self.assertEqual(sent.pop("anthropic_version"), "vertex-2023-10-16")
        self.assertEqual(sent, {"system": "x", "max_tokens": 1, "unknown": [1.5, "ä"], "messages": []})
        self.assertIn(b'"unknown":[1.50,"\\u00e4"]', request.body)
        self.assertEqual(request.all("authorization"), ["Bearer ya29.real-1"])
        self.assertIsNone(request.header("x-api-key"))

    def test_a_streamed_claude_call_uses_the_streaming_verb(self):
        def stream(peer):
            peer.stream_head()
            for event in message_events(["x"]):
                peer.chunk(event)
            return peer.last_chunk()

        self.google.script = stream
        answer = self.call("/v1/messages", ASK_STREAM)
        self.assertIn("message_stop", answer.text)
        request = self.google.next_request()
        self.assertIn(":streamRawPredict", request.target)
        self.assertIs(json.loads(request.body)["stream"], True)

    def test_counting_tokens_keeps_the_model_in_the_body(self):
        self.google.script = lambda peer: peer.reply('{"input_tokens":7}')
        self.assertEqual(self.call("/v1/messages/count_tokens", ASK).json["input_tokens"], 7)
        request = self.google.next_request()
        self.assertTrue(request.target.endswith("/publishers/anthropic/models/count-tokens:rawPredict"), request.target)
        self.assertEqual(json.loads(request.body)["model"], "claude-sonnet-4-5")

    def test_express_mode_gets_the_accounts_project_and_location(self):
        self.assertEqual(self.call("/v1beta1/publishers/google/models/gemini-2.5-pro:generateContent").status, 200)
        self.assertRegex(self.google.next_request().target,
                         r"^/v1beta1/projects/real-project/locations/[a-z0-9-]+/publishers/google/models/gemini-2\.5-pro:generateContent$")

    # lesson 34
    def test_vertex_sees_only_the_betas_that_the_operator_lists(self):
        self.gateway.stop(remove=False)
        self.gateway.settings["upstream.vertex_betas"] = "tools-*,files-2"
        self.gateway.start()
        try:
            self.google.script = lambda peer: peer.reply(MESSAGE)
            with Connection(self.gateway.ports["http"]) as connection:
                request = post("/v1/messages", ASK, KEY | {"anthropic-beta": "tools-1,unknown-3 , files-2", "Anthropic-Beta": "tools-9,files-20"})
                self.assertEqual(connection.send(request).answer().status, 200)
        finally:
            del self.gateway.settings["upstream.vertex_betas"]
        self.assertEqual(self.google.next_request().all("anthropic-beta"), ["tools-1,files-2,tools-9"])

    def test_a_cached_contents_model_names_the_accounts_project_and_place(self):
        self.google.script = lambda peer: peer.reply('{"name":"projects/1/locations/europe-west1/cachedContents/7"}')
        body = ('{"ttl" : "600s", "model":"projects/the-callers-own/locations/us-east1/publishers/google/models/gemini-2.5-pro",'
                '"contents":[]}')
        answer = self.call("/v1/projects/the-callers-own/locations/europe-west1/cachedContents", body)
        self.assertEqual(answer.status, 200, answer)
        request = self.google.next_request()
        self.assertEqual(request.target, "/v1/projects/real-project/locations/europe-west1/cachedContents")
        self.assertEqual(request.body.decode(), body.replace("the-callers-own/locations/us-east1",
                                                             "real-project/locations/europe-west1"))

    def test_errors_of_the_upstream_pass_as_they_are(self):
        text = '{"error":{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"}]}}'
        self.google.script = lambda peer: peer.reply(text, "429 Too Many Requests", [("retry-after", "3")])
        answer = self.call()
        self.assertEqual((answer.status, answer.text, answer.header("retry-after")), (429, text, "3"))
