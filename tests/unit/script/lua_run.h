// Runs pieces of Lua in a sandboxed VM, the way hooks are run, and tells how they ended.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "script/policy_source.h"
#include "script/vm/lua_headers.h"
#include "script/vm/vm.h"
#include "script/vm/watchdog.h"

namespace moongate {

struct LuaEnd {
  Vm::Run run = Vm::Run::kFailed;
  std::string value;  // the first result as text; of a failure, its message
  ScriptFailure failure;
  bool finished() const { return run == Vm::Run::kFinished; }
  bool failed_by(ScriptFailure::Kind kind) const { return run == Vm::Run::kFailed && failure.kind == kind; }
};

class LuaRun : public testing::Test {
 protected:
  LuaRun() { fresh({}); }

  void fresh(VmOptions options, std::map<std::string, std::string, std::less<>> files = {},
             bool watched = true) {
    vm_.reset();
    auto made = Vm::create(options, watched ? watched_.get() : nullptr, PolicySource::of(std::move(files)));
    EXPECT_TRUE(made.ok()) << made.error().describe();
    vm_ = std::move(made).value();
  }

  LuaEnd run(const std::string& code) {
    Vm::Thread thread = vm_->acquire();
    EXPECT_EQ(0, luaL_loadbuffer(thread.state, code.data(), code.size(), "@test.lua"))
        << lua_tostring(thread.state, -1);
    LuaEnd end;
    end.run = vm_->resume(thread, 0);
    if (end.run == Vm::Run::kFailed) {
      end.failure = vm_->failure();
      end.value = end.failure.message;
    } else if (lua_gettop(thread.state) > 0) {
      end.value = as_text(thread.state, 1);
    }
    vm_->release(thread, end.run != Vm::Run::kFinished);
    return end;
  }

  static std::string as_text(lua_State* L, int index) {
    switch (lua_type(L, index)) {
      case LUA_TSTRING:
      case LUA_TNUMBER:
        return lua_tostring(L, index);
      case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? "true" : "false";
      default:
        return luaL_typename(L, index);
    }
  }

  // The VM works as if nothing had happened.
  void expect_undisturbed() {
    LuaEnd end = run("local t = {} for i = 1, 100 do t[i] = ('x'):rep(i) end return #table.concat(t)");
    EXPECT_TRUE(end.finished()) << end.value;
    EXPECT_EQ("5050", end.value);
  }

  Watchdog watchdog_{20};
  std::unique_ptr<WatchedThread> watched_ = watchdog_.watch_this_thread();
  std::unique_ptr<Vm> vm_;
};

}  // namespace moongate
