"""Conversations as streams: every piece at once; who leaves, who breaks, who comes at the same time."""

import json
import threading
import urllib.parse

from deadline import SLOWER, wait_until
from fixture import UpstreamCase, at_once
from gateway import CLIENT_TOKEN, simple_client
from money import Admin
from upstream import message_events
from wire import event_data, get, post

KEY = {"x-api-key": CLIENT_TOKEN, "content-type": "application/json"}


def play(texts, end=True):
    """A script that sends these texts as one answer."""
    def script(peer):
        peer.stream_head()
        for event in message_events(texts):
            if not end and "content_block_stop" in event:
                peer.reset()
                return None
            peer.chunk(event)
        return peer.last_chunk()
    return script


class ChatStreamCase(UpstreamCase):
    def open(self, message="hello", face="http", **more):
        tls = {"tls": self.gateway.certificate} if face == "https" else {}
        connection = self.connect(face, **tls).send(post("/api/chat", {"message": message, "stream": True} | more, KEY))
        status, _, headers = connection.head()
        self.assertEqual(status, 200)
        self.assertIn("text/event-stream", dict((name.lower(), value) for name, value in headers)["content-type"])
        return connection

    def read(self, connection):
        """[(name, data)] to the end."""
        return [self.parsed(event) for event in connection.events() if event_data(event) is not None]

    def parsed(self, event):
        names = [line[7:] for line in event.split("\n") if line.startswith("event: ")]
        return names[0] if names else None, event_data(event)

    def session(self, session_id):
        answer = self.gateway.exchange("http", "GET", f"/api/sessions/{session_id}", headers=KEY)
        self.assertEqual(answer.status, 200, answer.text)
        return json.loads(answer.text)

    def ask(self, message="hello", **more):
        return self.gateway.exchange("http", "POST", "/api/chat", {"message": message} | more, KEY)


class Streams(ChatStreamCase):
    def test_an_answer_comes_in_pieces_on_every_port(self):
        self.upstream.script = play(["one ", "two"])
        for face in ("http", "https", "control"):
            events = self.read(self.open(face=face))
            self.assertEqual([name for name, _ in events], ["session", "delta", "delta", "usage", "done"])
            self.assertEqual("".join(data["text"] for name, data in events if name == "delta"), "one two")
            self.assertEqual(events[3][1]["output_tokens"], 7)
            self.assertFalse(events[4][1]["partial"])
            told = self.session(events[0][1]["session_id"])
            self.assertEqual(told["messages"][1]["text"], "one two")
            self.assertEqual(told["messages"][1]["request_id"], events[0][1]["request_id"])

    def test_a_piece_is_with_the_client_before_the_next_one_exists(self):
        seen = threading.Event()

        def script(peer):
            peer.stream_head()
            for event in message_events(["one", "two", "three"]):
                peer.chunk(event)
                if "text_delta" in event and not seen.wait(10 * SLOWER):
                    raise AssertionError("a piece was held back")
                seen.clear()
            return peer.last_chunk()
        self.upstream.script = script
        for face in ("http", "control"):
            texts = []
            for event in self.open(face=face).events():
                name, data = self.parsed(event)
                if name == "delta":
                    texts.append(data["text"])
                    seen.set()
            self.assertEqual(texts, ["one", "two", "three"])

    def test_an_event_source_asks_by_its_address_alone(self):
        self.upstream.script = play(["from afar"])
        query = urllib.parse.urlencode({"message": "hello & good bye", "key": CLIENT_TOKEN, "model": "claude-sonnet-4-5"})
        connection = self.connect().send(get(f"/api/chat/stream?{query}", {"Accept": "text/event-stream"}))
        self.assertEqual(connection.head()[0], 200)
        events = self.read(connection)
        self.assertEqual(events[1], ("delta", {"text": "from afar"}))
        self.assertEqual(self.session(events[0][1]["session_id"])["messages"][0]["text"], "hello & good bye")
        # What the browser sends by itself when the stream has ended must not be heard as the message again.
        again = self.connect().send(get(f"/api/chat/stream?{query}", {"Last-Event-ID": "1"})).answer()
        self.assertEqual(again.status, 204)

    def test_events_have_ids_so_that_a_browser_that_asks_again_says_so(self):
        self.upstream.script = play(["x"])
        events = list(self.open().events())
        self.assertIn("\nid: ", "\n" + events[0])

    def test_who_leaves_cancels_the_model_and_finds_the_partial_answer_later(self):
        for face in ("http", "control"):
            cancelled = threading.Event()

            def script(peer, cancelled=cancelled):
                peer.stream_head(headers=[("Connection", "close")])
                for event in list(message_events(["so far", "never"]))[:3]:
                    peer.chunk(event)
                peer.wait_for_close()
                cancelled.set()
            self.upstream.script = script
            connection = self.open(face=face)
            for event in connection.events():
                name, data = self.parsed(event)
                if name == "session":
                    session_id = data["session_id"]
                if name == "delta":
                    break
            connection.close()
            self.assertTrue(cancelled.wait(10 * SLOWER), "the model was left at work")
            answer = wait_until(lambda: (told := self.session(session_id)["messages"]) and told[-1], "what was said")
            self.assertEqual((answer["role"], answer["text"], answer["state"]), ("assistant", "so far", "partial"))

    def test_an_answer_that_breaks_off_is_told_and_kept_as_far_as_it_came(self):
        self.upstream.script = play(["half of it"], end=False)
        events = self.read(self.open())
        self.assertEqual(events[-1][0], "error")
        self.assertTrue(events[-1][1]["partial"])
        self.assertEqual(events[-1][1]["error"]["status"], "UNAVAILABLE")
        told = self.session(events[0][1]["session_id"])["messages"]
        self.assertEqual((told[1]["text"], told[1]["state"]), ("half of it", "partial"))
        whole = self.ask("again")
        self.assertEqual((whole.status, json.loads(whole.text)["partial"]), (200, True))

    def test_a_refusal_keeps_its_status_for_a_stream_too(self):
        self.upstream.script = lambda peer: peer.reply(
            '{"type":"error","error":{"type":"invalid_request_error","message":"too odd"}}', "400 Bad Request")
        answer = self.connect().send(post("/api/chat", {"message": "x", "stream": True}, KEY)).answer()
        self.assertEqual((answer.status, answer.json["error"]["message"]), (400, "too odd"))

    def test_a_conversation_gives_one_answer_at_a_time(self):
        going = threading.Event()

        def script(peer):
            peer.stream_head()
            events = list(message_events(["slow"]))
            for event in events[:3]:
                peer.chunk(event)
            going.wait(10 * SLOWER)
            for event in events[3:]:
                peer.chunk(event)
            return peer.last_chunk()
        self.upstream.script = script
        first = self.open()
        events = first.events()
        session_id = self.parsed(next(events))[1]["session_id"]
        busy = self.ask("at once", session_id=session_id)
        self.assertEqual((busy.status, json.loads(busy.text)["error"]["status"]), (409, "ABORTED"))
        going.set()
        self.assertEqual(self.parsed(list(events)[-1])[0], "done")
        self.upstream.script = play(["next"])
        self.assertEqual(self.ask("then", session_id=session_id).status, 200)

    def test_the_model_gets_what_was_said_and_the_system_prompt(self):
        self.upstream.script = play(["Hello Ada."])
        first = json.loads(self.ask("I am Ada.", system="Be kind.").text)
        self.ask("Who am I?", session_id=first["session_id"])
        self.upstream.requests.get(timeout=5)
        sent = json.loads(self.upstream.requests.get(timeout=5).body)
        self.assertEqual([(each["role"], each["content"][0]["text"]) for each in sent["messages"]],
                         [("user", "I am Ada."), ("assistant", "Hello Ada."), ("user", "Who am I?")])
        self.assertEqual(sent["system"], "Be kind.")

    def test_a_connection_serves_the_next_request_behind_a_stream(self):
        self.upstream.script = play(["x"])
        connection = self.open()
        self.assertEqual(self.read(connection)[-1][0], "done")
        connection.send(get("/api/sessions", KEY))
        self.assertEqual(connection.answer().status, 200)
        connection.send(b"HEAD /api/sessions HTTP/1.1\r\nHost: x\r\nx-api-key: " + CLIENT_TOKEN.encode() + b"\r\n\r\n")
        self.assertEqual(connection.answer(head_only=True).status, 200)
        connection.send(post("/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 5, "stream": True,
                                              "messages": [{"role": "user", "content": "hi"}]}, KEY))
        self.assertEqual(connection.head()[0], 200)

    def test_a_client_of_http_1_0_gets_the_events_without_chunks(self):
        self.upstream.script = play(["x"])
        body = json.dumps({"message": "hi", "stream": True}).encode()
        head = f"POST /api/chat HTTP/1.0\r\nx-api-key: {CLIENT_TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
        answer = self.connect().send(head.encode() + body).answer()
        self.assertEqual(answer.status, 200)
        self.assertIn("event: delta\ndata: {\"text\":\"x\"}\n\n", answer.text)
        self.assertTrue(answer.text.rstrip().endswith("}"))

    def test_a_body_that_comes_in_chunks_and_asks_before_is_read(self):
        self.upstream.script = play(["x"])
        connection = self.connect().send(
            f"POST /api/chat HTTP/1.1\r\nHost: x\r\nx-api-key: {CLIENT_TOKEN}\r\nTransfer-Encoding: chunked\r\n"
            "Expect: 100-continue\r\n\r\n".encode())
        self.assertEqual(connection.head()[0], 100)
        body = b'{"message":"in pieces"}'
        connection.send(b"5\r\n" + body[:5] + b"\r\n").send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body) - 5, body[5:]))
        self.assertEqual(connection.answer().status, 200)

    def test_a_chunked_body_without_end_is_refused_at_a_megabyte(self):
        connection = self.connect().send(b"POST /api/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send_as_far_as_possible((b"10000\r\n" + b"x" * 65536 + b"\r\n") * 20)
        self.assertEqual(connection.answer().status, 413)
        self.still_serves()

    def test_many_talk_at_once(self):
        self.upstream.script = play(["one", "two"])
        sessions = []

        def talk(number):
            answer = self.gateway.exchange("http" if number % 2 else "control", "POST", "/api/chat", {"message": f"number {number}"}, KEY)
            self.assertEqual(answer.status, 200, answer.text)
            sessions.append(json.loads(answer.text)["session_id"])
        at_once(30, talk)
        self.assertEqual(len(set(sessions)), 30)

    def test_a_reset_in_the_middle_leaves_the_gateway_serving(self):
        self.upstream.script = play(["x"] * 3)
        connection = self.open()
        connection.reset()
        self.still_serves()


class Endings(ChatStreamCase):
    settings = {"timeouts.drain_ms": 200}

    def test_a_gateway_that_ends_keeps_what_was_said_by_then(self):
        def script(peer):
            peer.stream_head(headers=[("Connection", "close")])
            for event in list(message_events(["so far", "never"]))[:3]:
                peer.chunk(event)
            peer.wait_for_close()
        for face in ("http", "control"):
            self.upstream.script = script
            events = self.open(face=face).events()
            session_id = self.parsed(next(events))[1]["session_id"]
            self.assertEqual(self.parsed(next(events)), ("delta", {"text": "so far"}))
            self.gateway.stop(remove=False)
            self.gateway.start()
            answer = self.session(session_id)["messages"][-1]
            self.assertEqual((answer["text"], answer["state"]), ("so far", "partial"))
            self.upstream.script = play(["on it goes"])
            self.assertEqual(self.ask("go on", session_id=session_id).status, 200)


class Bounds(ChatStreamCase):
    settings = {"chat.streams": 1, "chat.context_tokens": 200, "chat.max_tokens": 50}
    clients = [simple_client(), simple_client("token-from-elsewhere-0123456789", ip_allow=["10.0.0.0/8"])]

    def test_no_more_answers_at_once_than_the_setting_allows(self):
        leave = threading.Event()

        def script(peer):
            peer.stream_head()
            leave.wait(10 * SLOWER)
            for event in message_events(["x"]):
                peer.chunk(event)
            return peer.last_chunk()
        self.upstream.script = script
        first = self.open()
        answer = self.ask()
        self.assertEqual(answer.status, 503)
        self.assertIn("chat.streams", answer.text)
        self.assertEqual(answer.getheader("retry-after"), "1")
        leave.set()
        self.assertEqual(self.read(first)[-1][0], "done")

    def test_the_oldest_messages_are_left_out_when_the_window_is_full(self):
        self.upstream.script = play(["y" * 100])
        told = json.loads(self.ask("x" * 300).text)
        for _ in range(3):
            told = json.loads(self.ask("z" * 300, session_id=told["session_id"]).text)
        self.assertGreater(told["messages_left_out"], 0)
        self.assertEqual(len(self.session(told["session_id"])["messages"]), 8)
        answer = self.ask("w" * 3000)
        self.assertEqual(answer.status, 400)
        self.assertIn("does not fit", answer.text)

    def test_limits_of_a_key_hold_and_say_when_to_come_back(self):
        self.upstream.script = play(["x"])
        key = Admin(self.gateway).ready_key("bob", {"limits": {"requests_per_minute": 1}})
        codes = []
        for _ in range(2):
            answer = self.gateway.exchange("http", "POST", "/api/chat", {"message": "x"}, {"x-api-key": key})
            codes.append(answer.status)
        self.assertEqual(codes, [200, 429])
        self.assertTrue(answer.getheader("retry-after"))
        self.assertEqual(json.loads(answer.text)["error"]["status"], "RESOURCE_EXHAUSTED")

    def test_a_credential_of_another_network_is_refused(self):
        for port in ("http", "control"):
            answer = self.gateway.exchange(port, "POST", "/api/chat", {"message": "x"},
                                           {"x-api-key": "token-from-elsewhere-0123456789"})
            self.assertEqual(answer.status, 403)


class People(ChatStreamCase):
    def test_who_is_signed_in_talks_without_a_key_and_pays_as_that_user(self):
        self.upstream.script = play(["x"])
        admin = Admin(self.gateway)
        admin.user("carol", password="correct horse battery")
        login = self.gateway.control("POST", "/api/auth/login", {"name": "carol", "password": "correct horse battery"})
        self.assertEqual(login.status, 200, login.text)
        bearer = {"Authorization": f"Bearer {json.loads(login.text)['access_token']}"}
        told = []
        for port in ("http", "control"):
            answer = self.gateway.exchange(port, "POST", "/api/chat", {"message": "it is me"}, bearer)
            self.assertEqual(answer.status, 200, answer.text)
            told.append(json.loads(answer.text))
        listed = json.loads(self.gateway.control("GET", "/api/sessions", headers=bearer).text)
        self.assertEqual(listed["total"], 2)
        rows = wait_until(lambda: [row for row in admin.call("GET", "ledger?user=carol")["rows"]][1:] and
                          admin.call("GET", "ledger?user=carol")["rows"], "two ledger rows")
        self.assertEqual({row["request_id"] for row in rows}, {each["request_id"] for each in told})
        self.assertEqual(self.gateway.exchange("http", "GET", f"/api/sessions/{told[0]['session_id']}", headers=KEY).status, 404)
        key = admin.key(admin.client("carols", user="carol")["name"])["key"]
        mine = json.loads(self.gateway.exchange("http", "GET", "/api/sessions", headers={"x-api-key": key}).text)
        self.assertEqual(mine["total"], 2)

    def test_a_cookie_needs_its_token_and_a_page_of_our_own(self):
        self.upstream.script = play(["x"])
        Admin(self.gateway).user("dora", password="correct horse battery")
        login = self.gateway.control("POST", "/api/auth/login", {"name": "dora", "password": "correct horse battery", "cookie": True})
        cookies = "; ".join(value.split(";")[0] for name, value in login.getheaders() if name.lower() == "set-cookie")
        csrf = {"X-CSRF-Token": json.loads(login.text)["csrf_token"]}
        ask = lambda headers: self.gateway.control("POST", "/api/chat", {"message": "x"}, {"Cookie": cookies} | headers).status
        self.assertEqual((ask({}), ask(csrf)), (403, 200))
        listen = lambda site: self.gateway.control("GET", "/api/chat/stream?message=x", headers={"Cookie": cookies, "Sec-Fetch-Site": site})
        self.assertEqual(listen("cross-site").status, 403)
        self.assertIn("event: done", listen("same-origin").text)

    def test_an_administrators_token_has_no_conversations(self):
        answer = self.gateway.admin("POST", "/api/chat", {"message": "x"})
        self.assertEqual(answer.status, 403, answer.text)


if __name__ == "__main__":
    import unittest
    unittest.main()
