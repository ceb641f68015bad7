"""Keys, limits, the ledger and balances of one gateway, on SQLite and memory."""

import json
import threading

from deadline import wait_until
from fixture import KEY, UpstreamCase, at_once
from money import SONNET, Admin, answer_with
from upstream import MESSAGE, message_events
from wire import post


def ask_with(key, **body):
    return post("/v1/messages", json.dumps({"model": SONNET, "max_tokens": 10,
                                            "messages": [{"role": "user", "content": "hi"}]} | body),
                {"x-api-key": key, "content-type": "application/json"})


class MoneyCase(UpstreamCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = Admin(cls.gateway)

    def messages(self, key, **more):
        return self.gateway.messages(token=key, **more)


class Keys(MoneyCase):
    def test_a_new_key_works_at_once_and_a_disabled_one_does_not(self):
        self.admin.user("ann")
        self.admin.client("ann-app", user="ann")
        key = self.admin.key("ann-app")
        self.assertRegex(key["key"], r"^mg-[A-Za-z0-9_-]{40}$")
        self.assertEqual(self.messages(key["key"]).status, 200)
        self.admin.call("PATCH", f"keys/{key['id']}", {"enabled": False})
        self.assertEqual(self.messages(key["key"]).status, 401)
        self.admin.call("PATCH", f"keys/{key['id']}", {"enabled": True})
        self.assertEqual(self.messages(key["key"]).status, 200)
        self.admin.call("PATCH", "users/ann", {"enabled": False})
        self.assertEqual(self.messages(key["key"]).status, 401)

    def test_a_key_of_another_gateway_or_of_ten_kilobytes_is_nobody(self):
        for key in ("mg-" + "x" * 40, "mg-" + "x" * 10_000, "mg-", "mg-" + "'" * 40):
            self.assertEqual(self.messages(key).status, 401)

    def test_models_providers_and_addresses_are_kept(self):
        haiku = self.admin.ready_key("only-haiku", {"models": ["claude-haiku-*"]})
        self.assertEqual(self.messages(haiku).status, 403)
        self.assertEqual(self.messages(haiku, model="claude-haiku-4-5").status, 200)
        gemini = self.admin.ready_key("only-gemini", {"providers": ["gemini"]})
        self.assertEqual(self.messages(gemini).status, 403)
        elsewhere = self.admin.ready_key("elsewhere", {"ip_allow": ["203.0.113.0/24", "2001:db8::/32"]})
        self.assertEqual(self.messages(elsewhere).status, 403)
        here = self.admin.ready_key("here", {"ip_allow": ["127.0.0.0/8"]})
        self.assertEqual(self.messages(here).status, 200)

    def test_a_new_text_for_a_key_ends_the_old_one(self):
        self.admin.user("rita")
        self.admin.client("rita", user="rita")
        key = self.admin.key("rita")
        new = self.admin.call("POST", f"keys/{key['id']}/regenerate")
        self.assertEqual(self.messages(key["key"]).status, 401)
        self.assertEqual(self.messages(new["key"]).status, 200)


class Limits(MoneyCase):
    def test_requests_per_minute(self):
        key = self.admin.ready_key("slow", {"limits": {"requests_per_minute": 2}})
        first = self.messages(key)
        self.assertEqual((first.status, first.getheader("anthropic-ratelimit-requests-limit"),
                          first.getheader("anthropic-ratelimit-requests-remaining")), (200, "2", "1"))
        self.assertEqual(self.messages(key).status, 200)
        refused = self.messages(key)
        self.assertEqual(refused.status, 429)
        error = json.loads(refused.text)["error"]
        self.assertEqual(error["type"], "rate_limit_error")
        self.assertIn("2 requests per minute", error["message"])
        self.assertIn("key", error["message"])
        self.assertLessEqual(1, int(refused.getheader("retry-after")))
        self.assertGreaterEqual(60, int(refused.getheader("retry-after")))

    def test_googles_clients_are_told_in_googles_words(self):
        key = self.admin.ready_key("slow-google", {"limits": {"requests_per_minute": 1}})
        self.upstream.script = lambda peer: peer.reply('{"candidates":[]}')
        self.assertEqual(self.gateway.generate(token=key).status, 200)
        refused = self.gateway.generate(token=key)
        self.assertEqual(refused.status, 429)
        error = json.loads(refused.text)["error"]
        self.assertEqual(error["status"], "RESOURCE_EXHAUSTED")
        kinds = {detail["@type"].rsplit(".", 1)[1] for detail in error["details"]}
        self.assertLessEqual({"QuotaFailure", "RetryInfo"}, kinds)

    def test_200_at_once_against_a_limit_of_50_requests_let_exactly_50_through(self):
        key = self.admin.ready_key("rush", {"limits": {"requests_per_minute": 50}})
        statuses = []
        at_once(200, lambda _: statuses.append(self.messages(key).status))
        self.assertEqual((statuses.count(200), statuses.count(429)), (50, 150))

    def test_200_at_once_against_50_places_let_exactly_50_through(self):
        # Nobody gets an answer before everybody has asked.
        key = self.admin.ready_key("places", {"limits": {"concurrent": 50}})
        everybody = threading.Event()

        def script(peer):
            everybody.wait(30)
            return peer.reply(MESSAGE)

        self.upstream.script = script
        statuses = []

        def call(_):
            status = self.messages(key).status
            statuses.append(status)
            if statuses.count(429) >= 150:
                everybody.set()

        at_once(200, call)
        self.assertEqual((statuses.count(200), statuses.count(429)), (50, 150))
        self.upstream.script = lambda peer: peer.reply(MESSAGE)
        self.assertEqual(self.messages(key).status, 200, "all slots are free again")

    def test_a_shadow_limit_refuses_nobody(self):
        key = self.admin.ready_key("shadow", {"limits": {"requests_per_minute": 1}, "shadow": True})
        self.assertEqual([self.messages(key).status for _ in range(3)], [200, 200, 200])
        wait_until(lambda: "would have refused" in self.gateway.said(), "the shadow limit is logged")

    def test_a_client_of_the_map_keeps_its_limits_too(self):
        self.admin.client("static", terms={"limits": {"requests_per_minute": 1}})
        self.gateway.write_map([{"client_token": "static-token-000001", "name": "static", "enable": True,
                                 "service_type": "any"}, {"client_token": KEY["x-api-key"], "enable": True}],
                               claude=[{"key_filename": "upstream.json", "models": [{"model": "*", "domain": self.upstream.url}]}],
                               gemini=[{"key_filename": "upstream-gemini.json", "models": [{"model": "*", "domain": self.upstream.url}]}])
        wait_until(lambda: self.messages("static-token-000001").status == 200, "the new client")
        self.assertEqual(self.messages("static-token-000001").status, 429)


class Ledger(MoneyCase):
    def test_every_token_of_an_answer_is_billed_once_at_its_own_price(self):
        key = self.admin.ready_key("billed", {"markup": "2.0"})
        self.upstream.script = lambda peer: peer.reply(answer_with(
            input_tokens=100, output_tokens=20, cache_read_input_tokens=1000, cache_creation_input_tokens=30,
            cache_creation={"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}))
        self.assertEqual(self.messages(key).status, 200)
        row = self.admin.ledger_of("billed", 1)[0]
        # 100 at 3, 10 at 3.75, 20 at 6, 1,000 at 0.30 and 20 at 15 dollars per million.
        self.assertEqual((row["cost"], row["billed"], row["priced"]), ("0.0010575", "0.002115", True))
        self.assertEqual(row["usage"]["cache_write_1h_tokens"], 20)
        self.assertEqual(row["raw_usage"]["cache_creation"]["ephemeral_1h_input_tokens"], 20)
        self.assertEqual((row["client"], row["model"], row["provider"], row["outcome"], row["estimated"]),
                         ("billed", SONNET, "anthropic", "done", False))
        used = self.admin.call("GET", "usage?by=client&client=billed")["rows"][0]
        self.assertEqual((used["requests"], used["billed"]), (1, "0.002115"))

    def test_a_stream_is_billed_by_its_last_word(self):
        key = self.admin.ready_key("streamed")

        def script(peer):
            peer.stream_head()
            for event in message_events(["a", "b"], usage_out=7):
                peer.chunk(event)
            return peer.last_chunk()

        self.upstream.script = script
        connection = self.connect().send(ask_with(key, stream=True))
        connection.head()
        list(connection.events())
        row = self.admin.ledger_of("streamed", 1)[0]
        self.assertEqual((row["usage"]["input_tokens"], row["usage"]["output_tokens"], row["cost"]), (5, 7, "0.00012"))

    def test_who_leaves_pays_for_what_was_seen(self):
        key = self.admin.ready_key("leaves")
        left = threading.Event()

        def script(peer):
            peer.stream_head()
            events = list(message_events(["x" * 400], usage_out=999))
            for event in events[:3]:
                peer.chunk(event)
            left.wait(20)
            peer.wait_for_close()

        self.upstream.script = script
        connection = self.connect().send(ask_with(key, stream=True))
        connection.head()
        events = connection.events()
        for _ in range(3):  # the text has come
            next(events)
        connection.close()
        left.set()
        row = self.admin.ledger_of("leaves", 1)[0]
        self.assertEqual((row["outcome"], row["estimated"], row["usage"]["input_tokens"]), ("client-gone", True, 5))
        self.assertGreater(row["usage"]["output_tokens"], 1)
        self.assertLess(row["usage"]["output_tokens"], 999)

    def test_counting_tokens_and_failures_cost_nothing(self):
        key = self.admin.ready_key("free")
        self.upstream.script = lambda peer: peer.reply('{"input_tokens":5000}')
        self.gateway.exchange("http", "POST", "/v1/messages/count_tokens", {"model": SONNET, "messages": []}, {"x-api-key": key})
        self.upstream.script = lambda peer: peer.reply('{"type":"error","error":{"type":"invalid_request_error","message":"no"}}',
                                                       status="400 Bad Request")
        self.assertEqual(self.messages(key).status, 400)
        rows = self.admin.ledger_of("free", 2)
        self.assertEqual({row["cost"] for row in rows}, {"0.00"})

    def test_a_model_without_a_price_is_seen_and_not_zero(self):
        key = self.admin.ready_key("unpriced")
        self.assertEqual(self.messages(key, model="claude-of-next-year").status, 200)
        row = self.admin.ledger_of("unpriced", 1)[0]
        self.assertEqual((row["priced"], row["cost"]), (False, None))
        self.assertEqual(self.admin.call("GET", "usage?by=client&client=unpriced")["rows"][0]["unpriced"], 1)

    def test_the_ledger_survives_kill_9(self):
        key = self.admin.ready_key("killed")
        done = []
        stop = threading.Event()

        def caller(_):
            while not stop.is_set():
                try:
                    if self.messages(key).status == 200:
                        done.append(1)
                except OSError:
                    return

        for _ in range(2):
            stop.clear()
            threads = [threading.Thread(target=caller, args=(n,)) for n in range(6)]
            for thread in threads:
                thread.start()
            before = len(done)
            wait_until(lambda: len(done) >= before + 60, "requests are answered", 20)
            self.gateway.process.kill()
            self.gateway.process.wait()
            stop.set()
            for thread in threads:
                thread.join()
            self.gateway.start()
        rows = wait_until(lambda: (rows := self.admin.ledger("killed")) and len(rows) >= len(done) and rows,
                          "every answered request is in the ledger", 20)
        self.assertEqual(len({row["request_id"] for row in rows}), len(rows))
        # Those that were under way when it ended may be there too: twelve at most.
        self.assertLessEqual(len(rows), len(done) + 12)


class Unpriced(MoneyCase):
    settings = {"billing.unpriced": "refuse"}

    def test_a_model_without_a_price_is_refused_where_the_settings_say_so(self):
        key = self.admin.ready_key("careful")
        refused = self.messages(key, model="claude-of-next-year")
        self.assertEqual(refused.status, 403)
        self.assertIn("claude-of-next-year", json.loads(refused.text)["error"]["message"])
        self.upstream_saw_nothing()
        self.assertEqual(self.messages(key).status, 200)


class Drain(MoneyCase):
    settings = {"stream.on_disconnect": "drain"}

    def leave_after(self, key, events_before):
        left = threading.Event()

        def script(peer):
            peer.stream_head()
            events = list(message_events(["x" * 400], usage_out=999))
            for event in events[:3]:
                peer.chunk(event)
            left.wait(20)
            for event in events[3:]:
                peer.chunk(event)
            return peer.last_chunk()

        self.upstream.script = script
        connection = self.connect().send(ask_with(key, stream=True))
        connection.head()
        events = connection.events()
        for _ in range(events_before):
            next(events)
        connection.close()
        left.set()

    def test_an_answer_whose_client_has_left_is_read_to_its_end(self):
        key = self.admin.ready_key("drained")
        self.leave_after(key, 3)
        row = self.admin.ledger_of("drained", 1)[0]
        self.assertEqual((row["outcome"], row["estimated"], row["usage"]["output_tokens"]), ("client-gone", False, 999))

    def test_a_client_that_leaves_before_the_answer_begins_pays_for_all_of_it(self):
        key = self.admin.ready_key("drained-early")
        asked, left = threading.Event(), threading.Event()

        def script(peer):
            peer.read_body()
            asked.set()
            left.wait(20)
            return peer.reply(answer_with(input_tokens=50, output_tokens=5))

        self.upstream.script = script
        connection = self.connect().send(ask_with(key))
        asked.wait(20)
        connection.close()
        left.set()
        row = self.admin.ledger_of("drained-early", 1)[0]
        self.assertEqual((row["outcome"], row["usage"]["input_tokens"], row["usage"]["output_tokens"]), ("client-gone", 50, 5))


class Balances(MoneyCase):
    settings = {"billing.balances": "true", "billing.opening": "1", "billing.warning": "0.0001"}

    def test_without_money_nothing_and_then_until_it_is_used_up(self):
        key = self.admin.ready_key("poor")
        refused = self.messages(key)
        self.assertEqual(refused.status, 402, refused.text)
        self.assertEqual(json.loads(refused.text)["error"]["type"], "billing_error")
        self.admin.top_up("poor", "1")
        # 100,000 tokens of output at 15 dollars per million are 1.50.
        self.upstream.script = lambda peer: peer.reply(answer_with(input_tokens=0, output_tokens=100_000))
        wait_until(lambda: self.messages(key).status == 200, "the money has arrived")
        self.admin.ledger_of("poor", 1)
        self.assertEqual(self.admin.balance("poor"), "-0.50")
        self.assertEqual(self.messages(key).status, 402)
        self.admin.top_up("poor", "2")
        wait_until(lambda: self.messages(key).status == 200, "the money has arrived")
        kinds = wait_until(lambda: [each["kind"] for each in self.admin.call("GET", "notifications")["notifications"]
                                    if each["user_id"]], "a notification")
        self.assertIn("balance-empty", kinds)
