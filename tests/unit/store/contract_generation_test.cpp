// What other gateways must hear of raises the generation; what they need not hear of does not.
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

TEST_P(StoreContract, RaisesTheGenerationWithWhatGatewaysKeepInMemory) {
  std::int64_t known = store->directory_generation().value();
  const auto raised = [&] {
    const std::int64_t before = known;
    known = store->directory_generation().value();
    return known > before;
  };
  ASSERT_TRUE(store->insert_virtual_account(account_record("1")).value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->set_virtual_account_enabled("1", false).value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->erase_virtual_account("1").value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->insert_oauth_client(client_record("c")).value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->set_oauth_client_enabled("c", false).value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->erase_oauth_client("c").value());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->revoke_token({"jti", 2000}).ok());
  EXPECT_TRUE(raised());
  ASSERT_TRUE(store->replace_prices({{"p", "anthropic", "claude-x", 0, 0, "{}"}}).ok());
  EXPECT_TRUE(raised());

  EXPECT_FALSE(store->erase_virtual_account("1").value());
  EXPECT_FALSE(store->set_oauth_client_enabled("c", true).value());
  ASSERT_TRUE(store->insert_refresh_token(refresh_record("r", "f")).value());
  ASSERT_TRUE(store->touch_keys({}).ok());
  EXPECT_FALSE(raised());
}

}  // namespace
}  // namespace moongate
