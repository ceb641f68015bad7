// moon.metrics: counters, gauges and histograms of the policy's own, on /metrics beside the gateway's.
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

constexpr int kMaxLabels = 8;

struct Metric {
  MetricSpec::Kind kind = MetricSpec::Kind::kCounter;
  int number = 0;
  int labels = 0;
};

// Values at `index` and on, one for each label; or one list of them.
void update(lua_State* L, const Metric& metric, int index, double value, bool set) {
  if (lua_istable(L, index)) {
    luaL_checkstack(L, kMaxLabels, "metrics");
    const int list = index;
    for (int i = 1; i <= metric.labels; ++i) lua_rawgeti(L, list, i);
    index = lua_gettop(L) - metric.labels + 1;
  }
  std::array<std::string_view, kMaxLabels> values;
  for (int i = 0; i < metric.labels; ++i) values[static_cast<std::size_t>(i)] = check_view(L, index + i);
  LuaPhases::of(L).services().update_metric(
      metric.number,
      std::span<const std::string_view>(values.data(), static_cast<std::size_t>(metric.labels)), value, set);
}

const Metric& check_metric(lua_State* L, std::initializer_list<MetricSpec::Kind> kinds) {
  const Metric& metric =
      check_handle<Metric>(L, 1, HandleKind::kMetric, "metric (written with a colon: name:inc(1))");
  for (MetricSpec::Kind kind : kinds) {
    if (kind == metric.kind) return metric;
  }
  luaL_error(L, "metrics: counters have inc, gauges set, inc and dec, histograms observe");
  return metric;
}

double check_step(lua_State* L) {
  const double by = luaL_optnumber(L, 2, 1);
  luaL_argcheck(L, by >= 0 && by < 1e18, 2, "0 or more expected");
  return by;
}

int inc(lua_State* L) {
  const Metric& metric = check_metric(L, {MetricSpec::Kind::kCounter, MetricSpec::Kind::kGauge});
  update(L, metric, 3, check_step(L), false);
  return 0;
}
int dec(lua_State* L) {
  const Metric& metric = check_metric(L, {MetricSpec::Kind::kGauge});
  update(L, metric, 3, -check_step(L), false);
  return 0;
}
int set(lua_State* L) {
  const Metric& metric = check_metric(L, {MetricSpec::Kind::kGauge});
  update(L, metric, 3, luaL_checknumber(L, 2), true);
  return 0;
}
int observe(lua_State* L) {
  const Metric& metric = check_metric(L, {MetricSpec::Kind::kHistogram});
  update(L, metric, 3, luaL_checknumber(L, 2), false);
  return 0;
}

std::vector<std::string> check_labels(lua_State* L, int index) {
  std::vector<std::string> labels;
  if (lua_isnoneornil(L, index)) return labels;
  luaL_checktype(L, index, LUA_TTABLE);
  const int count = static_cast<int>(lua_objlen(L, index));
  luaL_argcheck(L, count <= kMaxLabels, index, "at most 8 labels expected");
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    labels.emplace_back(check_view(L, -1));
    lua_pop(L, 1);
  }
  return labels;
}

// counter(name, description [, label names]), as in nginx-lua-prometheus
template <MetricSpec::Kind kKind>
int define(lua_State* L) {
  MetricSpec spec;
  spec.kind = kKind;
  spec.name = check_view(L, 1);
  spec.help = luaL_optstring(L, 2, "");
  spec.labels = check_labels(L, 3);
  if (kKind == MetricSpec::Kind::kHistogram && !lua_isnoneornil(L, 4)) {
    luaL_checktype(L, 4, LUA_TTABLE);
    const int count = static_cast<int>(lua_objlen(L, 4));
    luaL_argcheck(L, count <= 64, 4, "at most 64 buckets expected");
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(L, 4, i);
      spec.buckets.push_back(luaL_checknumber(L, -1));
      lua_pop(L, 1);
    }
  }
  const int labels = static_cast<int>(spec.labels.size());
  auto number = LuaPhases::of(L).services().define_metric(spec);
  if (!number.ok()) return luaL_error(L, "metrics: %s", number.error().message.c_str());
  push_handle(L, HandleKind::kMetric, Metric{kKind, *number, labels});
  return 1;
}

constexpr luaL_Reg kMethods[] = {{"dec", guarded<dec>},
                                 {"inc", guarded<inc>},
                                 {"observe", guarded<observe>},
                                 {"set", guarded<set>},
                                 {nullptr, nullptr}};

}  // namespace

void open_metrics(lua_State* L) {
  define_handle(L, HandleKind::kMetric, "metric", kMethods, nullptr, nullptr);
  static const luaL_Reg kFunctions[] = {{"counter", guarded<define<MetricSpec::Kind::kCounter>>},
                                        {"gauge", guarded<define<MetricSpec::Kind::kGauge>>},
                                        {"histogram", guarded<define<MetricSpec::Kind::kHistogram>>},
                                        {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
