// How the verbs that administer a gateway and its store are written on the command line.
#pragma once

#include <CLI/CLI.hpp>

#include "app/command_line.h"

namespace moongate {

// Add them to `app`; parsing sets command.verb, and command.admin_verb and command.words, or command.store_verb and
// command.store_words. `command` must outlive the parsing.
void add_admin_grammar(CLI::App& app, CommandLine& command);
void add_store_grammar(CLI::App& app, CommandLine& command);

}  // namespace moongate
