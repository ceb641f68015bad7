"""Two gateways: what an operator does on one of them is known on the other."""

import json
import time

from deadline import SLOWER, wait_until
from test_two_gateways import Pair
from tokens import Account

VIRTUAL = "/api/admin/service-accounts/virtual"


class OperatorOfTwo(Pair):
    def admin(self, number, method, path, body=None):
        answer = self.gateways[number].admin(method, path, body)
        self.assertLess(answer.status, 300, answer.text)
        return json.loads(answer.text)

    def test_each_tells_of_the_other(self):
        def told():
            lists = [self.admin(number, "GET", "/api/admin/system")["gateways"] for number in range(2)]
            return lists if all(len(each) == 2 for each in lists) else None

        first, second = wait_until(told, "both know of each other", 20)
        self.assertEqual({each["id"] for each in first}, {each["id"] for each in second})
        self.assertEqual([sum(each["self"] for each in known) for known in (first, second)], [1, 1])

    def test_a_rotated_key_stops_everywhere_within_a_second(self):
        first = Account(self.admin(0, "POST", VIRTUAL, {"name": "rotated"}))
        wait_until(lambda: self.gateways[1].messages(token=first.bearer()).status == 200, "the other knows the account")
        second = Account(self.admin(0, "POST", f"{VIRTUAL}/{first.file['client_id']}/rotate"))
        began = time.monotonic()
        wait_until(lambda: self.gateways[1].messages(token=first.bearer()).status == 401, "the old key is refused there")
        self.assertLess(time.monotonic() - began, 1.5 * SLOWER)
        self.assertEqual(self.gateways[0].messages(token=first.bearer()).status, 401)
        for gateway in self.gateways:
            self.assertEqual(gateway.messages(token=second.bearer()).status, 200)

    def test_versions_are_of_both(self):
        versions = self.admin(0, "GET", "/api/admin/policy/versions")["versions"]
        self.assertEqual([each["id"] for each in versions],
                         [each["id"] for each in self.admin(1, "GET", "/api/admin/policy/versions")["versions"]])
