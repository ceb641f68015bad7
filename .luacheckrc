-- The policy and its library run in the gateway's sandbox: LuaJIT's language, `moon` from the core, and none of
-- os, io, ffi, debug or package.
std = "luajit"
read_globals = { "moon" }
not_globals = { "os", "io", "debug", "package", "jit", "loadfile", "dofile" }
max_line_length = 100
unused_args = true
self = false

-- A hook may leave out arguments at its end; one that it names and does not need begins with an underscore.
ignore = { "212/_.*" }

files["lua/spec"] = {
  read_globals = { "describe", "it", "expect", "moon", "case" },
}
