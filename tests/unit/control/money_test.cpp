#include "unit/control/admin_fixture.h"

namespace moongate {
namespace {

struct Money : AdminTest {
  void SetUp() override { id = make_user("ann"); }
  HttpResponse move(const std::string& body) { return post("users/ann/movements", body); }
  std::string id;
};

TEST_F(Money, IsPutInAndTold) {
  const HttpResponse moved = move(R"({"amount":"12.50","note":"by bank"})");
  ASSERT_EQ(moved.status, 201) << moved.body;
  EXPECT_EQ(at(moved, "balance"), "12.50");
  EXPECT_EQ(at(moved, "movement.kind"), "top-up");
  EXPECT_EQ(at(moved, "movement.actor"), "admin");
  clock.advance_ms(1000);
  EXPECT_EQ(at(move(R"({"amount":0.000000001})"), "balance"), "12.500000001");
  EXPECT_EQ(at(get("users/ann/balance"), "balance"), "12.500000001");
  EXPECT_EQ(at(get("users/ann"), "balance"), "12.500000001");
  EXPECT_EQ(at(get("balances"), "balances.0.credited"), "12.500000001");
  EXPECT_EQ(at(get("users/ann/movements?limit=1"), "movements.0.amount"), "0.000000001");
  EXPECT_EQ(balances_changed, (std::vector<std::string>{id, id}));
  EXPECT_TRUE(store.check_books().ok());
}

TEST_F(Money, AmountsAreReadDigitByDigit) {
  // As a double this would be 9007199.254740993... and another number.
  EXPECT_EQ(at(move(R"({"amount":9007199.254740993})"), "movement.amount"), "9007199.254740993");
  EXPECT_EQ(at(move(R"({"amount":0.1})"), "movement.amount"), "0.10");
}

TEST_F(Money, MovesOnceUnderOneId) {
  EXPECT_EQ(move(R"({"amount":"5","id":"order-17"})").status, 201);
  const HttpResponse again = move(R"({"amount":"5","id":"order-17"})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(at(again, "moved"), "false");
  EXPECT_EQ(at(again, "balance"), "5.00");
  EXPECT_EQ(at(again, "movement.id"), "admin-order-17");
  EXPECT_EQ(move(R"({"amount":"5","id":"admin-order-17"})").status, 200);
  EXPECT_SAYS(move(R"({"amount":"6","id":"order-17"})"), "409 ALREADY_EXISTS: The id admin-order-17 is a movement of $5.00");
  make_user("bob");
  EXPECT_SAYS(post("users/bob/movements", R"({"amount":"5","id":"order-17"})"), "another movement's");
  EXPECT_EQ(at(get("users/bob/balance"), "balance"), "0.00");
}

TEST_F(Money, ANegativeTopUpIsRefusedAndACorrectionIsNot) {
  EXPECT_SAYS(move(R"({"amount":"-5"})"), "400 INVALID_ARGUMENT: \"amount\" is negative");
  EXPECT_EQ(at(move(R"({"amount":"-5","kind":"correction","note":"typo"})"), "balance"), "-5.00");
}

TEST_F(Money, BadAmountsAreRefusedByName) {
  for (const char* body : {R"({})", R"({"amount":0})", R"({"amount":"0","kind":"correction"})", R"({"amount":"ten"})",
                           R"({"amount":"1,5"})", R"({"amount":true})", R"({"amount":null})", R"({"amount":"99999999999999"})",
                           R"({"amount":"20000000"})", R"({"amount":"1.0000000001"})"}) {
    EXPECT_SAYS(move(body), "400 INVALID_ARGUMENT: \"amount\"");
  }
  EXPECT_SAYS(move(R"({"amount":1,"kind":"charge"})"), "\"kind\" must be \"top-up\" or \"correction\"");
  EXPECT_SAYS(move(R"({"amount":1,"id":"a b"})"), "\"id\" must be");
  EXPECT_SAYS(move(R"({"amount":1,"note":")" + std::string(501, 'x') + "\"}"), "\"note\" must have 0 to 500");
  EXPECT_EQ(at(get("users/ann/balance"), "balance"), "0.00");
  EXPECT_TRUE(balances_changed.empty());
}

TEST_F(Money, ACallersIdIsNeverOneOfTheGateways) {
  move(R"({"amount":"5","id":"batch-0123"})");
  EXPECT_EQ(at(get("users/ann/movements"), "movements.0.id"), "admin-batch-0123");
}

TEST_F(Money, TheFirstTopUpMustBringTheOpeningBalanceWhereOneIsAskedFor) {
  settings.billing.balances = true;
  restart();
  EXPECT_SAYS(move(R"({"amount":"49.99"})"), "at least $50.00 (billing.opening); this is $49.99");
  EXPECT_EQ(move(R"({"amount":"50"})").status, 201);
  EXPECT_EQ(move(R"({"amount":"1"})").status, 201);
  EXPECT_SAYS(post("users", R"({"name":"bob","opening":"10"})"), "billing.opening");
  EXPECT_EQ(at(post("users", R"({"name":"bob","opening":"60"})"), "balance"), "60.00");
}

TEST_F(Money, AnOpeningBalanceIsAMovementLikeOthers) {
  const std::string bob = make_user("bob", R"(,"opening":"60")");
  EXPECT_EQ(at(get("users/bob/movements"), "movements.0.note"), "opening balance");
  EXPECT_EQ(audit().front(), "admin balance.move " + bob);
  EXPECT_EQ(balances_changed, std::vector<std::string>{bob});
}

}  // namespace
}  // namespace moongate
