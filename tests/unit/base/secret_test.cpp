#include "base/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <type_traits>

namespace moongate {
namespace {

TEST(Secret, ShowsNothingOfAShortOne) {
  EXPECT_EQ(Secret("").masked(), "***");
  EXPECT_EQ(Secret("hunter2").masked(), "***");
  EXPECT_EQ(Secret(std::string(23, 'x')).masked(), "***");
}

TEST(Secret, ShowsTheLastFourOfALongOne) {
  EXPECT_EQ(Secret("sk-ant-api03-0123456789-wxyz").masked(), "***wxyz");
}

TEST(Secret, DoesNotConvertToText) {
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Secret>));
}

TEST(Secret, IsEmptyWhenMovedFrom) {
  Secret a("short");
  Secret b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT: what is left of it is the case
  EXPECT_EQ(b.reveal(), "short");
  Secret c;
  c = std::move(b);
  EXPECT_TRUE(b.empty());  // NOLINT
  EXPECT_EQ(c.reveal(), "short");
  Secret& same = c;
  c = std::move(same);
  EXPECT_EQ(c.reveal(), "short");
}

TEST(Secret, CopiesAreTheirOwn) {
  Secret a("one");
  Secret b = a;
  a = Secret("two");
  EXPECT_EQ(b.reveal(), "one");
  EXPECT_EQ(a.reveal(), "two");
}

TEST(Secret, WipesItsMemoryWhenItGoes) {
  // A short text lies in the object itself, whose memory outlives it here.
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  const std::string text = "hunter2!";
  auto* secret = new (memory) Secret(text);
  const auto holds = [&] {
    const volatile unsigned char* raw = memory;
    std::string copy;
    for (std::size_t i = 0; i < sizeof memory; ++i) copy += static_cast<char>(raw[i]);
    return copy.find("hunter") != std::string::npos;
  };
  EXPECT_TRUE(holds());
  Secret elsewhere(std::move(*secret));
  EXPECT_FALSE(holds());
  *secret = elsewhere;
  EXPECT_TRUE(holds());
  secret->~Secret();
  EXPECT_FALSE(holds());
}

}  // namespace
}  // namespace moongate
