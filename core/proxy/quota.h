// What an exchange holds of its caller's limits.
#pragma once

#include "limits/limiter.h"

namespace moongate {

struct HeldQuota {
  Reservation reservation;
  Decision decision;
  bool balance_low = false;
};

}  // namespace moongate
