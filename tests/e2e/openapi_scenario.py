"""A walk through the APIs of the control port: each call by its path in docs/openapi.yaml. test_openapi.py holds the answers to
the schemas of that file."""

import json

from gateway import CLIENT_TOKEN

KEY_FILE = {"type": "anthropic_api_key", "api_key": "sk-of-the-walk-0123456789"}
PRICE = {"id": "walk", "provider": "anthropic", "model": "claude-walk", "input": "1", "output": "2", "source": "a test",
         "date": "2026-10-07"}


class Walk:
    """call(): sends, and hands the answer to `seen(method, template, status, json)`."""

    def __init__(self, gateway, seen):
        self.gateway = gateway
        self.seen = seen
        self.headers = {"Authorization": f"Bearer {gateway.admin_token}"}

    def call(self, method, template, body=None, query="", expect=None, headers=None, form=None, **names):
        path = template
        for name, value in names.items():
            path = path.replace("{" + name + "}", str(value))
        headers = dict(self.headers if headers is None else headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            headers["Content-Type"] = "application/json"
        answer = self.gateway.control(method, path + ("?" + query if query else ""),
                                      form if form is not None else None if body is None else json.dumps(body), headers)
        told = None
        if "json" in (answer.getheader("Content-Type") or ""):
            told = json.loads(answer.text) if answer.text else None
        if expect is not None and answer.status not in (expect if isinstance(expect, tuple) else (expect,)):
            raise AssertionError(f"{method} {path}: {answer.status}, not {expect}: {answer.text[:500]}")
        if expect is None and answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status}: {answer.text[:500]}")
        self.seen(method, template, answer.status, told)
        return told

    def admin(self, method, template, *rest, **more):
        return self.call(method, "/api/admin/" + template, *rest, **more)

    def people(self):
        self.admin("POST", "users", {"name": "ann", "email": "ann@x.test", "password": "correct horse", "opening": "50",
                                     "terms": {"limits": {"requests_per_minute": 60}}})
        self.admin("POST", "users", {"name": "ann"}, expect=409)
        self.admin("POST", "users", {"nam": "ann"}, expect=400)
        self.admin("GET", "users", query="search=an&limit=10")
        self.admin("GET", "users/{user}", user="ann")
        self.admin("GET", "users/{user}", user="nobody", expect=404)
        self.admin("PATCH", "users/{user}", {"role": "user"}, user="ann")
        key = self.admin("POST", "users/{user}/token", {}, user="ann")["key"]
        self.admin("GET", "users/{user}/balance", user="ann")
        self.admin("POST", "users/{user}/movements", {"amount": "5", "id": "walk-1"}, user="ann", expect=201)
        self.admin("POST", "users/{user}/movements", {"amount": "5", "id": "walk-1"}, user="ann", expect=200)
        self.admin("GET", "users/{user}/movements", user="ann")
        self.admin("GET", "balances")
        return key

    def clients(self):
        self.admin("POST", "clients", {"name": "nightly", "user": "ann", "terms": {"models": ["claude-*"]}})
        self.admin("GET", "clients")
        self.admin("GET", "clients/{client}", client="nightly")
        self.admin("PATCH", "clients/{client}", {"user": None}, client="nightly")
        made = self.admin("POST", "keys", {"client": "nightly", "name": "ci", "expires": "2099-01-01"})
        self.admin("GET", "keys")
        self.admin("GET", "keys/{key}", key=made["id"])
        self.admin("PATCH", "keys/{key}", {"name": "other"}, key=made["id"])
        self.admin("POST", "keys/{key}/regenerate", key=made["id"])
        self.admin("DELETE", "keys/{key}", key=made["id"])
        self.admin("DELETE", "clients/{client}", client="nightly")

    def accounts(self):
        # Disabled: a live account of a provider takes the simulator's place, and nobody is to be asked outside.
        self.admin("POST", "upstream-accounts", {"name": "walked", "credential": KEY_FILE, "models": [{"model": "claude-*"}],
                                                 "weight": 2, "enabled": False})
        self.admin("GET", "upstream-accounts")
        self.admin("GET", "upstream-accounts/{account}", account="walked")
        self.admin("PATCH", "upstream-accounts/{account}", {"weight": 3}, account="walked")
        self.admin("GET", "accounts")
        self.admin("PATCH", "accounts/{account}", {"weight": 4}, account="walked")
        self.admin("DELETE", "upstream-accounts/{account}", account="walked")
        self.admin("GET", "tokens", expect=(200, 501))
        self.admin("DELETE", "tokens/{account}", account="nobody", expect=(404, 501))

    def money(self, request_id):
        self.admin("PUT", "prices", {"rows": [PRICE]})
        self.admin("GET", "prices")
        self.admin("GET", "usage", query="date=2026&by=day,model")
        self.admin("GET", "ledger", query="limit=5")
        self.admin("GET", "ledger/{request}", request=request_id)
        self.admin("POST", "reprice", {"from": "2026-01-01", "to": "2026-01-02"})
        self.admin("GET", "notifications")
        self.admin("POST", "notifications/{notification}/read", notification="none", expect=404)
        self.admin("GET", "audit", query="limit=5")
        self.admin("GET", "status")

    def configuration(self):
        now = self.admin("GET", "map")
        self.admin("POST", "map/check", {"text": now["text"]})
        self.admin("POST", "map/check", {"text": "{"})
        self.admin("GET", "map/schema")
        self.admin("PUT", "map", {"text": now["text"] + "\n", "base": now["etag"], "note": "walk"})
        self.admin("PUT", "map", {"text": now["text"], "base": now["etag"]}, expect=409)
        version = self.admin("GET", "map/versions")["versions"][0]["id"]
        self.admin("GET", "map/versions/{version}", version=version)
        self.admin("POST", "map/versions/{version}/restore", version=version)
        now = self.admin("GET", "policy")
        self.admin("POST", "policy/check", {"files": {}})
        self.admin("POST", "policy/test", {"files": {}})
        files = {"walk.lua": "return {}\n"}
        self.admin("PUT", "policy", {"files": files, "base": now["etag"], "note": "walk"})
        version = self.admin("GET", "policy/versions")["versions"][0]["id"]
        self.admin("GET", "policy/versions/{version}", version=version)
        self.admin("POST", "policy/versions/{version}/activate", version=version)
        self.admin("POST", "what-if", {"credential": CLIENT_TOKEN, "path": "/v1/messages", "model": "claude-sonnet-4-5"}, expect=(200, 501))
        self.admin("GET", "system")
        self.admin("GET", "accounts")
        self.admin("POST", "policy/test", {"files": {}}, query="background=true")
        job = self.admin("GET", "jobs")["jobs"][0]["id"]
        self.admin("GET", "jobs/{job}", job=job)

    def seeing(self, request_id):
        self.admin("GET", "overview", query="range=1h")
        self.admin("GET", "requests", query="limit=5")
        self.admin("GET", "requests/{request}", request=request_id)
        self.admin("PUT", "clients/{client}/capture", {"minutes": 5, "max_bytes": 1000}, client="ann")
        self.admin("GET", "clients/{client}/capture", client="ann")
        self.admin("DELETE", "clients/{client}/capture", client="ann")
        self.admin("GET", "workers")
        self.admin("POST", "playground", {"client_token": CLIENT_TOKEN, "path": "/v1/messages", "body": {
            "model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}})

    def sessions(self):
        signed = self.call("POST", "/api/auth/login", {"name": "ann", "password": "correct horse"}, headers={})
        self.call("POST", "/api/auth/login", {"name": "ann", "password": "wrong horse"}, headers={}, expect=401)
        self.call("GET", "/api/auth/public-key", headers={})
        mine = {"Authorization": "Bearer " + signed["access_token"]}
        self.call("GET", "/api/auth/profile", headers=mine)
        self.call("GET", "/api/auth/profile", headers={}, expect=401)
        self.call("PATCH", "/api/auth/profile", {"name": "ann"}, headers=mine, expect=400)
        self.call("PATCH", "/api/auth/profile", {"password": "another horse", "current_password": "correct horse"}, headers=mine)
        self.call("GET", "/api/auth/sessions", headers=mine)
        again = self.call("POST", "/api/auth/refresh", {"refresh_token": signed["refresh_token"]}, headers={})
        mine = {"Authorization": "Bearer " + again["access_token"]}
        self.call("DELETE", "/api/auth/sessions", headers=mine)
        self.call("POST", "/api/auth/logout", headers=mine)

    def registering(self):
        self.admin("POST", "invitations", {"role": "user", "days": 2})
        invitation = self.admin("GET", "invitations")["invitations"][0]["id"]
        self.admin("DELETE", "invitations/{invitation}", invitation=invitation)
        wanted = {"name": "eve", "email": "eve@x.test", "password": "correct horse battery"}
        self.call("POST", "/api/auth/register", wanted, headers={}, expect=403)
        self.call("POST", "/api/auth/verify-email", {"token": "none"}, headers={}, expect=400)
        self.call("POST", "/api/auth/forgot-password", {"email": "nobody@x.test"}, headers={})
        self.call("POST", "/api/auth/reset-password", {"token": "none", "password": "correct horse battery"}, headers={}, expect=400)

    def own(self, key):
        signed = self.call("POST", "/api/auth/login", {"name": "ann", "password": "correct horse"}, headers={})
        mine = {"Authorization": "Bearer " + signed["access_token"]}
        made = self.call("POST", "/api/keys", {"name": "laptop"}, headers=mine)
        self.call("GET", "/api/keys", headers=mine)
        self.call("GET", "/api/keys/{key}", headers=mine, key=made["id"])
        self.call("PATCH", "/api/keys/{key}", {"name": "desk"}, headers=mine, key=made["id"])
        self.call("PUT", "/api/keys/{key}", {"name": "desk"}, headers=mine, key=made["id"])
        self.call("POST", "/api/keys/{key}/regenerate", headers=mine, key=made["id"])
        self.call("GET", "/api/keys/{key}/usage", headers=mine, key=made["id"])
        self.call("DELETE", "/api/keys/{key}", headers=mine, key=made["id"])
        for headers in (mine, {"Authorization": "Bearer " + key}):
            self.call("GET", "/api/quota", headers=headers)
            self.call("GET", "/api/usage", headers=headers)
            self.call("GET", "/api/stats", headers=headers)
            self.call("GET", "/api/client/users/account", headers=headers, expect=(200, 403))
        self.call("GET", "/api/client/users/billing", headers=mine)
        self.call("GET", "/api/keys/verify", headers={"Authorization": "Bearer " + key})
        self.call("POST", "/api/keys/verify", {"key": key}, headers={})
        self.call("GET", "/api/quota", headers={}, expect=401)

    def conversations(self, key):
        mine = {"Authorization": "Bearer " + key}
        said = self.call("POST", "/api/chat", {"message": "hi", "model": "claude-sonnet-4-5"}, headers=mine)
        session = said["session_id"]
        self.call("GET", "/api/tools", headers=mine)
        self.call("GET", "/api/sessions", headers=mine)
        self.call("GET", "/api/sessions/{session}", headers=mine, session=session)
        self.call("PATCH", "/api/sessions/{session}", {"title": "walk"}, headers=mine, session=session)
        self.call("GET", "/api/sessions/{session}", headers=mine, session="none", expect=404)
        self.call("DELETE", "/api/sessions/{session}", headers=mine, session=session)

    def oauth(self):
        self.admin("POST", "service-accounts/virtual", {"name": "walker"})
        account = self.admin("GET", "service-accounts/virtual")["accounts"][0]["id"]
        self.admin("GET", "service-accounts/virtual/{id}", id=account)
        self.admin("PATCH", "service-accounts/virtual/{id}", {"default_for_metadata": True}, id=account)
        for action in ("disable", "enable", "external-account", "rotate"):
            self.admin("POST", "service-accounts/virtual/{id}/" + action, {}, id=account)
        self.admin("DELETE", "service-accounts/virtual/{id}", id=account)
        client = self.admin("POST", "oauth-clients", {"name": "walker", "redirect_uris": ["http://localhost:1/cb"]})
        self.admin("GET", "oauth-clients")
        identity = client["web"]["client_id"]
        self.admin("PATCH", "oauth-clients/{id}", {"enabled": False}, id=identity)
        self.admin("DELETE", "oauth-clients/{id}", id=identity)
        token = self.call("POST", "/token", form="grant_type=client_credentials&client_id=test&client_secret=test", headers={})
        self.call("POST", "/token", form="grant_type=nonsense", headers={}, expect=400)
        self.call("GET", "/tokeninfo", query="access_token=" + token["access_token"], headers={})
        self.call("GET", "/oauth2/v1/certs", headers={})
        self.call("GET", "/oauth2/v3/certs", headers={})
        self.call("GET", "/.well-known/openid-configuration", headers={})
        self.call("POST", "/oauth2/v2/introspect", form="token=" + token["access_token"] + "&client_id=test&client_secret=test", headers={})
        self.call("POST", "/revoke", form="token=" + token["access_token"], headers={})

    def health(self):
        for path in ("/health", "/health/live", "/health/alive", "/health/ready", "/health/detailed"):
            self.call("GET", path, headers={})
        self.call("GET", "/metrics", headers={})
        self.admin("GET", "users", headers={}, expect=401)

    def all(self):
        self.health()
        key = self.people()
        answer = self.gateway.messages(token=key)
        if answer.status != 200:
            raise AssertionError(f"{answer.status}: {answer.text}")
        request_id = self.ledger_id()
        self.clients()
        self.accounts()
        self.money(request_id)
        self.seeing(request_id)
        self.configuration()
        self.registering()
        self.own(key)
        self.sessions()
        self.conversations(key)
        self.oauth()
        self.admin("DELETE", "users/{user}", user="ann")

    def ledger_id(self):
        from money import Admin
        return Admin(self.gateway).ledger_of("ann", 1)[0]["request_id"]
