"""Conversations stay where their prompt cache is; what an account has made is asked of that account, by any gateway."""

import json

from deadline import wait_until
from fixture import KEY, GatewayCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from servers import Redis
from test_failover import GEMINI_ANSWER, LIMITED, LOW_CREDIT, TwoAccounts, says, works
from upstream import Upstream
from wire import Connection, get, post

SYSTEM = [{"type": "text", "text": "You are careful. " * 40, "cache_control": {"type": "ephemeral"}}]
OTHER_TOKEN = "test-client-token-0002"


def turns(count, said="hi", marked=True):
    """The messages of the count-th turn of a conversation; the cache mark stands on the last one."""
    messages = []
    for turn in range(count):
        messages.append({"role": "user", "content": [{"type": "text", "text": f"{said} {turn}"}]})
        messages.append({"role": "assistant", "content": [{"type": "text", "text": "ok"}]})
    messages.pop()
    if marked:
        messages[-1]["content"][0]["cache_control"] = {"type": "ephemeral"}
    return messages


class Conversations(TwoAccounts):
    def one_sided(self):
        a, b = self.seen()
        return a == 0 or b == 0

    # lesson 32
    def test_the_turns_of_a_cached_conversation_go_to_one_account(self):
        for turn in range(1, 8):
            self.assertEqual(self.gateway.messages(system=SYSTEM, messages=turns(turn)).status, 200)
        self.assertTrue(self.one_sided(), self.seen())

    def test_several_conversations_still_spread(self):
        for number in range(8):
            for turn in (1, 2):
                self.gateway.messages(system=SYSTEM, messages=turns(turn, said=f"story {number}"))
        self.assertEqual(self.seen(), (8, 8))

    def test_without_marks_turns_go_round(self):
        for turn in range(1, 7):
            self.gateway.messages(messages=turns(turn, marked=False))
        self.assertEqual(self.seen(), (3, 3))

    def test_a_session_header_is_enough_and_does_not_travel(self):
        for name in ("x-moongate-session", "x-claude-code-session-id"):
            for _ in range(6):
                self.gateway.messages(headers={name: "session-7"})
        requests = [self.a.next_request() for _ in range(self.a.requests.qsize())]
        requests += [self.b.next_request() for _ in range(self.b.requests.qsize())]
        self.assertIn(len(requests), (12,))
        self.assertFalse(any(request.header("x-moongate-session") for request in requests))

    def test_a_user_id_in_the_metadata_is_enough(self):
        for _ in range(6):
            self.gateway.messages(metadata={"user_id": "user_1_session_2"})
        self.assertTrue(self.one_sided(), self.seen())

    def test_a_conversation_moves_when_its_account_is_unwell_and_stays_there(self):
        headers = {"x-session-id": "moves"}
        self.gateway.messages(headers=headers)
        first, second = (self.a, self.b) if self.a.requests.qsize() else (self.b, self.a)
        first.script = says(LIMITED, "429 Too Many Requests", ("retry-after", "1"))
        for _ in range(4):
            self.assertEqual(self.gateway.messages(headers=headers).status, 200)
        self.assertEqual((first.requests.qsize(), second.requests.qsize()), (2, 4))
        first.script = works
        wait_until(lambda: self.gateway.messages().status == 200 and first.requests.qsize() > 2, "the first account is used again")
        before = first.requests.qsize()
        for _ in range(4):
            self.gateway.messages(headers=headers)
        self.assertEqual(first.requests.qsize(), before)


class Off(TwoAccounts):
    settings = {"upstream.affinity": "false"}

    def test_affinity_can_be_switched_off(self):
        for _ in range(6):
            self.gateway.messages(headers={"x-session-id": "one"})
        self.assertEqual(self.seen(), (3, 3))


class Owners(TwoAccounts):
    """Files, batches and operations: only the account that made one knows it."""

    def call(self, request):
        with Connection(self.gateway.ports["http"]) as connection:
            return connection.send(request).answer()

    def makes(self, upstream, name):
        """Every upstream makes things with its own name in them, and knows only those."""
        def script(peer):
            peer.read_body()
            if peer.request.method == "POST" and "cancel" not in peer.request.target:
                number = script.count = script.count + 1
                return peer.reply(json.dumps({"id": f"file_{name}{number}", "type": "file"}))
            known = f"_{name}" in peer.request.target
            return peer.reply('{"ok":true}' if known else '{"type":"error","error":{"type":"not_found_error","message":"no"}}',
                              "200 OK" if known else "404 Not Found")
        script.count = 0
        upstream.script = script

    def setUp(self):
        super().setUp()
        self.makes(self.a, "a")
        self.makes(self.b, "b")

    def test_files_are_asked_of_the_account_that_has_them(self):
        made = [self.call(post("/v1/files", "x", KEY)).json["id"] for _ in range(4)]
        self.assertEqual({name[5] for name in made}, {"a", "b"})
        for _ in range(3):
            for name in made:
                for path in (f"/v1/files/{name}", f"/v1/files/{name}/content"):
                    self.assertEqual(self.call(get(path, KEY)).status, 200, path)

    def test_a_message_that_names_a_file_goes_where_the_file_is(self):
        made = [self.call(post("/v1/files", "x", KEY)).json["id"] for _ in range(2)]
        self.both(works)
        for upstream in (self.a, self.b):
            while upstream.requests.qsize():
                upstream.next_request()
        for _ in range(4):
            self.gateway.messages(messages=[{"role": "user", "content": [
                {"type": "document", "source": {"type": "file", "file_id": made[0]}}]}])
        self.assertIn(self.seen(), ((4, 0), (0, 4)))

    def test_an_unknown_name_goes_the_usual_way(self):
        statuses = [self.call(get("/v1/files/file_a99", KEY)).status for _ in range(4)]
        self.assertEqual(sorted(statuses), [200, 200, 404, 404])


class TwoGateways(GatewayCase):
    """Two gateways over the same two accounts, with one Redis between them."""

    @classmethod
    def setUpClass(cls):
        cls.redis = Redis().start()
        cls.a, cls.b = Upstream(works), Upstream(works)
        files = {n: {"type": "anthropic_api_key", "api_key": "sk-" + n, "base_url": u.url}
                 for n, u in (("a.json", cls.a), ("b.json", cls.b))}
        rules = [{"key_filename": n, "models": [{"model": "*", "domain": u.url}]} for n, u in (("a.json", cls.a), ("b.json", cls.b))]
        google = [Upstream(lambda peer: peer.reply(GEMINI_ANSWER)) for _ in range(2)]
        cls.google = google
        for number, upstream in enumerate(google):
            files[f"g{number}.json"] = {"type": "gemini_api_key", "api_key": f"g{number}", "base_url": upstream.url}
        gemini = [{"key_filename": f"g{n}.json", "models": [{"model": "*", "domain": u.url}]} for n, u in enumerate(google)]
        for upstream in (cls.a, cls.b, *google):
            upstream.__enter__()
        cls.gateways = [Gateway(clients=[simple_client(), simple_client(OTHER_TOKEN)], claude=rules, gemini=gemini, credentials=files,
                                settings={"simulator.mode": "off", "cache.url": cls.redis.url}, workers=2) for _ in range(2)]
        for gateway in cls.gateways:
            gateway.start()

    @classmethod
    def tearDownClass(cls):
        for gateway in cls.gateways:
            gateway.stop()
        for upstream in (cls.a, cls.b, *cls.google):
            upstream.close()
        cls.redis.close()

    def setUp(self):
        for upstream in (self.a, self.b):
            upstream.script = works
            while upstream.requests.qsize():
                upstream.next_request()

    def seen(self):
        return self.a.requests.qsize(), self.b.requests.qsize()

    def test_a_conversation_stays_with_its_account_whichever_gateway_it_comes_through(self):
        for turn in range(1, 9):
            gateway = self.gateways[turn % 2]
            self.assertEqual(gateway.messages(system=SYSTEM, messages=turns(turn, "shared")).status, 200)
        self.assertIn(self.seen(), ((8, 0), (0, 8)))

    def test_what_one_client_holds_does_not_steer_another(self):
        for token in (CLIENT_TOKEN, OTHER_TOKEN):
            for _ in range(3):
                self.gateways[0].messages(token=token, headers={"x-session-id": "same name"})
        self.assertIn(self.seen(), ((6, 0), (0, 6), (3, 3)))

    def test_an_operation_begun_on_one_gateway_is_asked_for_on_the_other(self):
        def script(number):
            def answer(peer):
                peer.read_body()
                if peer.request.method == "POST":
                    return peer.reply(json.dumps({"name": f"models/veo-3/operations/op-{number}"}))
                mine = peer.request.target.endswith(f"op-{number}")
                return peer.reply("{}", "200 OK" if mine else "404 Not Found")
            return answer

        for number, upstream in enumerate(self.google):
            upstream.script = script(number)
        key = {"x-goog-api-key": CLIENT_TOKEN, "content-type": "application/json"}
        for _ in range(4):
            with Connection(self.gateways[0].ports["http"]) as connection:
                name = connection.send(post("/v1beta/models/veo-3:predictLongRunning", '{"instances":[]}', key)).answer().json["name"]
            for gateway in self.gateways:
                with Connection(gateway.ports["http"]) as connection:
                    self.assertEqual(connection.send(get(f"/v1beta/{name}", key)).answer().status, 200, name)

    def test_a_cool_down_found_by_one_gateway_is_known_to_the_other(self):
        model = "claude-shared-cooling"
        self.a.script = says(LIMITED, "429 Too Many Requests", ("retry-after", "600"))
        wait_until(lambda: self.gateways[0].messages(model=model).status == 200 and self.a.requests.qsize() > 0, "one meets it")

        def known():
            before = self.a.requests.qsize()
            for _ in range(4):
                self.gateways[1].messages(model=model)
            return self.a.requests.qsize() == before

        wait_until(known, "the other knows it", 10)

    def test_without_redis_every_request_is_still_answered(self):
        self.redis.kill()
        try:
            for turn in range(1, 7):
                self.assertEqual(self.gateways[turn % 2].messages(system=SYSTEM, messages=turns(turn, "alone")).status, 200)
        finally:
            self.redis.start()


class GeminiUploads(TwoAccounts):
    kind = "gemini_api_key"

    def test_a_resumable_upload_goes_on_where_it_began_and_so_does_its_file(self):
        def script(name, upstream):
            def answer(peer):
                body = peer.read_body()
                if peer.request.header("x-goog-upload-command") == "start":
                    return peer.reply("{}", "200 OK", [("x-goog-upload-url", f"{upstream.url}/upload/v1beta/files?upload_id=id-{name}"),
                                                       ("x-goog-upload-status", "active")])
                if "upload_id" in peer.request.target:
                    good = peer.request.target.endswith(f"upload_id=id-{name}") and body == b"data"
                    return peer.reply(json.dumps({"file": {"name": f"files/of-{name}", "uri": f"x/files/of-{name}"}}),
                                      "200 OK" if good else "404 Not Found")
                if peer.request.method == "GET":
                    return peer.reply("{}", "200 OK" if peer.request.target.endswith(f"of-{name}") else "403 Forbidden")
                good = f"files/of-{name}".encode() in body
                return peer.reply(GEMINI_ANSWER, "200 OK" if good else "403 Forbidden")
            return answer

        self.a.script, self.b.script = script("a", self.a), script("b", self.b)
        key = {"x-goog-api-key": CLIENT_TOKEN}
        for _ in range(4):
            with Connection(self.gateway.ports["http"]) as connection:
                begun = connection.send(post("/upload/v1beta/files", "{}", key | {
                    "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"})).answer()
                path = "/" + begun.header("x-goog-upload-url").split("/", 3)[3]
                made = connection.send(post(path, "data", key | {"x-goog-upload-command": "upload, finalize"})).answer()
                self.assertEqual(made.status, 200, made)
                name = made.json["file"]["name"]
                for _ in range(2):
                    self.assertEqual(connection.send(get(f"/v1beta/{name}", key)).answer().status, 200, name)
                ask = {"contents": [{"parts": [{"fileData": {"fileUri": f"https://host.example/v1beta/{name}"}}]}]}
                answer = connection.send(post("/v1beta/models/gemini-2.5-pro:generateContent", ask, key)).answer()
                self.assertEqual(answer.status, 200, name)


class Traced(TwoAccounts):
    def gateway_for(self, accounts, **settings):
        gateway = super().gateway_for(accounts, **settings)
        raw = json.loads(gateway.map_file.read_text())
        gateway.write_map([simple_client(trace=True), simple_client(OTHER_TOKEN)], raw["key_filename_gemini"], raw["key_filename_claude"])
        return gateway

    def test_each_decision_is_told_to_who_may_ask(self):
        self.a.script = says(LOW_CREDIT, "400 Bad Request")
        told = []
        for _ in range(3):
            answer = self.gateway.messages(headers={"x-moongate-trace": "explain", "x-session-id": "s"})
            self.assertEqual(answer.status, 200)
            told.append(answer.getheader("x-moongate-trace"))
        text = "\n".join(told)
        for word in ("client=", "model=claude-sonnet-4-5", "routes=anthropic/", "affinity=", "400 spend-limit, next", "disabled",
                     "b.json -> 200 (by x-api-key)"):
            self.assertIn(word, text)
        self.assertNotIn("sk-", text)
        for request in [self.b.next_request() for _ in range(self.b.requests.qsize())]:
            self.assertIsNone(request.header("x-moongate-trace"))

    def test_others_are_told_nothing(self):
        for answer in (self.gateway.messages(token=OTHER_TOKEN, headers={"x-moongate-trace": "explain"}), self.gateway.messages()):
            self.assertIsNone(answer.getheader("x-moongate-trace"))
