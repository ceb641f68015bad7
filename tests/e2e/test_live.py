"""What is happening now: overview, single requests with their decisions, the WebSocket, captured bodies."""

import json
import sqlite3
import threading

from deadline import wait_until
from fixture import ASK_STREAM, KEY, GatewayCase, UpstreamCase
from gateway import Gateway, simple_client
from live_socket import Ended, LiveSocket
from money import SONNET, Admin
from upstream import MESSAGE, Upstream, anthropic_account, message_events
from wire import post

PASSWORD = "correct horse battery"


class LiveCase:
    """What these tests ask, mixed into a gateway's."""

    def admin(self, method, path, body=None, expect=200):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        self.assertEqual(answer.status, expect, answer.text)
        return json.loads(answer.text)

    def requests(self, **wanted):
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        return self.admin("GET", "requests" + ("?" + query if query else ""))

    def request(self, request_id, source="recent"):
        """One, once it is there: workers hand over ten times a second, and the ledger may be quicker."""
        def shown():
            answer = self.gateway.admin("GET", f"/api/admin/requests/{request_id}")
            request = json.loads(answer.text)
            return answer.status == 200 and request["source"] == source and request
        return wait_until(shown, f"request {request_id} is shown")

    def sent(self, text="hi", **more):
        """The id of a request that was answered."""
        return self.gateway.messages(text, **more).headers["x-moongate-request-id"]

    def person(self, name, role):
        """Bearer of somebody with that role."""
        Admin(self.gateway).user(name, role=role, password=PASSWORD)
        return self.sign_in(name)

    def sign_in(self, name):
        login = self.gateway.control("POST", "/api/auth/login", {"name": name, "password": PASSWORD})
        self.assertEqual(login.status, 200, login.text)
        return {"Authorization": "Bearer " + json.loads(login.text)["access_token"]}

    def look_on(self, headers=None, expect=101):
        live = LiveSocket(self.gateway.ports["control"],
                          {"Authorization": f"Bearer {self.gateway.admin_token}"} if headers is None else headers)
        self.addCleanup(live.close)
        self.assertEqual(live.status, expect, live.head)
        return live


class Overview(LiveCase, GatewayCase):
    def test_tells_what_was_done_within_the_last_minute(self):
        for _ in range(3):
            self.assertEqual(self.gateway.messages().status, 200)

        def told():
            now = self.admin("GET", "overview")["now"]
            return now["requests_per_minute"] >= 3 and float(now["cost_today"]) > 0 and now
        now = wait_until(told, "the overview counts what was done", 15)
        self.assertEqual(now["errors_per_minute"], 0)
        self.assertGreater(now["tokens_per_minute"], 0)
        self.assertGreater(now["p95_ms"], 0)
        self.assertLessEqual(now["p50_ms"], now["p95_ms"])

    def test_series_have_a_point_for_each_step(self):
        self.sent()
        wait_until(lambda: sum(point["requests"] for point in self.admin("GET", "overview?range=24h")["series"]) > 0,
                   "the ledger's sums know of it", 15)
        for span, points in (("1h", 60), ("24h", 24), ("7d", 168), ("30d", 30)):
            overview = self.admin("GET", "overview?range=" + span)
            self.assertEqual(len(overview["series"]), points, span)
            self.assertEqual(overview["series_of"], "this gateway" if span == "1h" else "all gateways")
        self.assertGreater(float(overview["series"][-1]["cost"]), 0)
        self.assertIn({"state": "ok", "reason": None, "until": None},
                      [account["health"] for account in overview["accounts"]])

    def test_an_unknown_range_is_refused(self):
        self.assertIn("1h", self.admin("GET", "overview?range=1y", expect=400)["error"]["message"])

    def test_other_methods_and_strangers_are_refused(self):
        self.assertEqual(self.gateway.admin("POST", "/api/admin/overview", {}).status, 405)
        self.assertEqual(self.gateway.control("GET", "/api/admin/overview").status, 401)
        self.assertEqual(self.gateway.control("GET", "/api/admin/requests").status, 401)


class Requests(LiveCase, UpstreamCase):
    clients = [simple_client(), simple_client("test-client-token-0002", name="second")]

    def test_a_request_is_shown_with_what_was_decided(self):
        shown = self.request(self.sent())
        self.assertEqual([decision["phase"] for decision in shown["decisions"]],
                         ["authenticate", "model", "limits", "select", "attempt", "connect", "answer", "end"])
        self.assertEqual([(attempt["status"], attempt["reason"]) for attempt in shown["attempts"]], [(200, None)])
        times = [decision["at_ms"] for decision in shown["decisions"]]
        self.assertEqual(times, sorted(times))
        self.assertEqual(shown["timings"]["end_ms"], shown["duration_ms"])
        self.assertEqual(shown["identity"], "static")
        self.assertNotIn("capture", shown)

    def test_a_refused_caller_is_shown_without_its_credential(self):
        answer = self.gateway.messages(token="not-a-token-of-ours-1234")
        shown = self.request(answer.headers["x-moongate-request-id"])
        self.assertEqual((shown["status"], shown["outcome"], shown["client"]), (401, "rejected", None))
        self.assertEqual([decision["phase"] for decision in shown["decisions"]], ["end"])
        self.assertNotIn("not-a-token-of-ours-1234", json.dumps(shown))

    def test_lists_are_filtered(self):
        good, other = self.sent(), self.sent(model="claude-opus-4-5")
        second = self.sent(token="test-client-token-0002")
        refused = self.gateway.messages(token="wrong").headers["x-moongate-request-id"]
        self.request(good), self.request(other), self.request(second), self.request(refused)

        def ids(**wanted):
            return [row["id"] for row in self.requests(limit=500, **wanted)["requests"]]
        self.assertIn(other, ids(model="claude-opus-4-5"))
        self.assertNotIn(good, ids(model="claude-opus-4-5"))
        self.assertEqual([row["id"] for row in self.requests(client="second")["requests"]][0], second)
        self.assertIn(refused, ids(status="4xx"))
        self.assertIn(refused, ids(status="401"))
        self.assertNotIn(good, ids(status="error"))
        self.assertIn(good, ids(status="ok"))
        self.assertEqual(ids(search=good), [good])
        self.assertIn(refused, ids(outcome="rejected"))
        self.assertEqual(ids(to="2020-01-01"), [])
        self.admin("GET", "requests?status=7xx", expect=400)
        self.admin("GET", "requests?cursor=nonsense", expect=400)
        self.admin("GET", "requests?colour=red", expect=400)

    def test_pages_follow_one_another_and_tell_each_request_once(self):
        sent = [self.sent() for _ in range(7)]
        for each in sent:
            self.request(each)
        wait_until(lambda: {row["request_id"] for row in Admin(self.gateway).ledger("")} >= set(sent), "the ledger has them", 15)
        seen, page = [], self.requests(limit=2)
        while True:
            seen += page["requests"]
            if page["next"] is None:
                break
            page = self.requests(limit=2, cursor=page["next"])
        ids = [row["id"] for row in seen]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreaterEqual(set(ids), set(sent))
        times = [row["at"] for row in seen]
        self.assertEqual(times, sorted(times, reverse=True))

    def test_what_is_not_there_is_not_found(self):
        self.admin("GET", "requests/mg-nobody", expect=404)

    def test_after_a_restart_the_ledger_tells(self):
        sent = self.sent()
        wait_until(lambda: any(row["request_id"] == sent for row in Admin(self.gateway).ledger("")), "it is in the ledger", 15)
        self.gateway.stop(remove=False)
        self.gateway.start()
        shown = self.request(sent, "ledger")
        self.assertEqual((shown["decisions"], shown["status"]), ([], 200))
        self.assertIn(sent, [row["id"] for row in self.requests()["requests"]])


class Attempts(LiveCase, GatewayCase):
    @classmethod
    def setUpClass(cls):
        limited = ('{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}', "429 Too Many Requests")
        cls.first = Upstream(lambda peer: peer.reply(*limited, headers=[("retry-after", "30")]))
        cls.second = Upstream(lambda peer: peer.reply(MESSAGE))
        cls.first.__enter__(), cls.second.__enter__()
        super().setUpClass()

    @classmethod
    def make_gateway(cls):
        files, accounts = anthropic_account(cls.first, "first.json")
        more_files, more = anthropic_account(cls.second, "second.json")
        return Gateway(claude=accounts + more, credentials=files | more_files, settings={"simulator.mode": "off"}, workers=1)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.first.close(), cls.second.close()

    def test_each_attempt_is_told_with_its_reason_and_troubled_accounts_go_last(self):
        shown = wait_until(lambda: len((one := self.request(self.sent()))["attempts"]) == 2 and one, "one meets both", 10)
        refused, answered = shown["attempts"]
        self.assertEqual((refused["status"], refused["reason"]), (429, "rate-limited"))
        self.assertIn("next account", refused["then"])
        self.assertEqual((answered["status"], answered["reason"]), (200, None))
        self.assertEqual(shown["account"], answered["route"].split("/")[1])
        self.assertGreaterEqual(answered["began_ms"], refused["began_ms"])
        after = self.request(self.sent())
        self.assertEqual(len(after["attempts"]), 1)
        self.assertIn("cooling", [d["text"] for d in after["decisions"] if d["phase"] == "health"][0])
        health = [account["health"]["state"] for account in self.admin("GET", "overview")["accounts"]]
        self.assertIn("cooling", health)


class LookingOn(LiveCase, UpstreamCase):
    clients = [simple_client(), simple_client("test-client-token-0002", name="second")]

    def ended(self, live, **wanted):
        message = live.until(lambda m: m["type"] == "request" and m["request"]["state"] == "ended" and
                             all(m["request"][name] == value for name, value in wanted.items()), "the request's end is told")
        return message["request"]

    def test_requests_are_told_when_they_begin_and_when_they_end(self):
        live = self.look_on().subscribe("requests")
        begun = threading.Event()
        self.upstream.script = lambda peer: [peer.stream_head(), self.assertTrue(begun.wait(10)),
                                             [peer.chunk(event) for event in message_events(["a"])], peer.last_chunk()][-1]
        connection = self.connect().send(post("/v1/messages", json.loads(ASK_STREAM), KEY))
        first = live.until(lambda m: m["type"] == "request", "the beginning is told")["request"]
        self.assertEqual((first["state"], first["model"]), ("running", SONNET))
        begun.set()
        self.assertEqual(connection.answer().status, 200)
        last = self.ended(live, id=first["id"])
        self.assertEqual((last["status"], last["outcome"], last["stream"]), (200, "done", True))

    def test_a_filter_leaves_out_what_was_not_asked_for(self):
        live = self.look_on().subscribe("requests", client="second")
        self.sent()
        mine = self.sent(token="test-client-token-0002")
        self.assertEqual(live.until(lambda m: m["type"] == "request", "the second's is told")["request"]["id"], mine)
        self.assertEqual(self.ended(live)["id"], mine)
        live.subscribe("requests", status="4xx", model="claude-*")
        self.sent()
        self.gateway.messages("", model="claude-nothing", max_tokens="many", token="test-client-token-0002")
        self.upstream.script = lambda peer: peer.reply('{"type":"error","error":{"type":"invalid_request_error"}}', "400 Bad Request")
        refused = self.sent()
        self.assertEqual(self.ended(live, status=400)["id"], refused)

    def test_usage_and_health_are_told_again_and_again(self):
        live = self.look_on().subscribe("usage", "health")
        usage = live.until(lambda m: m["type"] == "usage", "usage is told")
        self.assertIn("requests_per_minute", usage)
        health = live.until(lambda m: m["type"] == "health", "health is told")
        self.assertEqual((health["store"], health["ready"]), ("ok", True))
        self.assertTrue(health["accounts"])
        live.until(lambda m: m["type"] == "usage", "usage is told again")

    def test_what_is_misspelt_is_said(self):
        live = self.look_on()
        for wrong in ("no json", "[]", '{"subscribe":"requests"}', '{"subscribe":["everything"]}', '{"filter":{"colour":"red"}}',
                      '{"filter":{"status":"7xx"}}'):
            self.assertEqual(live.send(wrong).receive()["type"], "error", wrong)

    def test_strangers_and_pages_of_other_sites_are_refused(self):
        self.look_on({}, expect=401)
        self.look_on({"Authorization": "Bearer wrong"}, expect=401)
        token = {"Authorization": f"Bearer {self.gateway.admin_token}"}
        self.look_on(token | {"Origin": "http://elsewhere.example"}, expect=403)
        self.look_on(token | {"Origin": f"http://127.0.0.1:{self.gateway.control_port}"})
        self.assertEqual(self.gateway.admin("GET", "/ws").status, 426)
        self.assertEqual(self.gateway.admin("POST", "/ws", {}).status, 405)

    def test_a_cookie_counts_only_with_our_own_origin(self):
        Admin(self.gateway).user("vera", role="viewer", password=PASSWORD)
        login = self.gateway.control("POST", "/api/auth/login", {"name": "vera", "password": PASSWORD, "cookie": True})
        self.assertEqual(login.status, 200, login.text)
        cookies = "; ".join(value.split(";")[0] for name, value in login.getheaders() if name.lower() == "set-cookie")
        own = f"http://127.0.0.1:{self.gateway.control_port}"
        self.look_on({"Cookie": cookies}, expect=403)
        self.look_on({"Cookie": cookies, "Origin": "http://elsewhere.example"}, expect=403)
        self.look_on({"Cookie": cookies, "Origin": own}).subscribe("usage").until(lambda m: m["type"] == "usage", "usage is told")

    def test_a_user_sees_the_requests_of_their_own_clients_only(self):
        admin = Admin(self.gateway)
        ursula = self.person("ursula", "user")
        key = admin.call("POST", "users/ursula/token", {})["key"]
        live = self.look_on(ursula).subscribe("requests")
        self.sent()
        mine = wait_until(lambda: (answer := self.gateway.messages(token=key)).status == 200 and
                          answer.headers["x-moongate-request-id"], "the key is known")
        self.assertEqual(self.ended(live, status=200)["id"], mine)
        self.assertIn("own clients", live.send({"subscribe": ["health"]}).until(lambda m: m["type"] == "error", "it is refused")["message"])

    def test_whoever_signs_out_sees_no_more(self):
        bearer = self.person("oscar", "operator")
        live = self.look_on(bearer).subscribe("usage")
        self.assertLess(self.gateway.control("POST", "/api/auth/logout", {}, bearer).status, 300)
        with self.assertRaises(Ended) as ended:
            live.until(lambda m: False, "it is closed")
        self.assertEqual(ended.exception.code, 1008)

    def test_the_gateways_end_is_told(self):
        live = self.look_on().subscribe("requests")
        self.gateway.stop(remove=False)
        with self.assertRaises(Ended) as ended:
            live.receive()
        self.assertEqual(ended.exception.code, 1001)
        self.gateway.start()


class Capture(LiveCase, UpstreamCase):
    clients = [simple_client(name="first"), simple_client("test-client-token-0002", name="second")]
    settings = {"live.capture_requests": 3, "live.capture_kb": 4}

    def tearDown(self):
        self.admin("DELETE", "clients/first/capture")
        super().tearDown()

    def test_bodies_are_kept_for_the_client_that_was_named_and_shown_to_admins_alone(self):
        begun = self.admin("PUT", "clients/first/capture", {"minutes": 5})
        self.assertEqual((begun["active"], begun["max_bytes"]), (True, 4096))
        shown = self.request(self.sent("what was asked"))
        self.assertIn("what was asked", shown["capture"]["request"]["text"])
        self.assertEqual(shown["capture"]["answer"]["text"], MESSAGE)
        self.assertNotIn(KEY["x-api-key"], json.dumps(shown))
        other = self.request(self.sent(token="test-client-token-0002"))
        self.assertEqual((other["captured"], "capture" in other), (False, False))
        viewer = self.person("vic", "viewer")
        seen = json.loads(self.gateway.control("GET", "/api/admin/requests/" + shown["id"], headers=viewer).text)
        self.assertEqual((seen["captured"], "capture" in seen), (True, False))
        self.assertNotIn("what was asked", json.dumps(seen))

    def test_what_is_kept_is_bounded(self):
        self.admin("PUT", "clients/first/capture", {"minutes": 5, "max_bytes": 10})
        sent = [self.sent() for _ in range(4)]
        shown = [self.request(each) for each in sent]
        self.assertEqual([one["captured"] for one in shown], [False, True, True, True])
        body = shown[-1]["capture"]["request"]
        self.assertEqual((len(body["text"]), body["cut"]), (10, True))
        self.assertGreater(body["bytes"], 10)

    def test_streams_are_kept_as_they_went(self):
        self.upstream.script = lambda peer: [peer.stream_head(), [peer.chunk(event) for event in message_events(["für", "dich"])],
                                             peer.last_chunk()][-1]
        self.admin("PUT", "clients/first/capture", {"minutes": 5})
        answer = self.connect().send(post("/v1/messages", json.loads(ASK_STREAM), KEY)).answer()
        shown = self.request(answer.header("x-moongate-request-id"))
        self.assertIn("event: message_stop", shown["capture"]["answer"]["text"])

    def test_an_end_forgets_what_was_kept_and_both_are_audited(self):
        self.admin("PUT", "clients/first/capture", {"minutes": 5})
        sent = self.sent("secret things")
        self.assertTrue(self.request(sent)["captured"])
        self.assertFalse(self.admin("DELETE", "clients/first/capture")["active"])
        self.assertFalse(self.request(sent)["captured"])
        self.assertFalse(self.request(self.sent())["captured"])
        done = [(row["action"], row["subject"]) for row in self.admin("GET", "audit")["audit"]]
        self.assertEqual(done[:2], [("client.capture-end", "first"), ("client.capture", "first")])
        self.assertNotIn("secret things", self.gateway.said())

    def test_only_admins_may_ask_for_it_and_not_for_more_than_may_be(self):
        operator = self.person("olga", "operator")
        answer = self.gateway.control("PUT", "/api/admin/clients/first/capture", {"minutes": 5}, operator)
        self.assertEqual(answer.status, 403)
        for wrong in ({}, {"minutes": 0}, {"minutes": 5, "max_bytes": 5000}, {"minutes": 5, "colour": "red"}, {"minutes": 1441}):
            self.admin("PUT", "clients/first/capture", wrong, expect=400)
        self.assertEqual(self.admin("GET", "clients/first/capture"), {"client": "first", "active": False})


class Nothing(LiveCase, GatewayCase):
    settings = {"live.requests": 0}

    def test_nothing_is_kept_in_memory_and_the_ledger_still_tells(self):
        sent = self.sent()
        wait_until(lambda: self.requests()["requests"], "the ledger has it", 15)
        self.assertEqual(self.request(sent, "ledger")["status"], 200)
        self.assertEqual(self.gateway.admin("PUT", "/api/admin/clients/first/capture", {"minutes": 5}).status, 409)


class OldRows(LiveCase, GatewayCase):
    settings = {"ledger.keep_days": 1}

    def test_single_requests_go_after_their_time_and_their_sums_stay(self):
        admin = Admin(self.gateway)
        old = self.sent()
        wait_until(lambda: admin.ledger(""), "the ledger has it", 15)
        before = self.admin("GET", "usage?by=total")["total"]
        self.gateway.stop(remove=False)
        database = sqlite3.connect(next(self.gateway.data.glob("*.db")))
        with database:
            database.execute("UPDATE usage_ledger SET ended_at_ms = ended_at_ms - 86400000 * 2")
        database.close()
        self.gateway.start()
        wait_until(lambda: not admin.ledger(""), "the old row is erased", 15)
        self.admin("GET", "requests/" + old, expect=404)
        self.assertEqual(self.admin("GET", "usage?by=total")["total"], before)
