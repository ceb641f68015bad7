#include "simulator/faults.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace moongate::sim {
namespace {

TEST(Faults, AreSetByKeyAndValueAndLaterOnesWin) {
  Faults faults;
  ASSERT_TRUE(apply_faults(" status=429 retry-after=2\treset=mid-stream events=3", faults).ok());
  ASSERT_TRUE(apply_faults("events=5 tool=1 br=1 crlf=0", faults).ok());
  EXPECT_EQ(faults.status, 429);
  EXPECT_EQ(faults.retry_after, "2");
  EXPECT_EQ(faults.reset, FaultPoint::kMidStream);
  EXPECT_EQ(faults.events, 5);
  EXPECT_TRUE(faults.tool);
  EXPECT_EQ(faults.coding, Coding::kBrotli);
  EXPECT_EQ(faults.crlf, false);
}

TEST(Faults, AnUnknownKeyIsNamed) {
  Faults faults;
  const Status status = apply_faults("statsu=500", faults);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("statsu"), std::string::npos);
}

TEST(Faults, AValueThatIsNoneIsToldWhatIsPossible) {
  for (const char* wrong :
       {"status=abc", "status=99", "events=-1", "events=", "latency-ms=9999999999", "reset=later", "tool=yes",
        "keepalive=2", "cut=1", "malformed-head=odd", "echo=body", "crlf=2", "gzip"}) {
    Faults faults;
    const Status status = apply_faults(wrong, faults);
    ASSERT_FALSE(status.ok()) << wrong;
    EXPECT_NE(status.error().message.find("takes"), std::string::npos) << wrong;
  }
}

TEST(Faults, TheLastDirectiveInATextCounts) {
  EXPECT_EQ(find_directive("a [[sim: events=1]] b [[sim: events=2]] c"), " events=2");
  EXPECT_EQ(find_directive("no directive [[sim: never closed"), "");
  EXPECT_EQ(without_directives("say [[sim: events=1]]this [[sim: tool=1]]"), "say this");
}

TEST(Faults, EveryKeyIsInTheDocumentation) {
  std::ifstream file(std::string(MOONGATE_SOURCE_DIR) + "/docs/simulator.md");
  std::ostringstream text;
  text << file.rdbuf();
  for (const std::string_view key : fault_keys()) {
    EXPECT_NE(text.str().find("`" + std::string(key) + "="), std::string::npos) << key;
  }
}

TEST(StandingFaults, ApplyByPrefixOfThePathAndRunOut) {
  StandingFaults standing;
  ASSERT_TRUE(standing.set("/token status=503 times=2\n\n/v1 events=2\n/v1/messages tool=1\n").ok());
  EXPECT_EQ(standing.take("/token"), "status=503");
  EXPECT_EQ(standing.take("/token"), "status=503");
  EXPECT_EQ(standing.take("/token"), "");
  EXPECT_EQ(standing.take("/v1/messages"), "events=2 tool=1");
  EXPECT_EQ(standing.take("/v1beta/models"), "events=2");
  EXPECT_EQ(standing.take("/other"), "");
}

TEST(StandingFaults, AWrongLineChangesNothing) {
  StandingFaults standing;
  ASSERT_TRUE(standing.set("/token status=503").ok());
  EXPECT_FALSE(standing.set("/token status=500\n/v1 nonsense=1").ok());
  EXPECT_FALSE(standing.set("token status=500").ok());
  EXPECT_FALSE(standing.set("/token status=500 times=0").ok());
  EXPECT_EQ(standing.take("/token"), "status=503");
}

}  // namespace
}  // namespace moongate::sim
