// bench_load: the callers of the bench. One thread, plain epoll. Every figure leaves as one JSON object per
// line.
#include "load.h"

#include <csignal>
#include <cstdio>
#include <string_view>

namespace {

constexpr const char* kHelp = R"(bench_load: callers for bench/run and for tests

bench_load requests --target 127.0.0.1:PORT [--tls]
    --connections 64 --body 2000        each connection asks again as soon as it is answered
    --warmup-ms 300 --duration-ms 2000  what is measured
    --pid P                             also the CPU that process P used meanwhile
    --gate --requests N                 instead of a duration: says "ready", waits for a line on stdin, makes N
                                        requests, says "done", waits for another line
bench_load streams --target 127.0.0.1:PORT [--tls]
    --streams 500 --events 100 --interval-us 50000   events per stream, and the time between two of them
    --ramp 64                           streams that may be on their way to their first event
    --warmup-ms 300 --duration-ms 3000  after all are open; 0: nothing is measured, only counted
    --pid P                             also the CPU that process P used meanwhile
    --hold                              streams fall silent after their events; says "open" when all have them, waits
                                        for a line on stdin, and leaves
    --limit-s 120                       gives up after that

Exit code 0 when every request was answered with 200 and no stream was cut, refused or out of order, else 1.
)";

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "requests") return moongate::bench::load_requests(moongate::bench::Options(argc, argv, 2));
  if (what == "streams") return moongate::bench::load_streams(moongate::bench::Options(argc, argv, 2));
  std::fputs(kHelp, what == "--help" ? stdout : stderr);
  return what == "--help" ? 0 : 2;
}
