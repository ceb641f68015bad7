"""Conversations over two gateways with one MariaDB and one Redis."""

import json
import threading

from deadline import SLOWER
from gateway import CLIENT_TOKEN
from test_chat_stream import play
from test_two_gateways import Pair as PairOfGateways
from upstream import message_events
from wire import Connection, event_data, post

KEY = {"x-api-key": CLIENT_TOKEN, "content-type": "application/json"}


class Pair(PairOfGateways):
    def ask(self, number, message="hello", **more):
        return self.gateways[number].exchange("http", "POST", "/api/chat", {"message": message} | more, KEY)

    def test_a_conversation_goes_on_at_the_other_gateway(self):
        self.upstream.script = play(["Hello Ada."])
        told = json.loads(self.ask(0, "I am Ada").text)
        for number in (1, 0, 1):
            while not self.upstream.requests.empty():
                self.upstream.requests.get_nowait()
            answer = self.ask(number, "who am I?", session_id=told["session_id"])
            self.assertEqual(answer.status, 200, answer.text)
            sent = json.loads(self.upstream.requests.get(timeout=5).body)
            self.assertEqual(sent["messages"][0]["content"][0]["text"], "I am Ada")
        messages = json.loads(self.gateways[0].exchange("http", "GET", f"/api/sessions/{told['session_id']}", headers=KEY).text)["messages"]
        self.assertEqual(len(messages), 8)
        self.assertEqual(len(sent["messages"]), 7)

    def test_two_gateways_do_not_answer_in_one_conversation_at_once(self):
        going = threading.Event()

        def script(peer):
            peer.stream_head()
            events = list(message_events(["x"]))
            peer.chunk(events[0])
            going.wait(10 * SLOWER)
            for event in events[1:]:
                peer.chunk(event)
            return peer.last_chunk()
        self.upstream.script = script
        with Connection(self.gateways[0].ports["http"]) as first:
            first.send(post("/api/chat", {"message": "hello", "stream": True}, KEY))
            self.assertEqual(first.head()[0], 200)
            events = first.events()
            session_id = event_data(next(events))["session_id"]
            self.assertEqual(self.ask(1, session_id=session_id).status, 409)
            going.set()
            self.assertIn("event: done", list(events)[-1])
        self.assertEqual(self.ask(1, session_id=session_id).status, 200)

    def test_what_one_gateway_cleared_the_other_does_not_remember(self):
        self.upstream.script = play(["x"])
        told = json.loads(self.ask(0, "forget this").text)
        self.assertEqual(self.ask(1, "and this", session_id=told["session_id"]).status, 200)
        cleared = self.gateways[0].exchange("http", "POST", f"/api/sessions/{told['session_id']}/clear", {}, KEY)
        self.assertEqual(cleared.status, 200)
        while not self.upstream.requests.empty():
            self.upstream.requests.get_nowait()
        self.ask(1, "what do you know?", session_id=told["session_id"])
        self.assertNotIn("forget this", self.upstream.requests.get(timeout=5).body.decode())


if __name__ == "__main__":
    import unittest
    unittest.main()
