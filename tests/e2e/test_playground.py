"""The console's playground: what an operator tries as one of the clients, answered by the data port."""

import json

from fixture import UpstreamCase
from gateway import CLIENT_TOKEN, simple_client
from money import Admin
from upstream import MESSAGE, message_events

ASK = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}


class Playground(UpstreamCase):
    clients = [simple_client(), simple_client("token-of-the-map-0123456789", name="of-the-map", models=["claude-*"])]

    def play(self, expect=200, token=None, **body):
        headers = {"Authorization": f"Bearer {token}"} if token else None
        body = {"path": "/v1/messages", "body": ASK} | body
        answer = (self.gateway.control("POST", "/api/admin/playground", body, headers) if token
                  else self.gateway.admin("POST", "/api/admin/playground", body))
        self.assertEqual(answer.status, expect, answer.text)
        return answer

    def test_a_request_is_answered_as_the_client_would_have_been(self):
        Admin(self.gateway).client("stored")
        for who in ({"client": "stored"}, {"client": "of-the-map"}, {"client_token": CLIENT_TOKEN}):
            answer = self.play(**who)
            self.assertEqual(answer.text, MESSAGE)
            self.assertTrue(answer.getheader("x-moongate-request-id"))

    def test_a_stream_is_passed_on_as_it_comes(self):
        def script(peer):
            peer.stream_head()
            for event in message_events(["one", "two"]):
                peer.chunk(event)
            return peer.last_chunk()
        self.upstream.script = script
        answer = self.play(client="of-the-map", body=ASK | {"stream": True})
        self.assertEqual(answer.text, "".join(message_events(["one", "two"])))
        self.assertIn("text/event-stream", answer.getheader("content-type"))

    def test_the_clients_limits_and_models_hold(self):
        Admin(self.gateway).client("small", terms={"limits": {"requests_per_minute": 1}})
        self.play(client="small")
        self.play(429, client="small")
        self.play(403, client="of-the-map", path="/v1beta/models/gemini-2.5-pro:generateContent", body={"contents": []})

    def test_only_paths_of_the_api_are_asked_for_and_somebody_must_be_named(self):
        for path in ("/health", "/api/chat", "/api/chat/caller", "/api/admin/users", "/v1/messages/../x", "", "http://x/"):
            self.play(400, client="of-the-map", path=path)
        self.play(400)
        self.play(400, client="of-the-map", client_token="x")
        self.play(404, client="nobody")
        self.assertEqual(self.play(401, client_token="no-such-token").status, 401)

    def test_it_is_for_operators_and_noted_without_its_body(self):
        admin = Admin(self.gateway)
        for role, status in (("user", 403), ("viewer", 403), ("operator", 200)):
            admin.user(f"a-{role}", role=role, password="correct horse battery")
            login = self.gateway.control("POST", "/api/auth/login", {"name": f"a-{role}", "password": "correct horse battery"})
            self.play(status, json.loads(login.text)["access_token"], client="of-the-map")
        self.play(401, "no-such-token", client="of-the-map")
        noted = [each for each in admin.call("GET", "audit")["audit"] if each["action"] == "playground.request"]
        self.assertEqual((noted[0]["actor"], noted[0]["subject"]), ("a-operator", "of-the-map"))
        self.assertNotIn("messages\": [", json.dumps(noted))


if __name__ == "__main__":
    import unittest
    unittest.main()
