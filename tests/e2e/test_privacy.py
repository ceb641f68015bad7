"""What the upstream does not learn of the caller, what the caller does not learn of the upstream, and where no
secret ever shows up."""

import base64
import contextlib
import json
import pathlib

import tokens
from deadline import wait_until
from fixture import ASK, ASK_STREAM, KEY, UpstreamCase
from gateway import CLIENT_TOKEN, Gateway, simple_client
from upstream import MESSAGE, Upstream
from wire import Connection, get, post

GEMINI = "/v1beta/models/gemini-2.5-pro:generateContent"
GEMINI_ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'


class Privacy(UpstreamCase):
    def upstream_head(self, headers, path="/v1/messages", body=ASK):
        answer = self.connect().send(post(path, body, headers)).answer()
        self.assertEqual(answer.status, 200, answer)
        return self.upstream.next_request()

    def test_nothing_about_the_caller_goes_out(self):
        tracing = {name: "canary-203.0.113.9" for name in (
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via", "Cookie",
            "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Referer", "Origin")}
        request = self.upstream_head(KEY | tracing)
        self.assertNotIn(b"canary-203", request.raw)

    def test_the_callers_credential_never_goes_out_wherever_it_was(self):
        for headers, path in (({"x-api-key": CLIENT_TOKEN}, ""), ({"authorization": f"Bearer {CLIENT_TOKEN}"}, ""),
                              ({"x-goog-api-key": CLIENT_TOKEN}, ""), ({"x-auth-token": CLIENT_TOKEN}, ""),
                              ({}, f"?key={CLIENT_TOKEN}"), ({}, f"?alt=json&key={CLIENT_TOKEN}&x=1"),
                              ({"x-api-key": CLIENT_TOKEN, "authorization": f"Bearer {CLIENT_TOKEN}",
                                "x-goog-api-key": CLIENT_TOKEN, "x-auth-token": CLIENT_TOKEN}, f"?key={CLIENT_TOKEN}")):
            for target, body, key in (("/v1/messages", ASK, "sk-upstream-secret"), (GEMINI, GEMINI_ASK, "gemini-upstream-secret")):
                with self.subTest(headers=list(headers), path=path, target=target):
                    request = self.upstream_head(headers, target + path, body)
                    self.assertNotIn(CLIENT_TOKEN.encode(), request.raw)
                    self.assertEqual(request.raw.count(key.encode()), 1, "our credential, once")

    def test_other_query_parameters_stay_as_they_are(self):
        request = self.upstream_head({}, f"{GEMINI}?a=%20b&key={CLIENT_TOKEN}&alt=json&c", GEMINI_ASK)
        self.assertEqual(request.target, f"{GEMINI}?a=%20b&alt=json&c")
        request = self.upstream_head(KEY, "/v1/messages?beta=true")
        self.assertEqual(request.target, "/v1/messages?beta=true")

    def test_the_gateway_does_not_introduce_itself(self):
        request = self.upstream_head(KEY | {"User-Agent": "my-client/1"})
        self.assertEqual(request.all("user-agent"), ["my-client/1"])
        self.assertNotIn(b"moongate", request.raw.lower())
        self.assertIsNone(self.upstream_head(KEY).header("user-agent"))

    def test_what_identifies_the_account_does_not_come_back(self):
        self.upstream.script = lambda peer: peer.reply(MESSAGE, headers=[
            ("anthropic-organization-id", "org-canary"), ("Set-Cookie", "id=canary"), ("Via", "canary"),
            ("Server", "canary"), ("CF-RAY", "canary"), ("Alt-Svc", "h3=canary"), ("X-Cloud-Trace-Context", "canary"),
            ("anthropic-ratelimit-tokens-remaining", "17000"), ("X-Unknown-To-Us", "kept")])
        answer = self.connect().send(post("/v1/messages", ASK, KEY)).answer()
        self.assertEqual(answer.status, 200)
        for name in ("anthropic-organization-id", "set-cookie", "via"):
            self.assertIsNone(answer.header(name), name)
        self.assertNotIn("org-canary", str(answer.headers))
        self.assertEqual(answer.header("anthropic-ratelimit-tokens-remaining"), "17000")
        self.assertEqual(answer.header("x-unknown-to-us"), "kept")

    def test_an_upstream_that_echoes_our_key_does_not_give_it_to_the_caller_in_a_header(self):
        self.upstream.script = lambda peer: peer.reply(MESSAGE, headers=[
            ("x-api-key", "sk-upstream-secret"), ("Authorization", "Bearer sk-upstream-secret")])
        answer = self.connect().send(post("/v1/messages", ASK, KEY)).answer()
        self.assertNotIn("sk-upstream-secret", str(answer.headers))


class Canaries(UpstreamCase):
    """A marked secret in every field that can hold one; afterwards every output is searched for them."""

    settings = {"log.level": "debug", "timeouts.first_byte_ms": 500, "simulator.mode": "off"}

    @classmethod
    def make_gateway(cls):
        cls.google_key = tokens.new_key()
        pem = tokens.private_pem(cls.google_key)
        cls.secrets = {
            "client token": "canary-client-token-7f3a", "anthropic key": "canary-anthropic-key-91bc",
            "gemini key": "canary-gemini-key-55de", "wrong token": "canary-wrong-token-e1e1",
            "query key": "canary-query-key-2b2b", "body": "canary-body-text-a0a0", "cookie": "canary-cookie-3c3c",
            "environment": "canary-environment-77aa", "answer": "canary-answer-text-b1b1",
            "private key": pem.split("\n")[3], "token": "canary-minted-token-4d4d",
        }
        s = cls.secrets
        cls.token_server = Upstream(lambda peer: peer.reply(json.dumps(
            {"access_token": s["token"], "expires_in": 3599, "token_type": "Bearer"})))
        cls.token_server.__enter__()
        return Gateway(
            clients=[simple_client(s["client token"])],
            claude=[{"key_filename": "a.json", "models": [{"model": "claude-*", "domain": cls.upstream.url}]}],
            gemini=[{"key_filename": "g.json", "models": [{"model": "gemini-2.5-*", "domain": cls.upstream.url}]},
                    {"key_filename": "v.json", "models": [{"model": "gemini-3-*", "domain": cls.upstream.url}]}],
            credentials={"a.json": {"type": "anthropic_api_key", "api_key": s["anthropic key"]},
                         "g.json": {"type": "gemini_api_key", "api_key": "${TEST_GEMINI_KEY}"},
                         "v.json": tokens.google_key_file(cls.google_key, token_uri=f"{cls.token_server.url}/token")},
            environment={"TEST_GEMINI_KEY": s["gemini key"], "UNRELATED": s["environment"]},
            settings=cls.settings | {"upstream.token_hosts": "127.0.0.1"})

    @classmethod
    def tearDownClass(cls):
        cls.token_server.close()
        super().tearDownClass()

    def test_no_canary_shows_up_anywhere(self):
        s = self.secrets
        heard = []

        def say(request, face="http"):
            with contextlib.suppress(OSError):
                with Connection(self.gateway.ports[face]) as connection:
                    connection.send_as_far_as_possible(request)
                    with contextlib.suppress(Exception):
                        answer = connection.answer()
                        # What the upstream answered is the caller's; what the gateway says itself is searched.
                        heard.append(f"{answer.status} {answer.headers}" + ("" if answer.status == 200 else answer.text))

        key = {"x-api-key": s["client token"], "cookie": s["cookie"], "content-type": "application/json"}
        ask = ASK.replace("hi", s["body"])
        gemini_ask = GEMINI_ASK.replace("hi", s["body"])
        scripts = [
            lambda peer: peer.reply(MESSAGE.replace('"text":"ok"', f'"text":"{s["answer"]}"')),
            lambda peer: peer.reply('{"error":{"message":"denied"}}', "401 Unauthorized"),
            lambda peer: peer.reply('{"error":{"message":"limited"}}', "429 Too Many Requests"),
            lambda peer: peer.reset(),
            lambda peer: peer.send("nonsense\r\n\r\n" + s["answer"]),
            lambda peer: peer.wait_for_close(),
            lambda peer: (peer.stream_head(), peer.chunk("data: " + s["answer"]), peer.reset()),
        ]
        for script in scripts:
            self.upstream.script = script
            for request in (post("/v1/messages", ask, key), post("/v1/messages", ask[:-1] + ',"stream":true}', key),
                            post(GEMINI, gemini_ask, {"x-goog-api-key": s["client token"]}),
                            post(GEMINI.replace("2.5", "3"), gemini_ask, {"authorization": "Bearer " + s["client token"]}),
                            post(f"{GEMINI}?key={s['client token']}", gemini_ask)):
                say(request)
        self.upstream.script = lambda peer: peer.reply(MESSAGE)
        for request in (
                post(f"{GEMINI}?key={s['query key']}", gemini_ask), post(f"/nowhere?key={s['query key']}", ask),
                post("/v1/messages", ask, {"x-api-key": s["wrong token"]}),
                post("/v1/messages", ask, {"authorization": "Bearer " + s["wrong token"]}),
                post("/v1/messages", ask[:-20], key), post("/v1/messages", "[" * 5000 + s["body"], key),
                f"GET /v1/models?key={s['query key']} HTTP/1.1\r\nHost : x\r\n\r\n",
                post("/v1/messages", ask, key | {"x-bad\r\n ": s["cookie"]}),
                get(f"/{s['query key']}/\x01"), get("/health", key)):
            say(request)
        for path in ("/health", "/health/detailed", "/health/ready", "/metrics", "/tokeninfo?access_token=" + s["wrong token"],
                     f"/nowhere?token={s['query key']}"):
            answer = self.gateway.control("GET", path, headers={"Authorization": "Bearer " + s["wrong token"]})
            heard.append(f"{answer.headers} {answer.text}")
        self.gateway.control("POST", "/token", f"grant_type={tokens.GRANT}&assertion={s['wrong token']}&client_secret=" +
                             s["wrong token"], {"Content-Type": "application/x-www-form-urlencoded"})
        account = json.loads(self.gateway.admin("POST", "/api/admin/service-accounts/virtual",
                                                {"name": "canary", "project": "p"}).text)
        s = s | {"virtual private key": account["private_key"].split("\n")[3]}
        check = self.gateway.run("check")
        heard.append(check.stdout + check.stderr)
        directory, gateway = self.gateway.directory, self.gateway
        admin_token = gateway.admin_token
        gateway.stop(remove=False)
        for path in directory.rglob("*"):
            own = path.is_relative_to(gateway.credentials) or path == gateway.map_file
            if path.is_file() and not own:
                heard.append(f"{path}: " + path.read_bytes().decode("latin-1"))
        gateway.start()
        for name, secret in s.items():
            for text in heard:
                for spelling in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")[:-2]):
                    at = text.find(spelling)
                    self.assertEqual(at, -1, f"{name} is in: {text[:80]} … {text[max(0, at - 150):at + 80]}")
        self.assertEqual(gateway.output.read_text().count(admin_token), 1, "the admin token is shown once")


class Files(UpstreamCase):
    def mode(self, path):
        return pathlib.Path(path).stat().st_mode & 0o777

    def test_secret_files_are_the_owners_alone(self):
        self.assertEqual(self.mode(self.gateway.data), 0o700)
        for path in self.gateway.data.rglob("*"):
            if path.is_file() and path.suffix not in (".crt", ".json"):
                self.assertEqual(self.mode(path) & 0o077, 0, path)

    def test_a_key_file_that_others_can_read_draws_a_warning(self):
        (self.gateway.credentials / "upstream.json").chmod(0o644)
        try:
            result = self.gateway.run("check")
            self.assertIn("upstream.json", result.stdout + result.stderr)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        finally:
            (self.gateway.credentials / "upstream.json").chmod(0o600)


class OwnAnswers(UpstreamCase):
    def test_paths_that_nobody_knows_are_404_in_the_likeliest_dialect(self):
        for path, check in (("/v1/messages/unknown/x", lambda body: body["type"] == "error"),
                            ("/v1beta/nothing", lambda body: body["error"]["code"] == 404),
                            ("/v1/images/generations", lambda body: body["error"]["type"])):
            answer = self.connect().send(post(path, "{}", KEY)).answer()
            self.assertEqual(answer.status, 404, path)
            self.assertTrue(check(answer.json), answer)
        self.upstream_saw_nothing()

    def test_a_method_that_is_not_allowed_says_which_is(self):
        answer = self.connect().send(get("/v1/messages", KEY)).answer()
        self.assertEqual((answer.status, answer.header("allow")), (405, "POST"))

    def test_websockets_are_refused_so_that_clients_fall_back_at_once(self):
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} | KEY
        for path in ("/v1/responses", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=x"):
            answer = self.connect().send(get(path, upgrade)).answer()
            self.assertEqual(answer.status, 426, answer)

    def test_telemetry_is_dropped(self):
        for path in ("/api/event_logging/v2/batch", "/api/statsig/x", "/api/sentry/x"):
            answer = self.connect().send(post(path, '{"secret":1}', {})).answer()
            self.assertEqual(answer.status, 204, path)
        self.upstream_saw_nothing()

    def test_health_needs_no_credential(self):
        for path in ("/health", "/status"):
            self.assertEqual(self.connect().send(get(path)).answer().status, 200)

    def test_head_requests_get_no_body(self):
        connection = self.connect().send("HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(connection.answer(head_only=True).status, 200)
        self.assertEqual(connection.send(get("/health")).answer().status, 200)

    def test_doubled_slashes_and_prefixes_reach_the_same_api(self):
        for path in ("//v1/messages", "/api/anthropic/v1/messages", "/claude/v1/messages"):
            answer = self.connect().send(post(path, ASK, KEY)).answer()
            self.assertEqual(answer.status, 200, path)
            self.assertEqual(self.upstream.next_request().target, "/v1/messages")

    def test_every_answer_of_ours_names_its_request(self):
        first = self.connect().send(post("/v1/messages", ASK)).answer()
        second = self.connect().send(post("/v1/messages", ASK_STREAM)).answer()
        self.assertNotEqual(first.json["request_id"], second.json["request_id"])
        wait_until(lambda: any(line.get("request_id", line.get("id")) == first.json["request_id"]
                               for line in self.gateway.access_lines()), "the access log names it too")
