// Names to addresses, without blocking a worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/address.h"

namespace moongate {

// Shared by all workers. Asks the system's resolver on a few threads of its own and keeps what it said for
// `ttl_ms`; while a renewal fails, the old answer is used. Concurrent questions for one name are asked once.
class Resolver {
 public:
  explicit Resolver(const Clock& clock, int ttl_ms = 30'000, int threads = 2);
  ~Resolver();

  // The addresses of host:port. Numeric hosts and known names answer without suspending. kConnect: the name is
  // unknown or no server answered; kTimeout at `deadline` (the question goes on and its answer is kept).
  Task<Result<std::vector<Address>>> resolve(Signal& signal, std::string host, int port, MonoMs deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moongate
