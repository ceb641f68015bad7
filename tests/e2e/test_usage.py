"""The access log: one line an exchange, with what was used, and how it ended."""

import json

from deadline import wait_until
from fixture import ASK, ASK_STREAM, KEY, UpstreamCase
from gateway import CLIENT_TOKEN
from upstream import MESSAGE, message_events
from wire import get, post

GOOGLE_KEY = {"x-goog-api-key": CLIENT_TOKEN, "content-type": "application/json"}
GEMINI_ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'


class Usage(UpstreamCase):
    def line_after(self, call):
        before = len(self.gateway.access_lines())
        call()
        return wait_until(lambda: self.gateway.access_lines()[before:], "an access log line")[0]

    def test_a_plain_answer(self):
        line = self.line_after(lambda: self.ask().answer())
        self.assertEqual((line["provider"], line["model"], line["status"], line["outcome"]),
                         ("anthropic", "claude-sonnet-4-5", 200, "done"))
        self.assertEqual((line["input_tokens"], line["output_tokens"]), (3, 1))
        self.assertEqual(line["account"], "upstream.json")
        self.assertTrue(line["client"])
        self.assertNotIn(CLIENT_TOKEN, json.dumps(line))
        self.assertGreaterEqual(line["duration_us"], line["ttfb_us"])

    def test_a_stream_merges_its_usage_and_never_adds_it(self):
        def script(peer):
            peer.stream_head()
            for event in message_events(["a", "b"], usage_out=7):
                peer.chunk(event)
            return peer.last_chunk()

        def call():
            self.upstream.script = script
            connection = self.ask(ASK_STREAM)
            connection.head()
            list(connection.events())

        line = self.line_after(call)
        self.assertEqual((line["input_tokens"], line["output_tokens"], line["outcome"]), (5, 7, "done"))

    def test_cache_tiers(self):
        usage = ('{"input_tokens":3,"output_tokens":1,"cache_read_input_tokens":100,"cache_creation_input_tokens":30,'
                 '"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}')

        def call():
            self.upstream.script = lambda peer: peer.reply(MESSAGE.replace('{"input_tokens":3,"output_tokens":1}', usage))
            self.ask().answer()

        line = self.line_after(call)
        self.assertEqual((line["input_tokens"], line["output_tokens"], line["cache_read_tokens"]), (3, 1, 100))
        self.assertEqual(sum(value for name, value in line.items() if name.startswith("cache_write")), 30, line)

    def test_gemini_thoughts_are_output_and_the_last_counts(self):
        chunks = [{"usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}, "candidates": []},
                  {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 11,
                                     "cachedContentTokenCount": 5, "totalTokenCount": 24},
                   "candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]}]

        def script(peer):
            peer.stream_head()
            for chunk in chunks:
                peer.chunk(f"data: {json.dumps(chunk)}\r\n\r\n")
            return peer.last_chunk()

        def call():
            self.upstream.script = script
            connection = self.connect().send(post("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
                                                  GEMINI_ASK, GOOGLE_KEY))
            connection.head()
            list(connection.events())

        line = self.line_after(call)
        self.assertEqual(line["provider"], "gemini")
        numbers = [value for name, value in line.items() if "tokens" in name]
        self.assertIn(11, numbers + [line["output_tokens"] - 4], line)
        self.assertIn(5, numbers, line)

    def test_how_it_ended(self):
        def cut(peer):
            peer.stream_head()
            peer.chunk(next(message_events([])))
            peer.reset()
            return False

        def call():
            self.upstream.script = cut
            self.ask(ASK_STREAM).rest()

        line = self.line_after(call)
        self.assertEqual((line["outcome"], line["input_tokens"]), ("upstream-cut", 5), line)

        def stall(peer):
            peer.stream_head()
            peer.chunk(next(message_events([])))
            peer.wait_for_close()
            return False

        def leave():
            self.upstream.script = stall
            connection = self.ask(ASK_STREAM)
            connection.head()
            next(connection.events())
            connection.close()

        line = self.line_after(leave)
        self.assertEqual((line["outcome"], line["input_tokens"]), ("client-gone", 5), line)
        line = self.line_after(lambda: self.connect().send(post("/v1/messages", ASK)).answer())
        self.assertEqual((line["outcome"], line["status"]), ("rejected", 401), line)

    def test_counting_tokens_is_not_generation(self):
        def call():
            self.upstream.script = lambda peer: peer.reply('{"input_tokens":12}')
            self.connect().send(post("/v1/messages/count_tokens", ASK, KEY)).answer()

        line = self.line_after(call)
        self.assertFalse(line.get("input_tokens"), line)

    def test_metrics_are_prometheus_text(self):
        self.ask().answer()
        text = self.gateway.metrics()
        names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#")}
        self.assertTrue(names and all(name.startswith(("moongate_", "process_")) for name in names), names)
        for line in text.splitlines():
            if line and not line.startswith("#"):
                float(line.rsplit(" ", 1)[1])
        self.assertNotIn(CLIENT_TOKEN, text)

    def test_metric_labels_stay_bounded(self):
        def answer(number):
            self.connect().send(get(f"/nowhere/{number}", KEY)).answer()
            self.connect().send(post("/v1/messages", ASK.replace("claude-sonnet-4-5", f"made-up-{number}"), KEY)).answer()

        answer(0)
        before = len(self.gateway.metrics().splitlines())
        for number in range(200):
            answer(number)
        self.assertLess(len(self.gateway.metrics().splitlines()) - before, 150)
