// The verbs that work on the store and its neighbours themselves, not through the admin API: `moongate migrate …`,
// `rekey` and `price check`.
#pragma once

#include <optional>
#include <string>

#include "config/settings.h"

namespace moongate {

struct StoreWords {
  SettingsSources sources;
  int steps = 1;             // migrate down
  std::string price_file;    // price check; empty: the one of billing.prices
  std::string backup_file;   // backup, restore
  bool with_secrets = false;        // backup
  bool replace = false;             // restore: over a store and files that are there
  bool store_only = false;          // restore: leave files alone
  bool without_master_key = false;  // restore: although the sealed values cannot be opened then
};

using StoreVerb = int (*)(const StoreWords& words);

// What these verbs begin with. The settings, unless something is wrong with them, which has been said.
std::optional<Settings> settings_of(const StoreWords& words);
// Whether a gateway serves this data_dir; says so.
bool is_running(const Settings& settings);
// Says it on standard error; the exit status.
int verb_failed(const std::string& message);

// Applies what is missing. Exit status 1: why not is on standard error.
int migrate_schema_up(const StoreWords& words);
// Takes back the last `steps` migrations, with their data. Not while a gateway serves this data_dir.
int migrate_schema_down(const StoreWords& words);
// A table of all migrations; exit status 1 when `up` would refuse.
int show_migrations(const StoreWords& words);
// A user, a client and a key to try things with; again it changes nothing.
int seed_demo(const StoreWords& words);
// Seals everything with a new master key: the value of MOONGATE_NEW_MASTER_KEY where the old one is in
// MOONGATE_MASTER_KEY, else one that is made and takes the file's place. Not while a gateway serves this data_dir.
int rekey_store(const StoreWords& words);
// Every problem of a price file, and of the store's rows over it.
int check_prices(const StoreWords& words);

}  // namespace moongate
