"""What tests of keys, limits and money have in common: the admin API in words, and the ledger as a test looks at it."""

import json

from deadline import wait_until

SONNET = "claude-sonnet-4-5"


class Admin:
    """The admin API of one gateway."""

    def __init__(self, gateway):
        self.gateway = gateway

    def call(self, method, path, body=None, expect=None):
        answer = self.gateway.admin(method, "/api/admin/" + path, body)
        if answer.status != (expect or answer.status) or (expect is None and answer.status >= 400):
            raise AssertionError(f"{method} {path}: {answer.status} {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def user(self, name, **more):
        return self.call("POST", "users", {"name": name} | more)

    def client(self, name, **more):
        return self.call("POST", "clients", {"name": name} | more)

    def key(self, client, **more):
        """The new key's record, with the key itself under "key"."""
        return self.call("POST", "keys", {"client": client} | more)

    def ready_key(self, name, terms=None, **user):
        """A user, a client of the same name and a key with these terms; the key's text."""
        self.user(name, **user)
        self.client(name, user=name)
        return self.key(name, **({"terms": terms} if terms else {}))["key"]

    def top_up(self, user, amount):
        return self.call("POST", f"users/{user}/movements", {"amount": amount})

    def balance(self, user):
        return self.call("GET", f"users/{user}/balance")["balance"]

    def ledger(self, client):
        return self.call("GET", f"ledger?client={client}&limit=1000")["rows"]

    def ledger_of(self, client, count):
        """Its rows, newest first, once there are `count` of them; more than that are an error."""
        rows = wait_until(lambda: (rows := self.ledger(client)) and len(rows) >= count and rows,
                          f"{count} ledger rows of {client}", 15)
        if len(rows) != count:
            raise AssertionError(f"{len(rows)} ledger rows of {client}, not {count}")
        return rows


def answer_with(**usage):
    """A whole Claude answer that tells this usage."""
    return json.dumps({"id": "msg_1", "type": "message", "role": "assistant", "model": SONNET,
                       "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn", "stop_sequence": None,
                       "usage": {"input_tokens": 0, "output_tokens": 0} | usage})
