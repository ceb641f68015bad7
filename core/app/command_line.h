// What the program was asked to do.
#pragma once

#include <string>
#include <vector>

#include "app/admin_verbs.h"
#include "app/store_verbs.h"
#include "config/settings.h"

namespace moongate {

struct CommandLine {
  enum class Verb { kServe, kCheck, kVersion, kSimulator, kPolicyTest, kAdminToken, kPrintConfig, kAdmin, kStore, kExit };
  Verb verb = Verb::kServe;
  SettingsSources sources;              // --config, --set, MOONGATE_* of the environment
  std::string simulator_listen = "127.0.0.1:8890";
  std::vector<std::string> policy_test_files;
  AdminVerb admin_verb = nullptr;       // kAdmin
  AdminWords words;
  StoreVerb store_verb = nullptr;       // kStore
  StoreWords store_words;
  int exit_status = 0;                  // kExit: --help was shown, or the arguments were not understood
};

// Prints help and usage errors itself.
CommandLine parse_command_line(int argc, char** argv, char** environment);

}  // namespace moongate
