"""Lua while it serves: edits, broken edits, runaways, and what a hook can get wrong."""

import json
import signal
import threading
import time

from deadline import SLOWER, wait_until
from fixture import ASK, KEY, UpstreamCase
from wire import get, post

# Asks for no account: rejects every request with a text of its own.
REJECTING = """
return {{
  select = function(request, identity)
    return request:reject({status}, "{message}")
  end,
}}
"""


class Reload(UpstreamCase):
    def setUp(self):
        super().setUp()
        self.original = (self.gateway.lua / "route.lua").read_text()
        self.original_map = self.gateway.map_file.read_text()

    def tearDown(self):
        self.gateway.write_policy("route.lua", self.original)
        self.gateway.write_map([], raw=self.original_map)
        wait_until(lambda: self.gateway.messages().status == 200, "the original policy serves again")
        super().tearDown()

    def error_lines(self):
        return self.gateway.said()

    def test_an_edit_is_live_for_the_next_request(self):
        self.gateway.write_policy("route.lua", REJECTING.format(status=403, message="edited once"))
        answer = wait_until(lambda: (a := self.gateway.messages()).status == 403 and a, "the edit is live")
        self.assertIn("edited once", answer.text)
        self.gateway.write_policy("route.lua", REJECTING.format(status=403, message="edited twice"))
        wait_until(lambda: "edited twice" in self.gateway.messages().text, "the second edit is live")

    def test_an_edit_reaches_every_worker(self):
        self.gateway.write_policy("route.lua", REJECTING.format(status=418, message="x"))
        wait_until(lambda: all(self.gateway.messages().status == 418 for _ in range(30)), "every worker has it")

    def test_a_broken_edit_keeps_the_old_one_and_says_file_and_line(self):
        self.gateway.write_policy("route.lua", "local M = {}\n\nfunction M.select(( oops\n")
        wait_until(lambda: "route.lua:3" in self.error_lines(), "the error log names it")
        self.assertEqual(self.gateway.messages().status, 200)
        check = self.gateway.run("check")
        self.assertIn("route.lua:3", check.stdout + check.stderr)

    def test_an_edit_in_place_is_seen_too(self):
        (self.gateway.lua / "route.lua").write_text(REJECTING.format(status=403, message="in place"))
        wait_until(lambda: "in place" in self.gateway.messages().text, "the edit is live")

    def test_a_stream_under_way_goes_on_over_a_reload(self):
        go = threading.Event()

        def script(peer):
            if b'"stream":true' not in peer.read_body():
                return peer.reply("{}")
            peer.stream_head()
            peer.chunk('event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n')
            go.wait(20 * SLOWER)
            peer.chunk('event: message_stop\ndata: {"type":"message_stop"}\n\n')
            return peer.last_chunk()

        self.upstream.script = script
        connection = self.ask(ASK[:-1] + ',"stream":true}')
        connection.head()
        events = connection.events()
        next(events)
        self.gateway.write_policy("route.lua", REJECTING.format(status=403, message="new"))
        wait_until(lambda: self.gateway.messages().status == 403, "the edit is live")
        go.set()
        self.assertIn("message_stop", list(events)[-1])

    def test_a_map_edit_is_live(self):
        whole = json.loads(self.original_map)
        whole["clients"].append({"client_token": "added-token-0009", "enable": True, "service_type": "any"})
        self.assertEqual(self.gateway.messages(token="added-token-0009").status, 401)
        self.gateway.write_map([], raw=json.dumps(whole))
        wait_until(lambda: self.gateway.messages(token="added-token-0009").status == 200, "the new client is known")
        self.gateway.write_map([], raw=self.original_map)
        wait_until(lambda: self.gateway.messages(token="added-token-0009").status == 401, "and gone again")

    def test_a_broken_map_keeps_the_old_one_and_says_where(self):
        self.gateway.write_map([], raw='{\n  "clients": [\n   oops')
        wait_until(lambda: "map-config.json:3" in self.error_lines(), "the error log names it")
        self.assertEqual(self.gateway.messages().status, 200)

    def test_a_map_half_written_is_never_half_used(self):
        for cut in range(10, len(self.original_map), 97):
            self.gateway.map_file.write_text(self.original_map[:cut])
            self.assertEqual(self.gateway.messages().status, 200)


class ReloadOnSignal(UpstreamCase):
    settings = {"reload_ms": 0}

    def test_a_hangup_loads_the_policy_anew_and_nothing_else_does(self):
        self.gateway.write_policy("route.lua", REJECTING.format(status=403, message="after the signal"))
        for _ in range(5):
            self.assertEqual(self.gateway.messages().status, 200)
        self.gateway.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.gateway.messages().status == 403, "the signal is heeded")


HOOKS = """
local M = {}

local function deep(n) return 1 + deep(n + 1) end

local wrong = {
  loop = function() while true do end end,
  pcall_loop = function()
    while true do pcall(function() while true do end end) end
  end,
  allocate = function()
    local t = {}
    while true do t[#t + 1] = ("x"):rep(1000) .. #t end
  end,
  rep = function() return ("x"):rep(2000000000) end,
  pattern = function() return string.find(("a"):rep(200000), ".-.-.-.-b") end,
  recursion = function() return deep(1) end,
  coroutines = function()
    local function nest() local co = coroutine.wrap(nest); return co() end
    return nest()
  end,
  gsub = function()
    local function again(s) return (s:gsub(".", again)) end
    return again("aaaa")
  end,
  sort = function()
    local t = {}
    for i = 1, 100000 do t[i] = i end
    table.sort(t, function() return true end)
  end,
  error = function() error("on purpose") end,
  error_table = function() error({ code = 1 }) end,
  error_nil = function() error() end,
  number = function() return 7 end,
  text = function() return "vertex" end,
  nothing = function() return nil end,
  empty = function() return {} end,
  unknown_provider = function() return { provider = "nobody", account = "x" } end,
  wrong_account = function() return { provider = "anthropic", account = {} } end,
  os = function() return os.execute("true") end,
  io = function() return io.open("/etc/passwd") end,
  ffi = function() return require("ffi") end,
  loadlib = function() return package.loadlib("libc.so.6", "system") end,
  bytecode = function() return loadstring("\\27LJ\\2\\0")() end,
  escape = function() return require("../../etc/passwd") end,
  debug = function() return debug.getregistry() end,
  jit = function() return jit.on() end,
}

function M.select(request, identity)
  local case = request:header("x-case")
  if case and wrong[case] then return wrong[case](request) end
  return require("original_route").select(request, identity)
end

return M
"""


class HooksThatGoWrong(UpstreamCase):
    settings = {"policy.hook_budget_ms": 50, "policy.memory_mb": 32}
    workers = 1

    @classmethod
    def make_gateway(cls):
        gateway = super().make_gateway()
        (gateway.lua / "original_route.lua").write_text((gateway.lua / "route.lua").read_text())
        (gateway.lua / "route.lua").write_text(HOOKS)
        return gateway

    def case(self, name):
        return self.connect(seconds=20).send(post("/v1/messages", ASK, KEY | {"x-case": name})).answer()

    def fails_closed(self, name, quick=True):
        begun = time.monotonic()
        answer = self.case(name)
        self.assertEqual((answer.status, answer.json["type"], answer.json["error"]["type"]), (500, "error", "api_error"), answer)
        self.assertTrue(answer.json["request_id"])
        if quick:
            self.assertLess(time.monotonic() - begun, 2 * SLOWER)
        self.upstream_saw_nothing()
        self.still_serves()
        while not self.upstream.requests.empty():
            self.upstream.requests.get_nowait()
        return answer

    def test_the_policy_itself_serves(self):
        self.assertEqual(self.gateway.messages().status, 200)

    def test_runaway_hooks_are_stopped_and_others_stay_undisturbed(self):
        for name in ("loop", "pcall_loop", "allocate", "rep", "pattern", "recursion", "coroutines", "gsub", "sort"):
            with self.subTest(case=name):
                self.fails_closed(name)

    def test_errors_fail_closed_with_a_traceback_in_the_log_and_none_for_the_caller(self):
        for name in ("error", "error_table", "error_nil"):
            with self.subTest(case=name):
                answer = self.fails_closed(name)
                self.assertNotIn("route.lua", answer.text)
                self.assertNotIn("on purpose", answer.text)
        wait_until(lambda: "on purpose" in self.gateway.said() and "route.lua:" in self.gateway.said(), "the traceback")

    def test_wrong_return_values_fail_closed(self):
        for name in ("number", "text", "nothing", "empty", "unknown_provider", "wrong_account"):
            with self.subTest(case=name):
                answer = self.case(name)
                self.assertGreaterEqual(answer.status, 400, answer)
                self.upstream_saw_nothing()
                self.still_serves()
                while not self.upstream.requests.empty():
                    self.upstream.requests.get_nowait()

    def test_the_sandbox_holds(self):
        for name in ("os", "io", "ffi", "loadlib", "bytecode", "escape", "debug", "jit"):
            with self.subTest(case=name):
                self.fails_closed(name)

    def test_a_hook_that_waits_while_its_client_leaves_harms_nobody(self):
        for _ in range(20):
            connection = self.connect().send(post("/v1/messages", ASK, KEY | {"x-case": "loop"}))
            connection.close()
        self.still_serves()

    def test_a_metric_counts_the_failures(self):
        self.case("error")
        self.assertRegex(self.gateway.metrics(), r"(?i)moongate_\w*(hook|policy)\w*")

    def test_health_answers_while_hooks_run_away(self):
        threads = [threading.Thread(target=self.case, args=("loop",)) for _ in range(5)]
        for thread in threads:
            thread.start()
        answer = self.connect(seconds=10).send(get("/health")).answer()
        self.assertEqual(answer.status, 200)
        for thread in threads:
            thread.join()


YIELDING = """
local M = {}

function M.select(request, identity)
  moon.sleep(tonumber(request:header("x-sleep")) or 0)
  return require("original_route").select(request, identity)
end

return M
"""


class HooksThatWait(UpstreamCase):
    workers = 1

    @classmethod
    def make_gateway(cls):
        gateway = super().make_gateway()
        (gateway.lua / "original_route.lua").write_text((gateway.lua / "route.lua").read_text())
        (gateway.lua / "route.lua").write_text(YIELDING)
        return gateway

    def test_waiting_hooks_do_not_wait_for_each_other(self):
        begun = time.monotonic()
        connections = [self.connect().send(post("/v1/messages", ASK, KEY | {"x-sleep": "0.5"})) for _ in range(20)]
        for connection in connections:
            self.assertEqual(connection.answer().status, 200)
        self.assertLess(time.monotonic() - begun, 3 * SLOWER)

    def test_a_client_that_leaves_while_a_hook_waits(self):
        for _ in range(20):
            self.connect().send(post("/v1/messages", ASK, KEY | {"x-sleep": "0.2"})).close()
        self.upstream.script = lambda peer: peer.reply("{}")
        answer = self.connect().send(post("/v1/messages", ASK, KEY | {"x-sleep": "0.3"})).answer()
        self.assertEqual(answer.status, 200)
