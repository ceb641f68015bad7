"""What a caller or an operator can get wrong in a body or a file: a clear error, nothing lost, the next one served."""

import tokens
from fixture import ASK, KEY, GatewayCase, UpstreamCase
from gateway import Gateway, simple_client
from wire import post

GEMINI = "/v1beta/models/{}:generateContent"


class Bodies(UpstreamCase):
    def answer(self, body, path="/v1/messages"):
        answer = self.connect(seconds=30).send(post(path, body, KEY)).answer()
        self.still_serves()
        return answer

    def refused(self, body, statuses=(400,), path="/v1/messages"):
        answer = self.answer(body, path)
        self.assertIn(answer.status, statuses, answer)
        self.assertEqual(answer.json["type"], "error")
        self.assertTrue(answer.json["error"]["message"])
        return answer

    def test_no_body_at_all(self):
        self.refused("")

    def test_truncated_json(self):
        self.refused('{"model":')
        self.refused('{"model":"claude-sonnet-4-5')

    def test_json_that_is_truncated_behind_its_model_is_refused_or_relayed_as_it_is(self):
        """Once the model is known the body is the upstream's business."""
        answer = self.connect().send(post("/v1/messages", ASK[:-15], KEY)).answer()
        self.assertIn(answer.status, (200, 400))
        if answer.status == 200:
            self.assertEqual(self.upstream.next_request().body.decode(), ASK[:-15])
        self.still_serves()

    def test_no_json_at_all(self):
        for body in ("hello", "null", "[]", '"text"', "{}x", "{", "\x00\x00", "nul", "{'model':'x'}"):
            with self.subTest(body=body):
                self.refused(body)

    def test_no_model(self):
        self.assertIn("model", self.refused('{"max_tokens":1,"messages":[]}').json["error"]["message"])

    def test_models_that_are_no_names(self):
        for model in ("null", "7", "[]", "{}", '""', "true", '"' + "x" * 1_000_000 + '"', '"a b"', '"../../x"',
                      '"a\\u0000b"', '"a\\nb"', '"claude?key=1"', '"claude#x"', '"claude/../x"', '"claude%2f"'):
            with self.subTest(model=model[:30]):
                answer = self.answer(f'{{"model":{model},"max_tokens":1,"messages":[]}}')
                self.assertIn(answer.status, (200, 400, 404, 413))
                if answer.status == 200:  # relayed as data, in the body, where it can do no harm
                    self.assertNotIn("..", self.upstream.next_request().target)

    def test_a_model_nobody_serves(self):
        answer = self.connect().send(post(GEMINI.format("no-such-model"), "{}", KEY)).answer()
        self.assertIn(answer.status, (200, 404))

    def test_deeply_nested_json(self):
        for deep in ("[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000):
            with self.subTest(deep=deep[:10]):
                answer = self.answer('{"x":' + deep)
                self.assertIn(answer.status, (400, 413), answer)
        nested = '{"x":' + "[" * 100_000 + "]" * 100_000 + ',"model":"claude-sonnet-4-5","max_tokens":1,"messages":[]}'
        self.assertIn(self.answer(nested).status, (200, 400))

    def test_duplicate_models_never_let_one_be_checked_and_the_other_be_used(self):
        body = '{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],"model":"claude-opus-4-1"}'
        answer = self.answer(body)
        self.assertEqual(answer.status, 400, answer)
        escaped = body.replace(',"model"', ',"mod\\u0065l"')
        self.assertEqual(self.answer(escaped).status, 400)

    def test_escaped_names_and_values_are_understood(self):
        answer = self.answer('{"mod\\u0065l":"claude\\u002dsonnet-4-5","max_tokens":1,"messages":[]}')
        self.assertEqual(answer.status, 200, answer)

    def test_a_model_inside_another_field_is_not_the_model(self):
        self.refused('{"metadata":{"model":"claude-sonnet-4-5"},"messages":[{"model":"claude-sonnet-4-5"}]}')
        self.refused('{"x":"\\"model\\":\\"claude-sonnet-4-5\\"","messages":[]}')

    def test_invalid_utf_8_and_nul_bytes_do_no_harm(self):
        for junk in (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\x00"):
            with self.subTest(junk=junk):
                body = ASK.encode().replace(b"hi", junk)
                answer = self.answer(body)
                self.assertIn(answer.status, (200, 400))
                model = ASK.encode().replace(b"claude-sonnet", b"claude-" + junk)
                self.assertIn(self.answer(model).status, (400, 404), junk)

    def test_byte_order_mark_and_other_encodings(self):
        self.assertIn(self.answer(b"\xef\xbb\xbf" + ASK.encode()).status, (200, 400))
        self.refused(ASK.encode("utf-16"))

    def test_a_compressed_request_is_not_read_as_text(self):
        import gzip
        answer = self.connect().send(post("/v1/messages", gzip.compress(ASK.encode()), KEY | {"content-encoding": "gzip"}))
        self.assertIn(answer.answer().status, (400, 415))
        self.still_serves()

    def test_stream_flags_that_are_no_flags(self):
        for value in ('"yes"', "1", "null", "[]"):
            answer = self.answer(ASK[:-1] + f',"stream":{value}}}')
            self.assertIn(answer.status, (200, 400))


class Check(GatewayCase):
    """`moongate check` and a start with broken files."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def checked(self, *words, ok=False, **parts):
        gateway = Gateway(**parts)
        self.addCleanup(gateway.remove)
        result = gateway.run("check")
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, 0 if ok else 1, said)
        for word in words:
            self.assertIn(word, said)
        if not ok:
            start = gateway.run("serve")
            self.assertNotEqual(start.returncode, 0, "it starts all the same")
            self.assertTrue(start.stdout + start.stderr)
        return said

    def test_a_good_configuration_passes(self):
        self.checked(ok=True)

    def test_a_map_with_a_syntax_error(self):
        self.checked("map-config.json:3:", raw_map='{\n  "clients": [\n    {"client_token": }\n  ]\n}')

    def test_a_map_that_ends_early(self):
        self.checked("map-config.json", raw_map='{"clients": [')

    def test_a_missing_map(self):
        gateway = Gateway()
        self.addCleanup(gateway.remove)
        gateway.map_file.unlink()
        result = gateway.run("check")
        self.assertIn("map-config.json", result.stdout + result.stderr)

    def test_a_missing_key_file(self):
        self.checked("nowhere.json", "$.key_filename_claude[0].key_filename", claude=[
            {"key_filename": "nowhere.json", "models": [{"model": "*"}]}])

    def test_a_duplicate_token(self):
        said = self.checked("$.clients[1].client_token", clients=[simple_client(), simple_client()])
        self.assertNotIn(simple_client()["client_token"], said, "a token is not printed back")

    def test_negative_and_absurd_weights(self):
        for weight in (-1, 1.5, "two", None, 10**30):
            with self.subTest(weight=weight):
                self.checked("key_weight", clients=[simple_client(
                    key_filename_gemini=[{"key_filename": "g.json", "key_weight": weight}])],
                    gemini=[{"key_filename": "g.json", "models": [{"model": "*"}]}],
                    credentials={"g.json": {"type": "gemini_api_key", "api_key": "k"}})

    def test_every_problem_is_printed_not_just_the_first(self):
        self.checked("$.clients[0].client_token", "$.clients[1].service_type", "$.clients[2].enable", clients=[
            {"client_token": "", "enable": True, "service_type": "any"},
            simple_client("a-token-0001", service_type="nothing"), simple_client("b-token-0002", enable="maybe")])

    def test_key_files_that_are_none(self):
        key = tokens.new_key()
        good = tokens.google_key_file(key)
        cases = {
            "no JSON": ("not json", "v.json"),
            "no private key": ({name: value for name, value in good.items() if name != "private_key"}, "private_key"),
            "a private key that is none": (good | {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
                                           "private_key"),
            "a token_uri elsewhere": (good | {"token_uri": "https://evil.test/token"}, "token_uri"),
            "a token_uri inside": (good | {"token_uri": "http://169.254.169.254/token"}, "token_uri"),
            "a token_uri with a name before": (good | {"token_uri": "https://oauth2.googleapis.com@evil.test/"}, "token_uri"),
            "an unknown type": ({"type": "authorized_user"}, "type"),
            "an empty key": ({"type": "gemini_api_key", "api_key": ""}, "api_key"),
            "an environment name that is not set": ({"type": "gemini_api_key", "api_key": "${NOT_SET_ANYWHERE}"}, "NOT_SET_ANYWHERE"),
            "a path out of the folder": (None, "without a folder"),
        }
        for name, (content, word) in cases.items():
            with self.subTest(case=name):
                file = "v.json" if content is not None else "../../etc/passwd"
                said = self.checked(word, gemini=[{"key_filename": file, "models": [{"model": "*"}]}],
                                    credentials={"v.json": content} if content is not None else {})
                self.assertNotIn(tokens.private_pem(key).split("\n")[2], said)

    def test_an_unknown_setting_names_the_nearest_known_one(self):
        for wrong, right in (("listen.htp", "listen.http"), ("timeouts.heads_ms", "timeouts.head_ms"),
                             ("limits.body_byte", "limits.body_bytes")):
            self.checked(wrong, right, settings={wrong: "1"})

    def test_values_out_of_range(self):
        for name, value in (("timeouts.head_ms", "soon"), ("limits.connections", "-5"), ("listen.http", "nonsense"),
                            ("tls.min_version", "1.0"), ("simulator.mode", "maybe"), ("policy.memory_mb", "0"),
                            ("listen.http", "127.0.0.1:99999"), ("oauth.universe_domain", "googleapis.com")):
            with self.subTest(setting=name, value=value):
                self.checked(name, settings={name: value})

    def test_the_environment_sets_and_the_flag_beats_it(self):
        gateway = Gateway(environment={"MOONGATE_TIMEOUTS_HEAD_MS": "soon"})
        self.addCleanup(gateway.remove)
        result = gateway.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("head_ms", (result.stdout + result.stderr).lower())
        gateway = Gateway(environment={"MOONGATE_TIMEOUTS_HEAD_MS": "5000"}, settings={"timeouts.head_ms": "4000"})
        self.addCleanup(gateway.remove)
        self.assertEqual(gateway.run("check").returncode, 0)

    def test_an_unknown_environment_name_is_pointed_out(self):
        self.checked("MOONGATE_LISTEN_HTP", "MOONGATE_LISTEN_HTTP", ok=True, environment={"MOONGATE_LISTEN_HTP": "1"})

    def test_a_configuration_file_with_an_error_names_line_and_key(self):
        gateway = Gateway()
        self.addCleanup(gateway.remove)
        file = gateway.directory / "bad.yaml"
        file.write_text("listen:\n  http: 127.0.0.1:0\n  htps: 127.0.0.1:0\n")
        gateway.settings = {}
        command = gateway.arguments("check") + ["--config", str(file)]
        gateway.arguments = lambda _: command
        result = gateway.run()
        self.assertEqual(result.returncode, 1)
        self.assertIn("bad.yaml:3", result.stdout + result.stderr)
        self.assertIn("https", result.stdout + result.stderr)

    def test_lua_with_a_syntax_error_names_file_and_line(self):
        self.checked("route.lua:2", policy={"route.lua": "local M = {}\nfunction M.select( return M\n"})

    def test_lua_that_fails_when_loaded(self):
        self.checked("auth.lua:1", policy={"auth.lua": "local x = nil + 1\nreturn {}\n"})

    def test_lua_that_returns_no_table(self):
        self.checked("route.lua", policy={"route.lua": "return 7\n"})

    def test_a_map_of_the_wrong_shape(self):
        for text in ("[]", "7", "null", '{"clients":{}}', '{"clients":[7]}', '{"key_filename_gemini":"x"}'):
            with self.subTest(text=text):
                self.checked("map-config.json", raw_map=text)
