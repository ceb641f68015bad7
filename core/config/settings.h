// The settings of one gateway: what conf/moongate.yaml, the environment and --set can say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace moongate {

// One member per setting, grouped as in the file: `listen.http` is listen.http here. Units are in the names.
// Defaults here are the product's defaults; settings.cpp has the one table of keys, ranges and comments, from
// which the environment names, conf/moongate.yaml and the table of docs/configuration.md follow (a test holds
// them to it).
struct Settings {
  struct Listen {
    std::string http = "127.0.0.1:8888";      // empty: not served
    std::string https = "127.0.0.1:8443";     // empty: not served
    std::string control = "127.0.0.1:8889";
    int backlog = 4096;
  } listen;
  int workers = 0;                            // 0: one per core
  std::string data_dir = "data";              // state: database, TLS key, secrets; created 0700
  struct Tls {
    std::string certificate;                  // PEM chain; empty: self-signed in data_dir/tls at first start
    std::string key;
    std::string min_version = "1.2";          // 1.2 or 1.3
  } tls;
  struct Policy {
    std::string dir = "lua";
    int hook_budget_ms = 50;                  // CPU time between two yields
    int memory_mb = 64;                       // per VM
    bool ffi = false;
  } policy;
  int reload_ms = 500;                        // how often changed files are looked for; 0: only on SIGHUP
  struct Map {
    std::string file = "data/map/map-config.json";
    std::string credentials_dir = "data/json";
  } map;
  struct Store {
    std::string url = "sqlite:moongate.db";   // a relative path lies in data_dir; or mysql://…
    bool auto_migrate = false;                // MySQL: serve brings the schema up to date itself; SQLite always does
    int connections = 4;                      // MySQL: at most, and threads that the data plane's questions get
    std::string ca_file;                      // MySQL: TLS, verified against this PEM bundle; empty: no TLS
  } store;
  struct Cache {
    std::string url = "memory://";            // or redis://…, rediss://…, redis+unix://…: see cache.h
    int timeout_ms = 50;                      // a slower Redis counts as away
    int memory_entries = 100000;
    std::string ca_file;                      // rediss://: PEM bundle; empty: the system's
  } cache;
  struct Keys {
    int cache_s = 30;                         // how long a looked-up key is believed without asking the store
    int negative_s = 5;                       // the same for one that does not exist
    int poll_ms = 500;                        // how often the store is asked whether keys have changed
  } keys;
  struct Ledger {
    std::string dir;                          // empty: data_dir/spool
    int sync_ms = 50;                         // what a power failure may take
    int spool_mb = 1024;                      // what may wait for the store
    std::string when_full = "refuse";         // requests while nothing can be written: refuse, or serve unmetered
    int keep_days = 0;                        // single rows; their sums stay. 0: for good
  } ledger;
  struct Billing {
    std::string prices = "data/prices.json";  // the built-in table where this default is not there
    std::string unpriced = "allow";           // a model without a price: allow (cost unknown) or refuse
    std::string markup = "1.0";               // for clients that have none of their own
    bool balances = false;                    // users must have money
    std::string opening = "50";               // dollars that the first top-up must bring
    std::string warning = "30";               // below: a notification and a header
    std::string cutoff = "0";                 // at or below: refused
    int output_tokens = 1024;                 // reserved for a request that names no maximum
  } billing;
  struct Limits {
    std::int64_t head_bytes = 65536;          // request line and headers
    int header_count = 100;
    std::int64_t held_body_bytes = 33554432;  // what may be held for a decision or a retry; beyond: 413
    std::int64_t body_bytes = 536870912;      // any request body, streamed
    int connections = 20000;                  // client connections, all workers together
  } limits;
  struct Timeouts {
    int head_ms = 10000;                      // first byte of a request to the end of its head
    int idle_ms = 75000;                      // between requests of a kept-alive connection
    int body_ms = 30000;                      // silence of a client that is sending a body
    int write_ms = 60000;                     // a client that reads nothing while we have something to send
    int connect_ms = 5000;                    // upstream TCP and TLS handshake together
    int first_byte_ms = 600000;               // request sent to the upstream's head
    int silence_ms = 300000;                  // between two pieces of an answer
    int total_ms = 0;                         // a whole exchange; 0: no limit
    int drain_ms = 30000;                     // running exchanges at shutdown
  } timeouts;
  struct Stream {
    int keepalive_ms = 0;                     // SSE comment after so much silence; 0: never
    bool require_final_event = true;          // a stream that ends without its final event is a cut one
    std::string on_disconnect = "cancel";     // the client has left: cancel, or drain to learn the final usage
    int drain_ms = 30000;                     // at most
  } stream;
  struct Upstream {
    int idle_ms = 60000;                      // kept-alive connections without use
    int idle_connections = 256;               // per host and worker
    std::string ca_file;                      // PEM bundle; empty: the system's
    std::string token_hosts = "oauth2.googleapis.com,www.googleapis.com,accounts.google.com,sts.googleapis.com";
    int max_attempts = 3;                     // of one request
    int retry_percent = 20;                   // retries beside first attempts, per worker
    bool retry_executed = false;              // send again what may have been executed
    bool affinity = true;                     // a conversation stays with the account that holds its prompt cache
    bool strip_bad_signatures = true;         // a refused thinking signature: once more without the thinking blocks
    std::string vertex_betas;                 // anthropic-beta values that Vertex may see; empty: all
    int circuit_failures = 5;                 // connection failures in a row that open an account's circuit
    int circuit_open_ms = 10000;              // then one probe
  } upstream;
  struct OAuth {
    std::string public_url = "http://localhost:8889";  // how clients reach the control port; goes into key files
    std::string universe_domain = "moongate.internal"; // goes into key files; never googleapis.com
    int access_token_s = 3599;
    int clock_skew_s = 300;                            // tolerated in iat and exp of assertions
    bool rotate_refresh_tokens = false;
    int signing_key_days = 30;                         // a new id-token signing key after so many days
    bool demo_client = false;                          // client_id=test client_secret=test
  } oauth;
  struct Users {
    std::string registration = "closed";      // closed, invite or open
    bool verify_email = true;                 // who registers must prove the address before anything else
    int session_s = 900;                      // a session's token; the refresh token goes on
    int refresh_days = 30;                    // a refresh token that is not used
    int login_attempts = 10;                  // that fail within 15 minutes, per name and per address
  } users;
  struct Mail {
    std::string server;                       // smtp://… or smtps://…; empty: messages are files in outbox
    std::string from = "moongate@localhost";
    std::string outbox;                       // empty: data_dir/outbox
    std::string ca_file;                      // PEM bundle; empty: the system's
  } mail;
  struct Console {
    bool enabled = true;
    std::string api_url;                      // how clients reach listen.http; empty: as the browser came, with its port
    std::string cors_origins;                 // other sites whose pages may call the control port's APIs; empty: none
  } console;
  struct Live {
    int requests = 2000;                      // finished ones whose decisions are kept, in memory
    int capture_requests = 100;               // of clients with body capture on
    int capture_kb = 64;                      // of each body
  } live;
  struct Chat {
    bool enabled = true;
    std::string model = "claude-sonnet-4-5";  // of a conversation that names none
    int max_tokens = 4096;                    // of an answer that names none
    int context_tokens = 0;                   // history sent along; 0: what the model's window takes
    int streams = 64;                         // answers at once
  } chat;
  struct CliWorkers {                         // `worker.` in the file
    std::string command;                      // speaks streaming JSON on stdin and stdout; empty: off
    int processes = 2;
    int queue = 32;                           // waiting beyond that are refused
    int timeout_ms = 300000;                  // one answer
    std::string environment;                  // the variables that it inherits; everything else is left out
    std::string models = "cli-*";             // conversations with these go to it
  } worker;
  struct Telemetry {
    std::string mode = "drop";                // what clients report of themselves: drop, or forward
    std::string statsig_url;                  // where /api/statsig/* and /api/event_logging/* go
    std::string sentry_url;                   // where /api/sentry/* goes
  } telemetry;
  struct Simulator {
    std::string mode = "off";                 // off, or auto: the upstream of every provider without a credential
    std::string listen = "127.0.0.1:0";
  } simulator;
  struct Log {
    std::string level = "info";               // debug, info, warn, error
    std::string error = "stderr";             // file, "stderr", "-" or "off"
    std::string access = "-";
  } log;
};

// What the three places say that beat the defaults, each beating the one before.
struct SettingsSources {
  std::string file;                                              // empty: conf/moongate.yaml if it exists
  std::vector<std::pair<std::string, std::string>> environment;  // every MOONGATE_* pair that is a setting's
  std::vector<std::string> sets;                                 // "key=value"
};

// A problem found in an operator's file. line and column count from 1; 0 where there is none.
struct Problem {
  std::string file;     // or "environment", or "--set"
  int line = 0;
  int column = 0;
  std::string path;     // "$.clients[2].client_token" or "limits.head_bytes"
  std::string message;  // what is wrong and what to do; never holds a secret
  bool warning = false;
  std::string format() const;  // "file:line:column: path: message", on one line; what is not known is left out
};

// Whether one of them is more than a warning.
bool has_errors(const std::vector<Problem>& problems);

// Reads file, environment and --set. Every problem is appended to `problems`, and its setting keeps the value
// from before; without one that is not a warning the result is usable. An unknown key names the nearest known
// one (an unknown MOONGATE_* variable is only a warning: Kubernetes makes up such names for a service called
// moongate).
Settings load_settings(const SettingsSources& sources, std::vector<Problem>& problems);

// The whole of conf/moongate.yaml: every setting with its default and a one-line comment.
std::string render_settings_file();
// The table of docs/configuration.md.
std::string render_settings_table();
// The settings in force as YAML, passwords in URLs masked; what differs from its default says so.
std::string render_effective_settings(const Settings& settings);

// One setting for moon.config and the console. Passwords in URLs are masked.
struct SettingValue {
  enum class Type : std::uint8_t { kText, kInteger, kBoolean };
  std::string_view key;  // lives as long as the program
  Type type = Type::kText;
  std::string text;      // an integer's digits; "true" or "false"
};
std::vector<SettingValue> list_settings(const Settings& settings);

// "redis://:***@host/0" for "redis://:secret@host/0"; what has no password is returned as it is.
std::string mask_url_password(std::string_view url);

}  // namespace moongate
