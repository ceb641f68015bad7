"""The OpenAI-compatible face: a caller of that language is answered in it by Claude and by Gemini."""

import json

from deadline import wait_until
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import MESSAGE, Upstream, anthropic_account
from wire import Connection, post

BEARER = {"authorization": "Bearer " + CLIENT_TOKEN, "content-type": "application/json"}


def chat(text="hi", model="claude-sonnet-4-5", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}]} | more


def events(text):
    """The data of each event, read as JSON but for [DONE]."""
    found = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    return [each if each == "[DONE]" else json.loads(each) for each in found]


class OpenAiFace(GatewayCase):
    settings = {"simulator.mode": "auto"}

    def ask(self, body, path="/v1/chat/completions", method="POST", headers=BEARER):
        answer = self.gateway.exchange("http", method, path, body, headers)
        if not answer.getheader("content-type", "").startswith("text/event-stream"):
            answer.json = json.loads(answer.text)
        return answer

    def test_claude_answers_a_chat(self):
        answer = self.ask(chat("hello", max_tokens=50))
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.json["object"], "chat.completion")
        self.assertEqual(answer.json["choices"][0]["message"]["role"], "assistant")
        self.assertTrue(answer.json["choices"][0]["message"]["content"])
        self.assertEqual(answer.json["model"], "claude-sonnet-4-5")
        usage = answer.json["usage"]
        self.assertEqual(usage["total_tokens"], usage["prompt_tokens"] + usage["completion_tokens"])
        self.assertGreater(usage["completion_tokens"], 0)
        self.assertEqual(int(answer.getheader("content-length")), len(answer.text.encode()))

    def test_gemini_answers_a_chat(self):
        answer = self.ask(chat("hello", model="gemini-2.5-pro"))
        self.assertEqual(answer.status, 200, answer.text)
        self.assertTrue(answer.json["choices"][0]["message"]["content"])
        self.assertEqual(answer.json["choices"][0]["finish_reason"], "stop")

    def test_a_stream_ends_with_done_and_says_what_the_plain_answer_says(self):
        for model in ("claude-sonnet-4-5", "gemini-2.5-pro"):
            with self.subTest(model):
                whole = self.ask(chat("the same", model)).json["choices"][0]["message"]["content"]
                answer = self.ask(chat("the same", model, stream=True, stream_options={"include_usage": True}))
                self.assertEqual(answer.status, 200, answer.text)
                got = events(answer.text)
                self.assertEqual(got[-1], "[DONE]")
                self.assertGreater(got[-2]["usage"]["completion_tokens"], 0)
                parts = [each["choices"][0]["delta"].get("content") or "" for each in got[:-1] if each["choices"]]
                self.assertEqual("".join(parts), whole)

    def test_an_upstreams_refusal_is_told_in_openais_words(self):
        answer = self.ask(chat("[[sim: status=400 error=invalid_request_error]]"))
        self.assertEqual(answer.status, 400)
        self.assertIn("message", answer.json["error"])
        self.assertIn("type", answer.json["error"])
        self.assertNotIn("request_id", answer.json)

    def test_a_wrong_key_a_missing_model_and_a_body_that_is_none_are_told_so(self):
        wrong = self.ask(chat(), headers=BEARER | {"authorization": "Bearer no"})
        self.assertEqual((wrong.status, wrong.json["error"]["code"]), (401, "invalid_api_key"))
        self.assertEqual(self.ask({"messages": []}).status, 400)
        self.assertEqual(self.ask("{").status, 400)
        refused = self.ask(chat(n=2))
        self.assertEqual(refused.status, 400)
        self.assertIn("n", refused.json["error"]["message"])

    def test_what_is_not_served_is_named(self):
        answer = self.ask({}, "/v1/images/generations")
        self.assertEqual(answer.status, 404)
        self.assertIn("/v1/chat/completions", answer.json["error"]["message"])
        self.assertEqual(self.ask(None, "/v1/chat/completions", "GET").status, 405)

    def test_responses_embeddings_and_completions_are_served(self):
        answer = self.ask({"model": "gemini-2.5-flash", "input": "hi"}, "/v1/responses")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual((answer.json["object"], answer.json["status"]), ("response", "completed"))
        answer = self.ask({"model": "claude-haiku-4-5", "prompt": "Once", "max_tokens": 20}, "/v1/completions")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertTrue(answer.json["choices"][0]["text"])
        answer = self.ask({"model": "gemini-embedding-001", "input": ["a", "b"]}, "/v1/embeddings")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual([each["index"] for each in answer.json["data"]], [0, 1])

    def test_the_relay_paths_are_the_same_face(self):
        answer = self.ask(chat(), "/api/client/relay/completions")
        self.assertEqual((answer.status, answer.json["object"]), (200, "chat.completion"))
        answer = self.ask({"model": "claude-haiku-4-5", "prompt": "Once"}, "/api/client/relay/completions")
        self.assertEqual((answer.status, answer.json["object"]), (200, "text_completion"))
        self.assertEqual(self.ask(None, "/api/client/relay/models", "GET").json["object"], "list")

    def test_models_are_those_that_the_caller_may_name(self):
        listed = self.ask(None, "/v1/models", "GET").json
        names = [each["id"] for each in listed["data"]]
        self.assertEqual(listed["object"], "list")
        self.assertTrue(any(name.startswith("claude-") for name in names), names)
        self.assertTrue(any(name.startswith("gemini-") for name in names), names)
        one = self.ask(None, "/v1/models/" + names[0], "GET")
        self.assertEqual((one.status, one.json["id"]), (200, names[0]))
        self.assertEqual(self.ask(None, "/v1/models/gpt-5", "GET").status, 404)
        # Who speaks Anthropic's language is still answered in it.
        claude = self.ask(None, "/v1/models", "GET", {"x-api-key": CLIENT_TOKEN, "anthropic-version": "2023-06-01"})
        self.assertNotIn("object", claude.json)

    def test_what_was_used_is_metered_as_the_provider_told_it(self):
        for model in ("claude-sonnet-4-5", "gemini-2.5-pro"):
            for stream in (False, True):
                answer = self.ask(chat("meter", model, stream=stream, stream_options={"include_usage": True}))
                usage = (events(answer.text)[-2] if stream else answer.json)["usage"]
                request = answer.getheader("x-moongate-request-id")

                def row(request=request):
                    found = self.gateway.admin("GET", "/api/admin/ledger/" + request)
                    return json.loads(found.text) if found.status == 200 else None
                kept = self.eventually(row)
                self.assertEqual(kept["usage"]["output_tokens"] + kept["usage"]["thought_tokens"], usage["completion_tokens"],
                                 (model, stream, kept))

    def eventually(self, ask):
        found = []
        wait_until(lambda: found.append(ask()) or found[-1], "the ledger's row")
        return found[-1]


class BrokenUpstreams(GatewayCase):
    @classmethod
    def make_gateway(cls):
        cls.upstream = Upstream(lambda peer: peer.reply(MESSAGE))
        cls.upstream.__enter__()
        files, claude = anthropic_account(cls.upstream)
        return Gateway(clients=[simple_client()], claude=claude, credentials=files, settings={"simulator.mode": "off"})

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.upstream.close()

    def ask(self, script, **more):
        self.upstream.script = script
        connection = Connection(self.gateway.ports["http"])
        self.addCleanup(connection.close)
        return connection.send(post("/v1/chat/completions", json.dumps(chat(**more)), BEARER))

    def test_the_upstream_is_asked_in_its_own_language_without_the_callers_credential(self):
        answer = self.ask(lambda peer: peer.reply(MESSAGE)).answer()
        self.assertEqual(answer.status, 200)
        sent = self.upstream.requests.get(timeout=5)
        self.assertEqual((sent.method, sent.target), ("POST", "/v1/messages"))
        self.assertIsNone(sent.header("authorization"))
        self.assertNotIn(CLIENT_TOKEN.encode(), sent.raw)
        self.assertIn("max_tokens", json.loads(sent.body))

    def test_an_answer_that_breaks_off_is_no_success(self):
        def broken(peer):
            peer.read_body()
            peer.socket.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{")
            return False
        answer = self.ask(broken).answer()
        self.assertEqual(answer.status, 502)
        self.assertIn("error", answer.json)

    def test_an_answer_that_is_no_message_is_told_as_502(self):
        answer = self.ask(lambda peer: peer.reply('["what"]')).answer()
        self.assertEqual(answer.status, 502)

    def test_a_refusal_that_is_no_json_is_an_error_object_all_the_same(self):
        answer = self.ask(lambda peer: peer.reply("<html>no</html>", "403 Forbidden")).answer()
        self.assertEqual(answer.status, 403)
        self.assertIn("message", answer.json["error"])
