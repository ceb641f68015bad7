#include "store/sql_driver.h"

namespace moongate {

Status SqlDriver::run_transaction(const std::function<Status(SqlConnection&)>& use) {
  return run([&](SqlConnection& connection) -> Status {
    if (Status begun = connection.begin(); !begun) return begun;
    Status done = use(connection);
    if (done) done = connection.commit();
    if (!done) connection.rollback();
    return done;
  });
}

}  // namespace moongate
