// The stores that the contract suite runs over.
#include "store/memory_store.h"
#include "unit/store/mariadb_server.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(StoreUnderTest{"Memory", [] { return std::unique_ptr<Store>(new MemoryStore); }},
                    StoreUnderTest{"Sqlite", [] { return open_store("sqlite::memory:", "", 1000).value(); }},
                    StoreUnderTest{"Mariadb", [] { return MariadbServer::shared().new_store(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace moongate
