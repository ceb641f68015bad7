"""The policy by the admin API of a gateway that serves."""

import json
import threading

from deadline import wait_until
from fixture import GatewayCase

REJECTING = 'return { select = function(request) return request:reject(403, "rejected by %s") end }'
SPEC = 'spec.test("arithmetic", function() assert(1 + 1 == %d) end)\n'


class PolicyByTheApi(GatewayCase):
    settings = {"reload_ms": 100}

    def admin(self, method, path, body=None, expect=200):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        self.assertEqual(answer.status, expect, f"{method} {path}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def setUp(self):
        self.before = self.admin("GET", "policy")
        self.version = self.before["active_version"]

    def tearDown(self):
        if self.admin("GET", "policy")["etag"] != self.before["etag"]:
            self.admin("POST", f"policy/versions/{self.version}/activate", {})
        self.still_serves()

    def put(self, files, expect=200, base=None):
        return self.admin("PUT", "policy", {"files": files, "base": base or self.before["etag"], "note": "a test"}, expect)

    def test_a_new_policy_decides_the_next_request_in_every_worker(self):
        self.put({"route.lua": REJECTING % "A"})
        for _ in range(8):
            answer = self.gateway.messages()
            self.assertEqual((answer.status, "rejected by A" in answer.text), (403, True), answer.text)
        self.admin("POST", f"policy/versions/{self.version}/activate", {"note": "back"})
        for _ in range(8):
            self.assertEqual(self.gateway.messages().status, 200)
        self.assertEqual(self.admin("GET", "policy")["etag"], self.before["etag"])

    def test_a_policy_that_cannot_be_loaded_changes_nothing(self):
        for text, line in (("return {", 1), ("local x = nil\nreturn x.y", 2), ("while true do end", 1)):
            refused = self.put({"route.lua": text}, expect=400)
            problem = refused["error"]["problems"][0]
            self.assertEqual((problem["file"], problem["line"]), ("route.lua", line), problem)
        self.assertEqual(self.admin("GET", "policy")["etag"], self.before["etag"])
        self.still_serves()

    def test_checks_find_errors_in_files_that_nothing_loads(self):
        checked = self.admin("POST", "policy/check", {"files": {"aside/unused.lua": "return\nreturn"}})
        self.assertEqual([(p["file"], p["line"]) for p in checked["problems"]], [("aside/unused.lua", 2)])

    def test_the_sandbox_is_that_of_the_gateway(self):
        for text in ('os.execute("true")', 'io.open("/etc/passwd")', 'require("ffi")', 'loadfile("/etc/passwd")'):
            checked = self.admin("POST", "policy/check", {"files": {"route.lua": text + "\n" + REJECTING % "x"}})
            self.assertFalse(checked["valid"], text)

    def test_the_policys_own_tests_run_over_what_is_proposed(self):
        good = self.admin("POST", "policy/test", {"files": {}})
        self.assertEqual(good["failed"], 0, good["output"])
        self.assertGreater(good["passed"], 5)
        bad = self.admin("POST", "policy/test", {"files": {"route.lua": REJECTING % "x"}})
        self.assertGreater(bad["failed"], 0)
        endless = self.admin("POST", "policy/test", {"files": {"spec/endless_spec.lua": "while true do moon.sleep(1) end"}})
        self.assertEqual(endless["failed"], 1, endless["output"])
        job = self.admin("POST", "policy/test?background=true", {"files": {}}, expect=202)
        done = wait_until(lambda: (j := self.admin("GET", f"jobs/{job['id']}"))["state"] != "running" and j, "the job ends")
        self.assertEqual((done["state"], done["result"]["failed"]), ("done", 0))
        self.assertEqual(self.admin("GET", "jobs")["jobs"][0]["id"], job["id"])

    def test_of_two_who_change_it_at_once_one_wins(self):
        answers = []

        def change(name):
            answers.append(self.gateway.admin("PUT", "/api/admin/policy", {
                "files": {"route.lua": REJECTING % name}, "base": self.before["etag"]}).status)

        threads = [threading.Thread(target=change, args=(name,)) for name in "ABCD"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200, 409, 409, 409])

    def test_names_that_lead_elsewhere_are_refused(self):
        for name in ("../x.lua", "/tmp/x.lua", "a/../../x.lua", ".x.lua", "x.txt"):
            self.put({name: "return 1"}, expect=400)
