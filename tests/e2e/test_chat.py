"""Conversations: a message in, the answer out, remembered by the gateway, on every port."""

import json
import unittest

from deadline import wait_until
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from money import Admin

OTHER_TOKEN = "token-of-somebody-else-0123456789"


class ChatCase(GatewayCase):
    @classmethod
    def make_gateway(cls):
        return Gateway(clients=[simple_client(name="test-client"), simple_client(OTHER_TOKEN, name="somebody-else")])

    def call(self, method, path, body=None, token=CLIENT_TOKEN, port="http", headers=None):
        headers = {"Authorization": f"Bearer {token}"} | (headers or {}) if token else headers
        answer = self.gateway.exchange(port, method, path, body, headers)
        answer.json = json.loads(answer.text) if answer.text and "json" in answer.getheader("content-type", "") else None
        return answer

    def chat(self, message="hello", expect=200, token=CLIENT_TOKEN, port="http", **more):
        answer = self.call("POST", "/api/chat", {"message": message} | more, token, port)
        self.assertEqual(answer.status, expect, answer.text)
        return answer.json

    def assert_error(self, answer, status, word):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual((answer.json["error"]["code"], answer.json["error"]["status"]), (status, word))
        self.assertTrue(answer.json["error"]["message"])


class Chat(ChatCase):
    def test_answers_a_message_and_remembers_the_conversation(self):
        first = self.chat("my name is Ada")
        self.assertEqual(first["message"]["role"], "assistant")
        self.assertTrue(first["message"]["content"])
        self.assertEqual(first["title"], "my name is Ada")
        self.assertFalse(first["partial"])
        self.assertGreater(first["usage"]["input_tokens"], 0)
        self.gateway.simulator_reset()
        second = self.chat("and now?", session_id=first["session_id"])
        self.assertEqual(second["session_id"], first["session_id"])
        log = self.gateway.simulator_log()
        self.assertIn("my name is Ada", json.dumps(log) + self.call("GET", f"/api/sessions/{first['session_id']}").text)
        whole = self.call("GET", f"/api/sessions/{first['session_id']}").json
        self.assertEqual([each["role"] for each in whole["messages"]], ["user", "assistant"] * 2)
        self.assertEqual(whole["messages"][1]["text"], first["message"]["content"])
        self.assertEqual(whole["messages"][3]["request_id"], second["request_id"])

    def test_an_answer_stands_in_the_ledger_under_its_request_id(self):
        told = self.chat("count me")
        admin = Admin(self.gateway)
        row = wait_until(lambda: next((each for each in admin.call("GET", "ledger?limit=1000")["rows"]
                                       if each["request_id"] == told["request_id"]), None), "the ledger's row")
        self.assertEqual((row["outcome"], row["usage"]["output_tokens"]), ("done", told["usage"]["output_tokens"]))

    def test_other_peoples_conversations_are_not_there(self):
        mine = self.chat()["session_id"]
        for method, path, body in (("GET", "", None), ("PATCH", "", {"title": "x"}), ("DELETE", "", None),
                                   ("POST", "/clear", None), ("GET", "/messages", None), ("GET", "/export", None)):
            answer = self.call(method, f"/api/sessions/{mine}{path}", body, OTHER_TOKEN)
            self.assert_error(answer, 404, "NOT_FOUND")
        answer = self.call("POST", "/api/chat", {"message": "hi", "session_id": mine}, OTHER_TOKEN)
        self.assert_error(answer, 404, "NOT_FOUND")
        self.assertEqual(self.call("GET", f"/api/sessions/{mine}").status, 200)

    def test_every_model_of_claude_and_gemini_takes_part_in_one_conversation(self):
        first = self.chat("hello", model="claude-sonnet-4-5")
        second = self.chat("go on", session_id=first["session_id"], model="gemini-2.5-pro")
        self.assertEqual(second["model"], "gemini-2.5-pro")
        third = self.chat("and on", session_id=first["session_id"])
        self.assertEqual(third["model"], "gemini-2.5-pro")

    def test_the_control_port_answers_alike(self):
        told = self.chat("hello", port="control")
        again = self.chat("hello", port="http", session_id=told["session_id"])
        self.assertEqual(again["session_id"], told["session_id"])

    def test_a_caller_without_a_valid_credential_is_refused(self):
        for token in (None, "no-such-token"):
            for port in ("http", "control"):
                answer = self.call("POST", "/api/chat", {"message": "hi"}, token, port)
                self.assert_error(answer, 401, "UNAUTHENTICATED")

    def test_what_is_wrong_with_a_request_is_told(self):
        for body in ({}, {"message": ""}, {"message": 5}, {"message": []}, {"message": [{"type": "tool_use"}]},
                     {"message": "hi", "max_tokens": 0}, {"message": "hi", "stream": "yes"}, {"message": "hi", "role": "admin"},
                     [], "no json"):
            text = body if isinstance(body, str) else json.dumps(body)
            self.assert_error(self.call("POST", "/api/chat", text), 400, "INVALID_ARGUMENT")
        self.assert_error(self.call("GET", "/api/chat"), 405, "UNIMPLEMENTED")
        self.assertEqual(self.call("GET", "/api/chat").getheader("allow"), "POST")
        self.assert_error(self.call("GET", "/api/sessions/s-none"), 404, "NOT_FOUND")
        self.assert_error(self.call("GET", "/api/chat/caller"), 404, "NOT_FOUND")

    def test_a_body_of_more_than_a_megabyte_is_refused(self):
        for port in ("http", "control"):
            self.assertEqual(self.call("POST", "/api/chat", {"message": "x" * (1 << 20)}, port=port).status, 413)
        self.still_serves()

    def test_what_the_provider_refuses_is_refused_and_leaves_nothing_behind(self):
        before = self.call("GET", "/api/sessions").json["total"]
        answer = self.call("POST", "/api/chat", {"message": "[[sim: status=400]] no"})
        self.assert_error(answer, 400, "INVALID_ARGUMENT")
        self.assertEqual(self.call("GET", "/api/sessions").json["total"], before)

    def test_a_message_that_was_named_is_heard_once(self):
        first = self.chat("once", message_id="m-1")
        again = self.chat("once", message_id="m-1")
        self.assertTrue(again["replayed"])
        self.assertEqual((again["session_id"], again["message"]), (first["session_id"], first["message"]))
        whole = self.call("GET", f"/api/sessions/{first['session_id']}").json
        self.assertEqual(len(whole["messages"]), 2)
        self.assertEqual(whole["messages"][0]["message_id"], "m-1")


class Sessions(ChatCase):
    def test_conversations_are_made_listed_searched_renamed_archived_cleared_and_deleted(self):
        made = self.call("POST", "/api/sessions", {"title": "Tea time", "system": "Be brief.", "model": "gemini-2.5-flash"})
        self.assertEqual(made.status, 201)
        path = f"/api/sessions/{made.json['id']}"
        told = self.chat("hello", session_id=made.json["id"])
        self.assertEqual((told["model"], told["title"]), ("gemini-2.5-flash", "Tea time"))
        found = self.call("GET", "/api/sessions?search=TEA").json
        self.assertEqual((found["total"], found["sessions"][0]["id"]), (1, made.json["id"]))
        self.assertEqual(self.call("PATCH", path, {"title": "Coffee", "archived": True}).json["title"], "Coffee")
        self.assertEqual(self.call("GET", "/api/sessions?search=coffee").json["total"], 0)
        self.assertEqual(self.call("GET", "/api/sessions?search=coffee&archived=true").json["total"], 1)
        self.assertEqual(len(self.call("GET", path + "/messages").json["messages"]), 2)
        self.assertIn("**You**", self.call("GET", path + "/export?format=markdown").text)
        exported = self.call("GET", path + "/export")
        self.assertEqual(len(exported.json["messages"]), 2)
        self.assertIn("attachment", exported.getheader("content-disposition"))
        self.assertEqual(self.call("POST", path + "/clear").status, 200)
        self.assertEqual(self.call("GET", path).json["messages"], [])
        self.assertEqual(self.call("DELETE", path).status, 204)
        self.assert_error(self.call("GET", path), 404, "NOT_FOUND")

    def test_a_name_that_is_no_name_is_refused(self):
        path = f"/api/sessions/{self.call('POST', '/api/sessions', {}).json['id']}"
        for body in ({"title": ""}, {"title": "x" * 300}, {"owner": "client:other"}, {"archived": "no"}):
            self.assert_error(self.call("PATCH", path, body), 400, "INVALID_ARGUMENT")

    def test_tools_tell_what_conversations_can_do(self):
        told = self.call("GET", "/api/tools").json
        self.assertIn("chat", [each["name"] for each in told["tools"]])
        self.assertFalse(told["worker"]["enabled"])

    def test_a_restart_forgets_nothing(self):
        told = self.chat("remember me")
        self.gateway.stop(remove=False)
        self.gateway.start()
        whole = self.call("GET", f"/api/sessions/{told['session_id']}").json
        self.assertEqual(whole["messages"][0]["text"], "remember me")
        self.chat("and now?", session_id=told["session_id"])


if __name__ == "__main__":
    unittest.main()
