// The one table of settings. A new setting is a member in settings.h and a row here; the file's text, the
// environment names and the documentation's table follow.
#include "config/settings.h"

#include <array>

#include "config/setting_row.h"

namespace moongate {
namespace {

template <auto kGroup, auto kField>
auto& in(Settings& settings) {
  return settings.*kGroup.*kField;
}
template <auto kField>
auto& at(Settings& settings) {
  return settings.*kField;
}

using S = Settings;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

template <class Value>
constexpr SettingRow text(std::string_view key, Value slot, TextForm form, std::string_view comment) {
  return {key, static_cast<std::string& (*)(Settings&)>(slot), form, 0, 0, {}, comment};
}
constexpr SettingRow choice(std::string_view key, std::string& (*slot)(Settings&), std::string_view choices,
                            std::string_view comment) {
  return {key, slot, TextForm::kChoice, 0, 0, choices, comment};
}
constexpr SettingRow number(std::string_view key, int& (*slot)(Settings&), std::int64_t min, std::int64_t max,
                            std::string_view comment) {
  return {key, slot, {}, min, max, {}, comment};
}
constexpr SettingRow number64(std::string_view key, std::int64_t& (*slot)(Settings&), std::int64_t min,
                              std::int64_t max, std::string_view comment) {
  return {key, slot, {}, min, max, {}, comment};
}
constexpr SettingRow flag(std::string_view key, bool& (*slot)(Settings&), std::string_view comment) {
  return {key, slot, {}, 0, 0, {}, comment};
}

// clang-format off
constexpr SettingRow kRows[] = {
  text("listen.http", &in<&S::listen, &S::Listen::http>, TextForm::kAddressOrEmpty,
       "The API in clear; empty: not served."),
  text("listen.https", &in<&S::listen, &S::Listen::https>, TextForm::kAddressOrEmpty,
       "The API under TLS; empty: not served."),
  text("listen.control", &in<&S::listen, &S::Listen::control>, TextForm::kAddress,
       "The mock OAuth2, admin API, health and metrics."),
  number("listen.backlog", &in<&S::listen, &S::Listen::backlog>, 1, 65535,
         "Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn."),
  number("workers", &at<&S::workers>, 0, 256, "Threads that serve the API; 0: one per core."),
  text("data_dir", &at<&S::data_dir>, TextForm::kPath,
       "State: database, self-signed TLS key, secrets; created with mode 0700."),

  text("tls.certificate", &in<&S::tls, &S::Tls::certificate>, TextForm::kPathOrEmpty,
       "PEM chain for listen.https; empty: self-signed, made in data_dir/tls at the first start."),
  text("tls.key", &in<&S::tls, &S::Tls::key>, TextForm::kPathOrEmpty, "PEM private key of tls.certificate."),
  choice("tls.min_version", &in<&S::tls, &S::Tls::min_version>, "1.2, 1.3", "The oldest TLS that clients may speak."),

  text("policy.dir", &in<&S::policy, &S::Policy::dir>, TextForm::kPath, "Where auth.lua, route.lua and the others lie."),
  number("policy.hook_budget_ms", &in<&S::policy, &S::Policy::hook_budget_ms>, 1, 60000,
         "CPU time that a hook may take between two yields."),
  number("policy.memory_mb", &in<&S::policy, &S::Policy::memory_mb>, 8, 1024, "Memory of one worker's Lua VM."),
  flag("policy.ffi", &in<&S::policy, &S::Policy::ffi>,
       "Gives policies LuaJIT's ffi, and with it the whole process: only for Lua that you trust like C."),
  number("reload_ms", &at<&S::reload_ms>, 0, 3600000,
         "How often changed policy, map and key files are looked for; 0: only on SIGHUP."),

  text("map.file", &in<&S::map, &S::Map::file>, TextForm::kPath, "Clients and accounts; see docs/map-config.md."),
  text("map.credentials_dir", &in<&S::map, &S::Map::credentials_dir>, TextForm::kPath,
       "The key files that the map names."),

  text("store.url", &in<&S::store, &S::Store::url>, TextForm::kStoreUrl,
       "The database; a relative FILE lies in data_dir."),
  flag("store.auto_migrate", &in<&S::store, &S::Store::auto_migrate>,
       "MySQL: serve brings the schema up to date; otherwise it asks for `moongate migrate up`."),
  number("store.connections", &in<&S::store, &S::Store::connections>, 1, 64,
         "Connections to MySQL at most; threads that look things up for requests."),
  text("store.ca_file", &in<&S::store, &S::Store::ca_file>, TextForm::kPathOrEmpty,
       "MySQL under TLS, its certificate and name verified against this PEM bundle; empty: in clear."),
  text("cache.url", &in<&S::cache, &S::Cache::url>, TextForm::kCacheUrl,
       "What workers and gateways share: memory:// is this process alone, redis://… all that name it."),
  number("cache.timeout_ms", &in<&S::cache, &S::Cache::timeout_ms>, 1, 60000, "A slower Redis counts as away."),
  number("cache.memory_entries", &in<&S::cache, &S::Cache::memory_entries>, 100, 100000000,
         "What memory:// keeps at most; the longest unused goes first."),
  text("cache.ca_file", &in<&S::cache, &S::Cache::ca_file>, TextForm::kPathOrEmpty,
       "PEM bundle that a rediss:// server is verified against; empty: the system's."),

  number("keys.cache_s", &in<&S::keys, &S::Keys::cache_s>, 1, 3600,
         "How long a key that was looked up is believed while nothing is heard of a change."),
  number("keys.negative_s", &in<&S::keys, &S::Keys::negative_s>, 1, 3600, "The same for a key that does not exist."),
  number("keys.poll_ms", &in<&S::keys, &S::Keys::poll_ms>, 50, 60000,
         "How often the store is asked whether keys, clients or accounts have changed; Redis tells at once."),

  text("ledger.dir", &in<&S::ledger, &S::Ledger::dir>, TextForm::kPathOrEmpty,
       "Where finished requests wait for the store; empty: data_dir/spool."),
  number("ledger.sync_ms", &in<&S::ledger, &S::Ledger::sync_ms>, 1, 10000,
         "How far the disk may be behind: what a power failure takes."),
  number("ledger.spool_mb", &in<&S::ledger, &S::Ledger::spool_mb>, 8, 1048576, "What may wait for the store at most."),
  choice("ledger.when_full", &in<&S::ledger, &S::Ledger::when_full>, "refuse, serve",
         "Requests while the ledger cannot be written: refused, or served unmetered."),
  number("ledger.keep_days", &in<&S::ledger, &S::Ledger::keep_days>, 0, 36500,
         "How long single requests are kept; their sums stay. 0: for good."),

  text("billing.prices", &in<&S::billing, &S::Billing::prices>, TextForm::kPath,
       "The price table; where the default is not there, the built-in one."),
  choice("billing.unpriced", &in<&S::billing, &S::Billing::unpriced>, "allow, refuse",
         "A model without a price: served at unknown cost, or refused."),
  text("billing.markup", &in<&S::billing, &S::Billing::markup>, TextForm::kFactor,
       "What is billed per dollar of cost, for clients without a markup of their own."),
  flag("billing.balances", &in<&S::billing, &S::Billing::balances>, "Users pay in advance; without money: refused."),
  text("billing.opening", &in<&S::billing, &S::Billing::opening>, TextForm::kDollars,
       "What a user's first top-up must bring at least."),
  text("billing.warning", &in<&S::billing, &S::Billing::warning>, TextForm::kDollars,
       "Below this balance: a notification, and a header on each answer."),
  text("billing.cutoff", &in<&S::billing, &S::Billing::cutoff>, TextForm::kDollars,
       "At this balance or below requests are refused."),
  number("billing.output_tokens", &in<&S::billing, &S::Billing::output_tokens>, 0, 1000000,
         "Output reserved against token and cost limits for a request that names no maximum."),

  number64("limits.head_bytes", &in<&S::limits, &S::Limits::head_bytes>, 1024, 1048576,
           "A request's line and headers together; what is longer is refused."),
  number("limits.header_count", &in<&S::limits, &S::Limits::header_count>, 4, 1000, "Headers of a request; more are refused."),
  number64("limits.held_body_bytes", &in<&S::limits, &S::Limits::held_body_bytes>, 0, 4 * kGiB,
           "What of a request's body may be held for a decision or a retry; beyond: 413."),
  number64("limits.body_bytes", &in<&S::limits, &S::Limits::body_bytes>, 0, 1024 * kGiB,
           "Any request's body, streamed ones too; beyond: 413."),
  number("limits.connections", &in<&S::limits, &S::Limits::connections>, 1, 10000000,
         "Client connections of all workers together."),

  number("timeouts.head_ms", &in<&S::timeouts, &S::Timeouts::head_ms>, 1, kDayMs,
         "From a request's first byte to the end of its head."),
  number("timeouts.idle_ms", &in<&S::timeouts, &S::Timeouts::idle_ms>, 1, kDayMs,
         "Between two requests on one connection."),
  number("timeouts.body_ms", &in<&S::timeouts, &S::Timeouts::body_ms>, 1, kDayMs,
         "Silence of a client that is sending a body."),
  number("timeouts.write_ms", &in<&S::timeouts, &S::Timeouts::write_ms>, 1, kDayMs,
         "A client that reads nothing while there is something to send."),
  number("timeouts.connect_ms", &in<&S::timeouts, &S::Timeouts::connect_ms>, 1, kDayMs,
         "Connecting to an upstream, TLS handshake included."),
  number("timeouts.first_byte_ms", &in<&S::timeouts, &S::Timeouts::first_byte_ms>, 1, kDayMs,
         "From the request sent to the upstream's answer begun."),
  number("timeouts.silence_ms", &in<&S::timeouts, &S::Timeouts::silence_ms>, 1, kDayMs,
         "Between two pieces of an upstream's answer."),
  number("timeouts.total_ms", &in<&S::timeouts, &S::Timeouts::total_ms>, 0, kDayMs,
         "A whole exchange, streams too; 0: no limit."),
  number("timeouts.drain_ms", &in<&S::timeouts, &S::Timeouts::drain_ms>, 0, kDayMs,
         "What running exchanges get at shutdown before they are cut."),

  number("stream.keepalive_ms", &in<&S::stream, &S::Stream::keepalive_ms>, 0, 3600000,
         "An SSE comment after so much silence, so that clients do not give up; 0: never."),
  flag("stream.require_final_event", &in<&S::stream, &S::Stream::require_final_event>,
       "A stream that ends without its dialect's last event is passed on as a broken one."),
  choice("stream.on_disconnect", &in<&S::stream, &S::Stream::on_disconnect>, "cancel, drain",
         "When a client has left: cancel the upstream at once, or read on for the final usage."),
  number("stream.drain_ms", &in<&S::stream, &S::Stream::drain_ms>, 0, kDayMs, "How long drain reads on at most."),

  number("upstream.idle_ms", &in<&S::upstream, &S::Upstream::idle_ms>, 0, 3600000,
         "How long an unused connection to an upstream is kept."),
  number("upstream.idle_connections", &in<&S::upstream, &S::Upstream::idle_connections>, 0, 100000,
         "How many of them, per host and worker."),
  text("upstream.ca_file", &in<&S::upstream, &S::Upstream::ca_file>, TextForm::kPathOrEmpty,
       "PEM bundle that upstream certificates are verified against; empty: the system's."),
  text("upstream.token_hosts", &in<&S::upstream, &S::Upstream::token_hosts>, TextForm::kHostList,
       "The hosts that a key file's token_uri may name: nobody else is sent an assertion."),
  number("upstream.max_attempts", &in<&S::upstream, &S::Upstream::max_attempts>, 1, 10,
         "Attempts of one request, over all accounts."),
  number("upstream.retry_percent", &in<&S::upstream, &S::Upstream::retry_percent>, 0, 1000,
         "Further attempts per 100 requests, so that an outage is not made worse by retries."),
  flag("upstream.retry_executed", &in<&S::upstream, &S::Upstream::retry_executed>,
       "Sends a request again although the upstream may have executed it."),
  flag("upstream.affinity", &in<&S::upstream, &S::Upstream::affinity>,
       "A conversation stays with the account that holds its prompt cache."),
  flag("upstream.strip_bad_signatures", &in<&S::upstream, &S::Upstream::strip_bad_signatures>,
       "A thinking signature that the upstream refuses: once more, without the thinking blocks."),
  text("upstream.vertex_betas", &in<&S::upstream, &S::Upstream::vertex_betas>, TextForm::kNames,
       "The anthropic-beta values that Claude on Vertex is sent; empty: all."),
  number("upstream.circuit_failures", &in<&S::upstream, &S::Upstream::circuit_failures>, 1, 1000,
         "Connections in a row that fail before an account is left alone."),
  number("upstream.circuit_open_ms", &in<&S::upstream, &S::Upstream::circuit_open_ms>, 10, 3600000,
         "For how long, before one request probes it."),

  text("oauth.public_url", &in<&S::oauth, &S::OAuth::public_url>, TextForm::kHttpUrl,
       "How clients reach listen.control; it goes into the key files that the gateway issues."),
  text("oauth.universe_domain", &in<&S::oauth, &S::OAuth::universe_domain>, TextForm::kDomain,
       "The universe_domain of those key files; never googleapis.com."),
  number("oauth.access_token_s", &in<&S::oauth, &S::OAuth::access_token_s>, 1, 43200,
         "How long an access token of the mock lives."),
  number("oauth.clock_skew_s", &in<&S::oauth, &S::OAuth::clock_skew_s>, 0, 3600,
         "Tolerated in the iat and exp of assertions."),
  flag("oauth.rotate_refresh_tokens", &in<&S::oauth, &S::OAuth::rotate_refresh_tokens>,
       "A new refresh token at every use, and a reused one revokes all; Google does not do this."),
  number("oauth.signing_key_days", &in<&S::oauth, &S::OAuth::signing_key_days>, 1, 3650,
         "A new key for id tokens after so many days."),
  flag("oauth.demo_client", &in<&S::oauth, &S::OAuth::demo_client>,
       "Accepts client_id=test with client_secret=test: for trying out only."),

  choice("users.registration", &in<&S::users, &S::Users::registration>, "closed, invite, open",
         "Who may make an account: nobody, who has an invitation, anybody."),
  flag("users.verify_email", &in<&S::users, &S::Users::verify_email>,
       "Who registers must prove the e-mail address before signing in."),
  number("users.session_s", &in<&S::users, &S::Users::session_s>, 60, 86400,
         "How long a session's token lives; its refresh token makes the next."),
  number("users.refresh_days", &in<&S::users, &S::Users::refresh_days>, 1, 3650, "How long an unused refresh token lives."),
  number("users.login_attempts", &in<&S::users, &S::Users::login_attempts>, 1, 10000,
         "Failed sign-ins within 15 minutes, per name and per address, before more are refused."),

  text("mail.server", &in<&S::mail, &S::Mail::server>, TextForm::kMailUrlOrEmpty,
       "Who takes messages: smtp:// with STARTTLS, or smtps://; empty: they are files in mail.outbox."),
  text("mail.from", &in<&S::mail, &S::Mail::from>, TextForm::kWord, "The sender's address."),
  text("mail.outbox", &in<&S::mail, &S::Mail::outbox>, TextForm::kPathOrEmpty,
       "Where messages lie when there is no mail.server; empty: data_dir/outbox."),
  text("mail.ca_file", &in<&S::mail, &S::Mail::ca_file>, TextForm::kPathOrEmpty,
       "PEM bundle that mail.server's certificate is verified against; empty: the system's."),

  flag("console.enabled", &in<&S::console, &S::Console::enabled>, "Serves the console at /admin/ of listen.control."),
  text("console.api_url", &in<&S::console, &S::Console::api_url>, TextForm::kHttpUrlOrEmpty,
       "How clients reach listen.http, for instructions; empty: the host that the browser asked for."),
  text("console.cors_origins", &in<&S::console, &S::Console::cors_origins>, TextForm::kOriginList,
       "Other sites whose pages may call the APIs of listen.control; empty: none."),

  number("live.requests", &in<&S::live, &S::Live::requests>, 0, 100000,
         "Finished requests whose decisions are kept in memory."),
  number("live.capture_requests", &in<&S::live, &S::Live::capture_requests>, 0, 10000,
         "Those of them that keep their bodies, of clients with body capture on."),
  number("live.capture_kb", &in<&S::live, &S::Live::capture_kb>, 1, 16384, "What is kept of each body at most."),

  flag("chat.enabled", &in<&S::chat, &S::Chat::enabled>, "Serves conversations: /api/chat, /api/sessions, /api/tools."),
  text("chat.model", &in<&S::chat, &S::Chat::model>, TextForm::kWord, "The model of a conversation that names none."),
  number("chat.max_tokens", &in<&S::chat, &S::Chat::max_tokens>, 1, 1000000, "The length of an answer whose message names none."),
  number("chat.context_tokens", &in<&S::chat, &S::Chat::context_tokens>, 0, 10000000,
         "How much history goes along at most; 0: what the model's window takes."),
  number("chat.streams", &in<&S::chat, &S::Chat::streams>, 1, 4096, "Answers at once; more are refused with 503."),

  text("worker.command", &in<&S::worker, &S::CliWorkers::command>, TextForm::kCommandLine,
       "A program that answers conversations in streaming JSON on its standard streams; empty: none."),
  number("worker.processes", &in<&S::worker, &S::CliWorkers::processes>, 1, 256, "How many of it run at once."),
  number("worker.queue", &in<&S::worker, &S::CliWorkers::queue>, 0, 10000, "Messages that may wait for one of them."),
  number("worker.timeout_ms", &in<&S::worker, &S::CliWorkers::timeout_ms>, 100, kDayMs, "How long one answer may take."),
  text("worker.environment", &in<&S::worker, &S::CliWorkers::environment>, TextForm::kNames,
       "The environment variables that it inherits; all others are left out."),
  text("worker.models", &in<&S::worker, &S::CliWorkers::models>, TextForm::kNames,
       "The model names, with * for any, whose conversations go to it."),

  choice("telemetry.mode", &in<&S::telemetry, &S::Telemetry::mode>, "drop, forward",
         "What clients report of themselves: answered and dropped, or forwarded without credentials."),
  text("telemetry.statsig_url", &in<&S::telemetry, &S::Telemetry::statsig_url>, TextForm::kHttpUrlOrEmpty,
       "Where /api/statsig/* and /api/event_logging/* go; empty: dropped."),
  text("telemetry.sentry_url", &in<&S::telemetry, &S::Telemetry::sentry_url>, TextForm::kHttpUrlOrEmpty,
       "Where /api/sentry/* goes; empty: dropped."),

  choice("simulator.mode", &in<&S::simulator, &S::Simulator::mode>, "off, auto",
         "auto: a simulated upstream behind every provider that has no credential."),
  text("simulator.listen", &in<&S::simulator, &S::Simulator::listen>, TextForm::kAddress,
       "Where it listens; port 0: the system chooses one."),

  choice("log.level", &in<&S::log, &S::Log::level>, "debug, info, warn, error", "The least that is written."),
  text("log.error", &in<&S::log, &S::Log::error>, TextForm::kLogTarget, "The gateway's own log."),
  text("log.access", &in<&S::log, &S::Log::access>, TextForm::kLogTarget, "One JSON line per exchange."),
};
// clang-format on

constexpr auto kKeys = [] {
  std::array<std::string_view, std::size(kRows)> keys;
  for (std::size_t i = 0; i < std::size(kRows); ++i) keys[i] = kRows[i].key;
  return keys;
}();

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }
std::span<const std::string_view> setting_keys() { return kKeys; }

const SettingRow* find_setting(std::string_view key) {
  for (const SettingRow& row : kRows) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

}  // namespace moongate
