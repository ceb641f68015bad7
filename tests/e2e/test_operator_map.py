"""map-config.json by the admin API of a gateway that serves."""

import json
import threading

from deadline import wait_until
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, simple_client

CANARY = "canary-7b1d2c55a0-0123456789"


class MapByTheApi(GatewayCase):
    settings = {"reload_ms": 100}

    def admin(self, method, path, body=None, expect=200):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        self.assertEqual(answer.status, expect, f"{method} {path}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def setUp(self):
        self.original = self.gateway.map_file.read_text()

    def tearDown(self):
        self.gateway.write_map([], raw=self.original)
        wait_until(lambda: self.gateway.messages().status == 200, "the original map serves again")

    def test_a_new_client_may_call_once_the_answer_is_there(self):
        shown = self.admin("GET", "map")
        self.assertNotIn(CLIENT_TOKEN, shown["text"])
        before = next(each["id"] for each in self.admin("GET", "map/versions")["versions"] if each["active"])
        edited = json.loads(shown["text"])
        edited["clients"].append(simple_client(CANARY, name="second"))
        answer = self.admin("PUT", "map", {"text": json.dumps(edited), "base": shown["etag"], "note": "a second one"})
        self.assertTrue(answer["active"])
        # No waiting: the answer comes when every worker has taken the map over.
        self.assertEqual(self.gateway.messages(token=CANARY).status, 200)
        self.assertEqual(self.gateway.messages().status, 200, "the masked token is the client's still")
        versions = self.admin("GET", "map/versions")["versions"]
        self.assertEqual((versions[0]["note"], versions[0]["active"]), ("a second one", True))
        restored = self.admin("POST", f"map/versions/{before}/restore", {})
        self.assertEqual(self.gateway.messages(token=CANARY).status, 401)
        self.assertEqual(restored["etag"], shown["etag"])
        for text in (json.dumps(self.admin("GET", f"map/versions/{versions[0]['id']}")), json.dumps(self.admin("GET", "audit")),
                     self.gateway.said()):
            self.assertNotIn(CANARY, text)

    def test_a_broken_map_changes_nothing(self):
        shown = self.admin("GET", "map")
        broken = shown["text"].replace('"service_type": "any"', '"service_type": "eny"')
        self.assertNotEqual(broken, shown["text"])
        refused = self.admin("PUT", "map", {"text": broken, "base": shown["etag"]}, expect=400)
        self.assertEqual(refused["error"]["problems"][0]["path"], "$.clients[0].service_type")
        self.assertEqual(self.gateway.map_file.read_text(), self.original)
        checked = self.admin("POST", "map/check", {"text": broken})
        self.assertEqual((checked["valid"], checked["problems"][0]["line"]), (False, 1))
        self.still_serves()

    def test_a_change_by_hand_is_no_version_twice_and_refuses_who_did_not_see_it(self):
        shown = self.admin("GET", "map")
        before = len(self.admin("GET", "map/versions")["versions"])
        self.gateway.write_map([simple_client(), simple_client(CANARY, name="by-hand")])
        wait_until(lambda: self.gateway.messages(token=CANARY).status == 200, "the change by hand is taken over")
        versions = wait_until(lambda: (v := self.admin("GET", "map/versions")["versions"])[before:] and v, "it is a version")
        self.assertEqual(versions[0]["actor"], "disk")
        self.admin("PUT", "map", {"text": shown["text"], "base": shown["etag"]}, expect=409)
        self.assertEqual(len(self.admin("GET", "map/versions")["versions"]), len(versions))

    def test_of_two_who_change_it_at_once_one_wins(self):
        shown = self.admin("GET", "map")
        answers = []

        def change(name):
            edited = json.loads(shown["text"])
            edited["clients"].append(simple_client(f"{CANARY}-{name}", name=name))
            answers.append(self.gateway.admin("PUT", "/api/admin/map", {"text": json.dumps(edited), "base": shown["etag"]}).status)

        threads = [threading.Thread(target=change, args=(f"c{i}",)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200, 409, 409, 409])
