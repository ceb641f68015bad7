// How the connection to Redis behaves when Redis does not: a scripted peer, and a clock moved by hand.
#include "cache/redis_client.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/clock.h"
#include "fake_redis.h"
#include "worker_loop.h"

namespace moongate {
namespace {

const std::string kSelect = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";

class RedisClientTest : public ::testing::Test {
 protected:
  using Answer = std::optional<Result<RedisReply>>;

  void SetUp() override { make(); }
  void TearDown() override {
    client_.reset();
    turn();
  }

  void make() {
    RedisClientOptions options;
    options.url.host = "127.0.0.1";
    options.url.port = redis_.port();
    options.max_waiting = 100;
    options.seed = 5;
    client_ = std::make_unique<RedisClient>(loop_.reactor, resolver_, nullptr, options, counters_, &log_);
  }
  // Loopback needs no time, but a few turns.
  void turn(int turns = 6) {
    for (int i = 0; i < turns; ++i) loop_.reactor.turn(0);
  }
  void advance_ms(std::int64_t ms) {
    clock_.advance_ms(ms);
    turn();
  }
  bool connect() {
    turn();
    if (!redis_.accept()) return false;
    turn();
    if (redis_.received() != kSelect) return false;
    redis_.say("+OK\r\n");
    turn();
    return true;
  }
  static Task<Result<RedisReply>> question(RedisClient& client, std::string word) { co_return co_await client.call({word}); }
  void ask(const std::string& word, Answer& answer) { spawn(WorkerLoop::keep(question(*client_, word), answer)); }
  static std::string command(const std::string& word) {
    return "*1\r\n$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  static void expect_unavailable(const Answer& answer, const std::string& because) {
    ASSERT_TRUE(answer.has_value()) << because;
    ASSERT_FALSE(answer->ok()) << because;
    EXPECT_EQ(answer->error().kind, ErrorKind::kUnavailable);
    EXPECT_NE(answer->error().describe().find(because), std::string::npos) << answer->error().describe();
  }
  static void expect_text(const Answer& answer, const std::string& text) {
    ASSERT_TRUE(answer.has_value());
    ASSERT_TRUE(answer->ok()) << answer->error().describe();
    EXPECT_EQ((**answer).text, text);
  }

  ManualClock clock_;
  MemorySink lines_;
  Logger log_{lines_, clock_, LogLevel::kDebug};
  Resolver resolver_{clock_, 1000, 1};
  WorkerLoop loop_{clock_};
  FakeRedis redis_;
  std::shared_ptr<RedisCounters> counters_ = std::make_shared<RedisCounters>();
  std::unique_ptr<RedisClient> client_;
};

TEST_F(RedisClientTest, SendsAllCommandsOfATurnTogetherAtItsEnd) {
  ASSERT_TRUE(connect());
  Answer a, b, c;
  ask("A", a);
  ask("BB", b);
  ask("C", c);
  EXPECT_EQ(redis_.received(), "");
  turn(1);
  EXPECT_EQ(redis_.received(), command("A") + command("BB") + command("C"));
  redis_.say("+1\r\n+2\r\n");
  turn();
  expect_text(a, "1");
  expect_text(b, "2");
  EXPECT_FALSE(c.has_value());
  redis_.say("+3\r\n");
  turn();
  expect_text(c, "3");
}

TEST_F(RedisClientTest, ReadsAnAnswerThatComesByteByByte) {
  ASSERT_TRUE(connect());
  Answer answer;
  ask("A", answer);
  turn();
  for (const char c : std::string_view("$5\r\na\r\nbc\r\n")) {
    EXPECT_FALSE(answer.has_value());
    redis_.say({&c, 1});
    turn();
  }
  expect_text(answer, "a\r\nbc");
}

TEST_F(RedisClientTest, QueuesWhileItConnectsTheFirstTime) {
  Answer answer;
  ask("EARLY", answer);
  ASSERT_TRUE(connect());
  EXPECT_EQ(redis_.received(), command("EARLY"));
  redis_.say("+yes\r\n");
  turn();
  expect_text(answer, "yes");
}

TEST_F(RedisClientTest, WaitsNoLongerThanAllowedForTheConnectionAndNeverSendsWhatItGaveUp) {
  turn();
  ASSERT_TRUE(redis_.accept());
  turn();
  Answer given_up, waited_for;
  ask("GIVEN-UP", given_up);
  advance_ms(49);
  EXPECT_FALSE(given_up.has_value());
  advance_ms(9);
  expect_unavailable(given_up, "no connection to Redis within cache.timeout_ms");
  ask("WAITED-FOR", waited_for);
  redis_.received();
  redis_.say("+OK\r\n");
  turn();
  EXPECT_EQ(redis_.received(), command("WAITED-FOR"));
  redis_.say("+yes\r\n");
  turn();
  expect_text(waited_for, "yes");
}

TEST_F(RedisClientTest, GivesUpASlowAnswerAndStillMatchesTheOnesBehindIt) {
  ASSERT_TRUE(connect());
  Answer slow, behind, refused, later;
  ask("SLOW", slow);
  advance_ms(40);
  ask("BEHIND", behind);
  advance_ms(20);
  expect_unavailable(slow, "did not answer within cache.timeout_ms");
  EXPECT_FALSE(behind.has_value());
  EXPECT_FALSE(client_->available());

  ask("REFUSED", refused);  // Redis owes an overdue answer: nobody else need wait to learn that it is slow
  expect_unavailable(refused, "owes an answer");

  redis_.say("+slow\r\n+behind\r\n");
  turn();
  expect_text(behind, "behind");
  EXPECT_TRUE(client_->available());
  EXPECT_FALSE(slow->ok());
  ask("LATER", later);
  turn();
  EXPECT_EQ(redis_.received(), command("SLOW") + command("BEHIND") + command("LATER"));
  redis_.say("+later\r\n");
  turn();
  expect_text(later, "later");
  EXPECT_EQ(counters_->timeouts.load(), 1U);
  EXPECT_EQ(counters_->failures.load(), 2U);
  EXPECT_EQ(counters_->commands.load(), 4U);
}

TEST_F(RedisClientTest, TakesAConnectionForDeadThatOwesAnAnswerTooLong) {
  ASSERT_TRUE(connect());
  Answer slow, later;
  ask("SLOW", slow);
  advance_ms(100);
  expect_unavailable(slow, "did not answer");
  advance_ms(1000);
  ASSERT_TRUE(connect());
  ask("LATER", later);
  turn();
  EXPECT_EQ(redis_.received(), command("LATER"));
  redis_.say("+later\r\n");
  turn();
  expect_text(later, "later");
  EXPECT_EQ(counters_->connects.load(), 2U);
}

TEST_F(RedisClientTest, FailsEverythingAtOnceWhenTheConnectionIsLost) {
  ASSERT_TRUE(connect());
  advance_ms(2000);
  Answer first, second, next;
  ask("FIRST", first);
  turn();
  ask("SECOND", second);
  redis_.hang_up();
  turn(2);
  expect_unavailable(first, "connection to Redis was lost");
  expect_unavailable(second, "connection to Redis was lost");

  ask("NEXT", next);  // the connection had been good: one attempt is made at once, and may be waited for
  ASSERT_TRUE(connect());
  EXPECT_EQ(redis_.received(), command("NEXT"));
  redis_.say("+next\r\n");
  turn();
  expect_text(next, "next");
}

TEST_F(RedisClientTest, RefusesAtOnceWhileRedisIsKnownToBeAway) {
  ASSERT_TRUE(connect());
  redis_.hang_up();  // at once after it was made: no good connection
  turn();
  EXPECT_FALSE(client_->available());
  Answer answer;
  ask("A", answer);
  expect_unavailable(answer, "Redis is away");
}

TEST_F(RedisClientTest, PausesLongerAndLongerBetweenAttemptsUpToABound) {
  std::vector<MonoMs> pauses;
  MonoMs last = clock_.mono_ms();
  turn();
  ASSERT_TRUE(redis_.accept());
  redis_.hang_up();
  for (int attempts = 0; attempts < 14;) {
    advance_ms(1);
    if (!redis_.accept()) continue;
    redis_.hang_up();
    pauses.push_back(clock_.mono_ms() - last);
    last = clock_.mono_ms();
    ++attempts;
  }
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const MonoMs whole = std::min<MonoMs>(5000, 50LL << std::min<std::size_t>(i, 10));
    EXPECT_GE(pauses[i], whole / 2) << i;
    EXPECT_LE(pauses[i], whole + 10) << i;
  }
}

TEST_F(RedisClientTest, DrawsItsPausesFromTheSeedSoThatWorkersDoNotComeTogether) {
  const auto third_attempt = [&](std::uint64_t seed) {
    ManualClock clock;
    WorkerLoop loop(clock);
    FakeRedis redis;
    RedisClientOptions options;
    options.url.host = "127.0.0.1";
    options.url.port = redis.port();
    options.first_pause_ms = 4000;
    options.seed = seed;
    RedisClient client(loop.reactor, resolver_, nullptr, options, std::make_shared<RedisCounters>(), nullptr);
    const MonoMs begin = clock.mono_ms();
    for (int attempts = 0; attempts < 3;) {
      for (int i = 0; i < 4; ++i) loop.reactor.turn(0);
      if (redis.accept()) {
        redis.hang_up();
        ++attempts;
      } else {
        clock.advance_ms(1);
      }
    }
    return clock.mono_ms() - begin;
  };
  const MonoMs one = third_attempt(1);
  EXPECT_EQ(one, third_attempt(1));
  EXPECT_NE(one, third_attempt(2));
}

TEST_F(RedisClientTest, DropsAPeerThatBreaksTheProtocol) {
  ASSERT_TRUE(connect());
  Answer answer;
  ask("A", answer);
  turn();
  redis_.say("HTTP/1.1 400 Bad Request\r\n\r\n");
  turn();
  expect_unavailable(answer, "broke its protocol");
}

TEST_F(RedisClientTest, DropsAPeerThatAnswersWhatNobodyAsked) {
  ASSERT_TRUE(connect());
  Answer answer;
  ask("A", answer);
  turn();
  redis_.say("+a\r\n+surplus\r\n");
  turn();
  expect_text(answer, "a");
  EXPECT_FALSE(client_->available());
}

TEST_F(RedisClientTest, BoundsWhatWaits) {
  ASSERT_TRUE(connect());
  std::vector<Answer> answers(101);
  for (Answer& answer : answers) ask("A", answer);
  expect_unavailable(answers[100], "too much waits");
  EXPECT_FALSE(answers[99].has_value());
  turn();
  std::string replies;
  for (int i = 0; i < 100; ++i) replies += "+" + std::to_string(i) + "\r\n";
  redis_.say(replies);
  turn();
  for (std::size_t i = 0; i < 100; ++i) expect_text(answers[i], std::to_string(i));
}

TEST_F(RedisClientTest, PassesAnErrorReplyOnAsAReply) {
  ASSERT_TRUE(connect());
  Answer answer;
  ask("A", answer);
  turn();
  redis_.say("-WRONGTYPE no\r\n");
  turn();
  ASSERT_TRUE(answer.has_value() && answer->ok());
  EXPECT_EQ((**answer).type, RedisReply::Type::kError);
}

TEST_F(RedisClientTest, SaysOnceThatRedisIsAwayAndOnceThatItIsBack) {
  turn();
  ASSERT_TRUE(redis_.accept());
  redis_.hang_up();
  for (int i = 0; i < 300; ++i) {
    advance_ms(10);
    if (redis_.accept()) redis_.hang_up();
  }
  for (int i = 0; i < 1000 && !connect(); ++i) advance_ms(10);
  const std::string text = lines_.text();
  const auto times = [&](const std::string& what) {
    int n = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(times("Redis is away"), 1) << text;
  EXPECT_EQ(times("Redis is back"), 1) << text;
  EXPECT_TRUE(counters_->connected.load());
}

TEST_F(RedisClientTest, EndsQuietlyWhateverItIsDoing) {
  client_.reset();  // connecting
  turn();
  EXPECT_EQ(counters_.use_count(), 1);
  make();
  turn();
  for (int i = 0; i < 3 && !redis_.accept(); ++i) turn();
  turn();
  client_.reset();  // waiting for the answer to SELECT
  turn();
  EXPECT_EQ(counters_.use_count(), 1);
  while (redis_.accept()) {
  }
  make();
  ASSERT_TRUE(connect());
  client_.reset();  // idle
  turn();
  EXPECT_EQ(counters_.use_count(), 1);
  EXPECT_FALSE(counters_->connected.load());
  make();
  turn();
  while (redis_.accept()) redis_.hang_up();
  advance_ms(1);
  client_.reset();  // pausing
  turn();
  EXPECT_EQ(counters_.use_count(), 1);
}

// A caller that goes on to ask from within its answer, and one that ends the client there.
TEST_F(RedisClientTest, LetsACallerAskAgainAsSoonAsItIsAnswered) {
  ASSERT_TRUE(connect());
  struct Chain {
    static Task<Result<RedisReply>> run(RedisClient& client) {
      Result<RedisReply> first = co_await client.call({"FIRST"});
      if (!first) co_return first.error();
      co_return co_await client.call({"SECOND", first->text});
    }
  };
  Answer answer;
  spawn(WorkerLoop::keep(Chain::run(*client_), answer));
  turn();
  redis_.say("+x\r\n");
  turn();
  EXPECT_EQ(redis_.received(), command("FIRST") + "*2\r\n$6\r\nSECOND\r\n$1\r\nx\r\n");
  redis_.say("+y\r\n");
  turn();
  expect_text(answer, "y");
}

TEST_F(RedisClientTest, SurvivesACallerThatEndsItWhenAnswered) {
  ASSERT_TRUE(connect());
  struct End {
    static Task<void> run(std::unique_ptr<RedisClient>& client) {
      (void)co_await client->call({"LAST"});
      client.reset();
    }
  };
  spawn(End::run(client_));
  turn();
  redis_.say("+x\r\n+surplus\r\n");
  turn();
  EXPECT_EQ(client_, nullptr);
  EXPECT_EQ(counters_.use_count(), 1);
}

}  // namespace
}  // namespace moongate
