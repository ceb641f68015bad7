// What tests ask the simulator itself: /__simulator/log, stats, reset, faults, expire-tokens.
#pragma once

#include "simulator/call.h"

namespace moongate::sim {

// Not logged, not counted, no faults.
Reply control_face(Call& call);

}  // namespace moongate::sim
