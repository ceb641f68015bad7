// What all connections of one simulator share. On its thread alone, so nothing here is locked.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "crypto/rsa_key.h"
#include "simulator/faults.h"
#include "simulator/file_store.h"
#include "simulator/operation_store.h"
#include "simulator/request_log.h"
#include "simulator/token_store.h"

namespace moongate::sim {

struct World {
  World(const Clock& c, bool accept_any_token, RsaPrivateKey own_key, std::vector<RsaPublicKey> keys)
      : clock(c), key(std::move(own_key)), tokens(c, accept_any_token, std::move(keys)) {}

  const Clock& clock;
  RsaPrivateKey key;
  TokenStore tokens;
  RequestLog log;
  StandingFaults standing;
  FileStore files;
  OperationStore operations;
  std::uint64_t connections = 0, open_connections = 0;
  std::uint64_t connections_before = 0;  // those that a reset has forgotten

  // "msg_01Sim000000000000000042": as long as the vendors' own, and different each time.
  std::string next_id(std::string_view prefix) {
    std::string digits = std::to_string(++last_id_);
    digits.insert(0, digits.size() < 19 ? 19 - digits.size() : 0, '0');
    return std::string(prefix) + "01Sim" + digits;
  }

 private:
  std::uint64_t last_id_ = 0;
};

}  // namespace moongate::sim
