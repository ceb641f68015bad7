#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace moongate {
namespace {

constexpr MonoMs kTick = TimerWheel::kTickMs;
constexpr MonoMs kRound = kTick * static_cast<MonoMs>(TimerWheel::kSlots);

struct Alarm final : Timer {
  int rung = 0;
  std::function<void()> then;

 private:
  void on_expired() override {
    ++rung;
    if (then) then();
  }
};

// Advances one millisecond at a time; when the alarm rang, or 0.
MonoMs rings_at(TimerWheel& wheel, const Alarm& alarm, MonoMs from, MonoMs until) {
  for (MonoMs now = from; now <= until; ++now) {
    wheel.advance(now);
    if (alarm.rung > 0) return now;
  }
  return 0;
}

TEST(TimerWheel, IsNeverEarlyAndAtMostATickLate) {
  for (MonoMs delay = 1; delay < 40; ++delay) {
    for (MonoMs start = 1000; start < 1000 + kTick; ++start) {
      TimerWheel wheel(start);
      Alarm alarm;
      wheel.set(alarm, start + delay);
      const MonoMs at = rings_at(wheel, alarm, start, start + delay + 2 * kTick);
      ASSERT_GE(at, start + delay);
      ASSERT_LE(at, start + delay + kTick);
      ASSERT_FALSE(alarm.armed());
    }
  }
}

TEST(TimerWheel, DeadlinesBeyondOneRoundGoRound) {
  TimerWheel wheel(0);
  Alarm alarm;
  const MonoMs deadline = 3 * kRound + 100;
  wheel.set(alarm, deadline);
  for (MonoMs now = 0; now < deadline; now += kTick) {
    wheel.advance(now);
    ASSERT_EQ(alarm.rung, 0) << now;
  }
  wheel.advance(deadline + kTick);
  EXPECT_EQ(alarm.rung, 1);
}

TEST(TimerWheel, APastDeadlineRingsAtTheNextTick) {
  TimerWheel wheel(5000);
  Alarm alarm;
  wheel.set(alarm, 10);
  wheel.advance(5000);
  wheel.advance(5000 + kTick);
  EXPECT_EQ(alarm.rung, 1);
}

TEST(TimerWheel, MovedLaterItRingsLaterAndOnce) {
  TimerWheel wheel(0);
  Alarm alarm;
  wheel.set(alarm, 100);
  wheel.advance(50);
  wheel.set(alarm, 1000);
  const MonoMs at = rings_at(wheel, alarm, 51, 2000);
  EXPECT_GE(at, 1000);
  EXPECT_LE(at, 1000 + kTick);
  wheel.advance(3000);
  EXPECT_EQ(alarm.rung, 1);
}

TEST(TimerWheel, MovedEarlierItRingsEarlier) {
  TimerWheel wheel(0);
  Alarm alarm;
  wheel.set(alarm, 5 * kRound);
  wheel.set(alarm, 200);
  const MonoMs at = rings_at(wheel, alarm, 0, 1000);
  EXPECT_GE(at, 200);
  EXPECT_LE(at, 200 + kTick);
}

TEST(TimerWheel, CanceledItDoesNotRingAndCanBeSetAgain) {
  TimerWheel wheel(0);
  Alarm alarm;
  wheel.set(alarm, 100);
  wheel.cancel(alarm);
  EXPECT_FALSE(alarm.armed());
  wheel.advance(200);
  EXPECT_EQ(alarm.rung, 0);
  wheel.set(alarm, 300);
  wheel.cancel(alarm);
  wheel.set(alarm, 300);
  wheel.advance(400);
  EXPECT_EQ(alarm.rung, 1);
}

TEST(TimerWheel, ATimerMayGoWhileItIsSet) {
  TimerWheel wheel(0);
  Alarm before, after;
  wheel.set(before, 100);
  {
    Alarm gone;
    wheel.set(gone, 100);
    wheel.set(after, 100);
  }
  wheel.advance(200);
  EXPECT_EQ(before.rung + after.rung, 2);
}

TEST(TimerWheel, ACallbackMaySetItselfAndOthers) {
  TimerWheel wheel(0);
  Alarm again, other;
  again.then = [&] {
    if (again.rung < 3) wheel.set(again, 10);  // the past: the next tick, not this one for ever
    wheel.set(other, 500);
  };
  wheel.set(again, 10);
  wheel.advance(16);
  EXPECT_EQ(again.rung, 1);
  wheel.advance(16 + kTick);
  EXPECT_EQ(again.rung, 2);
  wheel.advance(480);
  EXPECT_EQ(again.rung, 3);
  EXPECT_EQ(other.rung, 0);
  wheel.advance(500 + kTick);
  EXPECT_EQ(other.rung, 1);
}

TEST(TimerWheel, ACallbackMayCancelOneThatIsDueToo) {
  TimerWheel wheel(0);
  Alarm first, second;
  first.then = [&] { wheel.cancel(second); };
  second.then = [&] { wheel.cancel(first); };
  wheel.set(first, 100);
  wheel.set(second, 100);
  wheel.advance(200);
  EXPECT_EQ(first.rung + second.rung, 1);
}

TEST(TimerWheel, AfterALongSleepEverythingDueRingsAndNothingElse) {
  TimerWheel wheel(0);
  std::vector<Alarm> due(50), later(50);
  for (std::size_t i = 0; i < 50; ++i) {
    wheel.set(due[i], 1 + static_cast<MonoMs>(i) * 400);
    wheel.set(later[i], 10 * kRound + 1 + static_cast<MonoMs>(i) * 400);
  }
  wheel.advance(10 * kRound);
  for (const Alarm& alarm : due) EXPECT_EQ(alarm.rung, 1);
  for (const Alarm& alarm : later) EXPECT_EQ(alarm.rung, 0);
  wheel.advance(13 * kRound);
  for (const Alarm& alarm : later) EXPECT_EQ(alarm.rung, 1);
}

TEST(TimerWheel, TellsHowLongToWait) {
  TimerWheel wheel(0);
  EXPECT_EQ(wheel.wait_ms(0, 60'000), 60'000);
  Alarm alarm;
  wheel.set(alarm, 1000);
  EXPECT_EQ(wheel.wait_ms(0, 60'000), 1000);
  EXPECT_EQ(wheel.wait_ms(990, 60'000), 10);
  EXPECT_EQ(wheel.wait_ms(5000, 60'000), 0);
  EXPECT_EQ(wheel.wait_ms(0, 100), 100);
  wheel.advance(1000);
  EXPECT_EQ(wheel.wait_ms(1000, 60'000), 60'000);
}

TEST(TimerWheel, FollowingItsWaitsMeetsEveryDeadline) {
  std::mt19937 random(7);
  TimerWheel wheel(0);
  std::vector<Alarm> alarms(200);
  std::vector<MonoMs> deadlines(alarms.size());
  std::vector<int> seen(alarms.size());
  for (std::size_t i = 0; i < alarms.size(); ++i) {
    deadlines[i] = 1 + static_cast<MonoMs>(random() % (4 * kRound));
    wheel.set(alarms[i], deadlines[i]);
    if (random() % 3 == 0) {
      deadlines[i] = 1 + static_cast<MonoMs>(random() % (4 * kRound));
      wheel.set(alarms[i], deadlines[i]);
    }
  }
  MonoMs now = 0;
  while (now < 5 * kRound) {
    now += wheel.wait_ms(now, 10'000);
    wheel.advance(now);
    for (std::size_t i = 0; i < alarms.size(); ++i) {
      if (seen[i] == alarms[i].rung) continue;
      seen[i] = alarms[i].rung;
      ASSERT_GE(now, deadlines[i]);
      ASSERT_LE(now, deadlines[i] + kTick);
    }
  }
  for (const Alarm& alarm : alarms) EXPECT_EQ(alarm.rung, 1);
}

}  // namespace
}  // namespace moongate
