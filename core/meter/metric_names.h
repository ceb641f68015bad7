// The fixed label values of the gateway's own metrics, in the order in which they are counted.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace moongate::metric_names {

inline constexpr std::array<std::string_view, 5> kProviders = {"vertex", "vertex-claude", "anthropic", "gemini", "none"};
inline constexpr std::array<std::string_view, 7> kDialects = {"anthropic", "vertex", "vertex-claude", "gemini",
                                                              "openai",    "plain",  "other"};
inline constexpr std::array<std::string_view, 6> kStatusClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
inline constexpr std::array<std::string_view, 9> kTokenKinds = {
    "input",   "cache_write_5m", "cache_write_1h", "cache_read", "output",
    "thought", "tool_prompt",    "audio_input",    "web_search"};
inline constexpr std::array<std::string_view, 10> kHooks = {
    "auth.authenticate", "route.select",     "token_map.map", "privacy.request", "privacy.response",
    "filters.request",   "filters.response", "filters.event", "log.log",         "other"};
inline constexpr std::array<std::string_view, 6> kFailures = {"error", "cpu-budget", "memory", "result", "waits",
                                                              "other"};
inline constexpr std::array<std::string_view, 5> kReloadable = {"map", "policy", "certificate", "settings", "other"};

// What is not in the list is its last.
template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto last = names.end() - 1;
  return static_cast<std::size_t>(std::find(names.begin(), last, name) - names.begin());
}

}  // namespace moongate::metric_names
