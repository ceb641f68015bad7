#include "store/sql_driver.h"

namespace moongate {

Status in_transaction(SqlConnection& connection, SqlIsolation isolation,
                      const std::function<Status(SqlConnection&)>& use) {
  if (Status begun = connection.begin(isolation); !begun) return begun;
  Status done = use(connection);
  if (done) done = connection.commit();
  if (!done) connection.rollback();
  return done;
}

Status SqlDriver::run_transaction(const std::function<Status(SqlConnection&)>& use, SqlIsolation isolation) {
  constexpr int kAttempts = 10;
  for (int attempt = 1;; ++attempt) {
    Status done = run([&](SqlConnection& connection) { return in_transaction(connection, isolation, use); });
    if (done || done.error().retry != Retry::kYes || attempt == kAttempts) return done;
  }
}

}  // namespace moongate
