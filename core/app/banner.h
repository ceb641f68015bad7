// What a start prints: where things are, and lines to try them with.
#pragma once

#include <string>

#include "app/gateway_process.h"

namespace moongate {

// The lines hold the token of the map's first client, which is in the operator's own file.
std::string banner(const GatewayProcess& process);

}  // namespace moongate
