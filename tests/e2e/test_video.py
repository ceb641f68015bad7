"""Video is paid by the seconds that were asked for, once: when the operation is accepted, not when it is looked at."""

import json

from fixture import UpstreamCase
from money import Admin
from wire import post

VEO = "veo-3.1-generate-preview"


class Video(UpstreamCase):
    def ask(self, key, verb, body):
        connection = self.connect()
        connection.send(post(f"/v1beta/models/{VEO}:{verb}", json.dumps(body),
                             {"x-goog-api-key": key, "content-type": "application/json"}))
        return connection.answer().status

    def test_the_seconds_that_were_asked_for_are_billed_once(self):
        admin = Admin(self.gateway)
        key = admin.ready_key("films")
        self.upstream.script = lambda peer: peer.reply(json.dumps({"name": f"models/{VEO}/operations/o1"}))
        wish = {"instances": [{"prompt": "a cat", "image": {"bytesBase64Encoded": "A" * 300_000}}],
                "parameters": {"durationSeconds": 6, "sampleCount": 2}}
        self.assertEqual(self.ask(key, "predictLongRunning", wish), 200)
        row = admin.ledger_of("films", 1)[0]
        self.assertEqual((row["usage"]["video_ms"], row["cost"], row["priced"]), (12_000, "4.80", True))

    def test_what_was_refused_costs_nothing(self):
        admin = Admin(self.gateway)
        key = admin.ready_key("no-films")
        self.upstream.script = lambda peer: peer.reply('{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}', "400 Bad Request")
        self.assertEqual(self.ask(key, "predictLongRunning", {"instances": [{"prompt": "a cat"}]}), 400)
        row = admin.ledger_of("no-films", 1)[0]
        self.assertEqual((row["cost"], row["priced"]), ("0.00", True))
