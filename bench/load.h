// The two things the load client can do. Each runs to its end and returns the program's exit code.
#pragma once

#include "options.h"

namespace moongate::bench {

int load_requests(const Options& options);
int load_streams(const Options& options);

}  // namespace moongate::bench
