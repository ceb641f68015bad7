// How the administering verbs are written on the command line.
#pragma once

#include <CLI/CLI.hpp>

#include "app/command_line.h"

namespace moongate {

// Adds them to `app`; parsing sets command.verb, command.admin_verb and command.words. Both must outlive the parsing.
void add_admin_grammar(CLI::App& app, CommandLine& command);

}  // namespace moongate
