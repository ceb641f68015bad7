// Workers of this machine: their command line, what they are given and what they say.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "chat/worker_answer.h"
#include "chat/worker_command.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

TEST(WorkerCommand, IsSplitWithoutAShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_command("claude -p  --verbose").value(), (Words{"claude", "-p", "--verbose"}));
  EXPECT_EQ(split_command(R"(a 'b $HOME' "c \" d" e\ f '' g"h"i)").value(), (Words{"a", "b $HOME", "c \" d", "e f", "", "ghi"}));
  EXPECT_EQ(split_command("a; rm -rf x | y > z").value(), (Words{"a;", "rm", "-rf", "x", "|", "y", ">", "z"}));
  for (const char* wrong : {"", "  ", "'a", "\"a"}) EXPECT_FALSE(split_command(wrong).ok()) << wrong;
}

TEST(WorkerCommand, TakesOnlyModelsThatAreNoOptions) {
  EXPECT_EQ(fill_in({"x", "--model={model}", "{model}"}, "cli-a"), (std::vector<std::string>{"x", "--model=cli-a", "cli-a"}));
  EXPECT_TRUE(is_plain_name("cli-sonnet-4.5:latest"));
  for (const char* wrong : {"", "-x", "a b", "a\nb", "a;b", "a\"b"}) EXPECT_FALSE(is_plain_name(wrong)) << wrong;
}

TEST(WorkerCommand, PassesOnOnlyTheNamedEnvironment) {
  EXPECT_EQ(worker_environment("B, HOME,NOT_SET", "/f", {{"A", "1"}, {"B", "2"}, {"PATH", "/p"}, {"HOME", "/h"}}),
            (std::vector<std::string>{"B=2", "HOME=/h", "LANG=C.UTF-8", "PATH=/p", "TMPDIR=/f"}));
  EXPECT_EQ(worker_environment("", "/f", {{"A", "1"}}),
            (std::vector<std::string>{"HOME=/f", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/f"}));
}

TEST(WorkerLines, ReadPiecesAndDoNotHearThemTwice) {
  WorkerLines lines;
  for (const char* line : {R"({"type":"system","subtype":"init"})",
                           R"({"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"one"}}})",
                           R"({"type":"assistant","message":{"content":[{"type":"text","text":"one"}]}})",
                           R"({"type":"assistant","message":{"content":[{"type":"tool_use"},{"type":"text","text":"two"}]}})",
                           R"({"type":"result","subtype":"success","is_error":false,"result":"two","total_cost_usd":0.5,)"
                           R"("usage":{"input_tokens":3,"output_tokens":4}})"}) {
    EXPECT_FALSE(lines.ended());
    EXPECT_TRUE(lines.take(line)) << line;
  }
  EXPECT_TRUE(lines.ended());
  EXPECT_EQ(lines.reader().text(), "one\n\ntwo");
  EXPECT_EQ(lines.cost_nano(), 500'000'000);
  EXPECT_EQ(lines.reader().usage(), (ChatUsage{3, 4, 0, 0}));
  EXPECT_EQ(lines.error(), "");
}

TEST(WorkerLines, TakeTheResultWhereNothingWasSaidBefore) {
  WorkerLines lines;
  EXPECT_TRUE(lines.take(R"({"type":"result","result":"at last"})"));
  EXPECT_EQ(lines.reader().text(), "at last");
  EXPECT_EQ(lines.cost_nano(), -1);
}

TEST(WorkerLines, TellErrorsAndNonsenseApart) {
  WorkerLines lines;
  for (const char* wrong : {"", "x", "7", "[]", "{}", R"({"type":7})"}) EXPECT_FALSE(lines.take(wrong)) << wrong;
  EXPECT_TRUE(lines.take(R"({"type":"something new"})"));
  EXPECT_TRUE(lines.take(R"({"type":"result","subtype":"error_max_turns","total_cost_usd":-4})"));
  EXPECT_NE(lines.error(), "");
  EXPECT_EQ(lines.cost_nano(), -1);
}

TEST(WorkerInput, HoldsWhatWasSaidAsText) {
  const auto say = [](const char* author, const char* text) {
    return Said{author, json::array{json::object{{"type", "text"}, {"text", text}}}};
  };
  const std::vector<Said> said = {say("user", "dropped"), say("user", "a"), say("assistant", "b"), say("user", "c")};
  const std::string line = render_worker_input({"cli-x", "Be kind.", 10, &said, 1});
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const json::value parsed = json::parse(line);
  const json::array& content = parsed.at("message").at("content").as_array();
  EXPECT_EQ(content.front().at("text").as_string(),
            "Instructions:\nBe kind.\n\nWhat was said so far in this conversation:\n\nUser: a\n\nAssistant: b\n\nThe user's message now:\n");
  EXPECT_EQ(content.back().at("text").as_string(), "c");
}

class Process : public testing::Test {
 protected:
  Process() {
    ::signal(SIGPIPE, SIG_IGN);  // as the program does
    std::string name = (fs::temp_directory_path() / "moongate-worker-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  Result<std::unique_ptr<WorkerProcess>> start(std::vector<std::string> words) {
    return WorkerProcess::start({std::move(words), {"PATH=/usr/bin:/bin"}, folder, 10});
  }
  std::string first_line(WorkerProcess& process) {
    std::string line;
    for (int i = 0; i < 100; ++i) {
      const WorkerProcess::Line kind = process.next_line(line, 100);
      if (kind == WorkerProcess::Line::kWhole) return line;
      if (kind != WorkerProcess::Line::kNone) break;
    }
    return "(nothing)";
  }
  fs::path folder;
};

TEST_F(Process, GivesAndTakesLinesOfAnySizeAtOnce) {
  auto process = start({"cat"});
  ASSERT_TRUE(process.ok());
  const std::string text(1 << 20, 'x');
  (*process)->give(text + "\nsecond");
  EXPECT_EQ(first_line(**process), text);
  EXPECT_EQ(first_line(**process), "second");
  std::string line;
  WorkerProcess::Line kind;
  do {
    kind = (*process)->next_line(line, 1000);
  } while (kind == WorkerProcess::Line::kNone);
  EXPECT_EQ(kind, WorkerProcess::Line::kEnded);
  EXPECT_EQ((*process)->end(1000), "ended with 0");
  process->reset();
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(Process, SaysWhyItCannotBegin) {
  EXPECT_FALSE(start({"there-is-no-such-program"}).ok());
  EXPECT_NE(start({"/etc/passwd"}).error().message.find("denied"), std::string::npos);
}

TEST_F(Process, IsEndedWithItsChildren) {
  auto process = start({"sh", "-c", "sleep 600 & echo $!; wait"});
  ASSERT_TRUE(process.ok());
  const int child = std::stoi(first_line(**process));
  EXPECT_EQ((*process)->end(0), "was ended by signal 9");
  // It holds the pipe open as long as it lives.
  std::string line;
  WorkerProcess::Line kind;
  do {
    kind = (*process)->next_line(line, 1000);
  } while (kind == WorkerProcess::Line::kNone);
  EXPECT_EQ(kind, WorkerProcess::Line::kEnded);
  EXPECT_GT(child, 0);
}

TEST_F(Process, StopsAtALineWithoutEnd) {
  auto process = start({"sh", "-c", "head -c 6000000 /dev/zero | tr '\\0' x; sleep 600"});
  ASSERT_TRUE(process.ok());
  std::string line;
  WorkerProcess::Line kind;
  do {
    kind = (*process)->next_line(line, 1000);
  } while (kind == WorkerProcess::Line::kNone);
  EXPECT_EQ(kind, WorkerProcess::Line::kTooLong);
}

TEST_F(Process, CountsWhatItSaysOnStandardErrorAndKeepsNone) {
  auto process = start({"sh", "-c", "echo secret >&2; echo done"});
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(first_line(**process), "done");
  std::string line;
  while ((*process)->next_line(line, 100) != WorkerProcess::Line::kEnded) {
  }
  EXPECT_EQ((*process)->error_bytes(), 7U);
}

}  // namespace
}  // namespace moongate
