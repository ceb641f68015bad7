#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "control_port.h"

namespace moongate {
namespace {

const std::string kGet = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";

HttpResponse streamed(std::function<void(BodyWriter&)> stream) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/event-stream");
  response.stream = std::move(stream);
  return response;
}

// Until the writer notices by itself, without writing.
void wait_until_gone(const BodyWriter& body) {
  while (!body.gone()) std::this_thread::yield();
}

struct ControlStream : ControlPort {
  std::promise<bool> noticed;
};

TEST_F(ControlStream, AStreamIsSentAsChunksAndTheConnectionServesTheNextRequest) {
  serve([](const HttpRequest& request) {
    if (request.path != "/stream") return echo(request);
    return streamed([](BodyWriter& body) {
      EXPECT_TRUE(body.write("one"));
      EXPECT_TRUE(body.write("sixteen and more"));
      EXPECT_TRUE(body.write(""));
    });
  });
  auto caller = call();
  const std::string answer = caller->say(kGet).until("0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n3\r\none\r\n10\r\nsixteen and more\r\n0\r\n\r\n")) << answer;
  EXPECT_NE(caller->say("GET /next HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").find("GET /next"), std::string::npos);
}

TEST_F(ControlStream, WhatIsWrittenIsSentBeforeTheRestIsThere) {
  std::promise<void> seen;
  auto go = seen.get_future().share();
  serve([go](const HttpRequest&) {
    return streamed([go](BodyWriter& body) {
      body.write("first.");
      go.wait();
      body.write("last.");
    });
  });
  auto caller = call();
  EXPECT_NE(caller->say(kGet).until("first.").find("200 OK"), std::string::npos);
  seen.set_value();
  EXPECT_NE(caller->until("0\r\n\r\n").find("last."), std::string::npos);
}

TEST_F(ControlStream, ARequestSentAheadIsAnsweredAfterTheStream) {
  serve([](const HttpRequest& request) {
    return request.path == "/stream" ? streamed([](BodyWriter& body) { body.write("streamed."); }) : echo(request);
  });
  const std::string answer = call()->say(kGet + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.");
  EXPECT_LT(answer.find("0\r\n\r\nHTTP/1.1 200"), answer.find("GET /next")) << answer;
}

TEST_F(ControlStream, AnOldClientGetsTheBodyUntilTheConnectionEnds) {
  serve([](const HttpRequest&) { return streamed([](BodyWriter& body) { body.write("all of it."); }); });
  const std::string answer = call()->say("GET /stream HTTP/1.0\r\n\r\n").until("<end>");
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\nall of it.<end>")) << answer;
}

TEST_F(ControlStream, HeadGetsTheHeadOfAStreamAndNothingRuns) {
  std::atomic<bool> ran{false};
  serve([&](const HttpRequest& request) {
    if (request.method != "HEAD") return echo(request);
    return streamed([&](BodyWriter&) { ran = true; });
  });
  auto caller = call();
  const std::string answer = caller->say("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n").until("\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("Transfer-Encoding: chunked\r\n\r\n")) << answer;
  EXPECT_TRUE(caller->say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").starts_with("HTTP/1.1 200 "));
  EXPECT_FALSE(ran);
}

TEST_F(ControlStream, ASlowReaderGetsEveryByte) {
  constexpr std::size_t kTotal = 16u << 20;
  serve([](const HttpRequest&) {
    return streamed([](BodyWriter& body) {
      std::string piece(100'000, 'a');
      for (std::size_t left = kTotal; left > 0; left -= std::min(left, piece.size())) {
        if (!body.write(std::string_view(piece).substr(0, left))) return;
      }
    });
  });
  auto caller = call();
  caller->say("GET /stream HTTP/1.0\r\n\r\n").until("\r\n\r\na");
  std::size_t have = 1;
  while (true) {
    const std::size_t n = caller->bytes(700).size();  // in small sips
    have += n;
    if (n < 700) break;
  }
  EXPECT_GT(have, kTotal - 4096);  // what until() took along
  EXPECT_LE(have, kTotal);
}

TEST_F(ControlStream, AReaderThatTakesNothingIsGivenUpAfterTheTimeout) {
  ControlServer::Options options;
  options.request_timeout_ms = 200;
  serve([this](const HttpRequest&) {
    return streamed([this](BodyWriter& body) {
      while (body.write(std::string(1u << 20, 'x'))) {
      }
      noticed.set_value(body.gone());
    });
  }, options);
  auto caller = call();
  caller->say(kGet);
  EXPECT_TRUE(noticed.get_future().get());
}

TEST_F(ControlStream, AClientThatLeavesIsNoticedWhileTheStreamIsSilent) {
  serve([this](const HttpRequest&) {
    return streamed([this](BodyWriter& body) {
      body.write("hello.");
      wait_until_gone(body);
      noticed.set_value(body.write("anybody?"));
    });
  });
  auto caller = call();
  caller->say(kGet).until("hello.");
  caller.reset();
  EXPECT_FALSE(noticed.get_future().get());
}

TEST_F(ControlStream, AClientThatLeavesEndsAWriterWhoWaitsForIt) {
  serve([this](const HttpRequest&) {
    return streamed([this](BodyWriter& body) {
      while (body.write(std::string(1u << 20, 'x'))) {
      }
      noticed.set_value(true);
    });
  });
  auto caller = call();
  caller->say(kGet).bytes(100);
  caller.reset();
  EXPECT_TRUE(noticed.get_future().get());
}

TEST_F(ControlStream, MoreStreamsThanAllowedAreRefusedAndRoomComesBack) {
  ControlServer::Options options;
  options.max_streams = 1;
  std::promise<void> enough;
  auto go = enough.get_future().share();
  serve([go](const HttpRequest&) {
    return streamed([go](BodyWriter& body) {
      body.write("begun.");
      go.wait();
    });
  }, options);
  auto first = call();
  first->say(kGet).until("begun.");
  auto second = call();
  EXPECT_TRUE(second->say(kGet).until("again shortly.").starts_with("HTTP/1.1 503 "));
  enough.set_value();
  first->until("0\r\n\r\n");
  std::string answer;  // the thread ends a moment after its last byte
  do {
    answer = call()->say("GET /stream HTTP/1.0\r\n\r\n").until("<end>");
  } while (answer.find(" 503 ") != std::string::npos);
  EXPECT_TRUE(answer.ends_with("begun.<end>")) << answer;
}

TEST_F(ControlStream, AThrowingStreamIsVisiblyIncompleteAndLogged) {
  serve([](const HttpRequest&) {
    return streamed([](BodyWriter& body) {
      body.write("half.");
      throw std::runtime_error("no more");
    });
  });
  const std::string answer = call()->say(kGet).until("<end>");
  EXPECT_EQ(answer.find("0\r\n\r\n"), std::string::npos) << answer;
  EXPECT_NE(sink.text().find("no more"), std::string::npos);
}

TEST_F(ControlStream, TheServerEndsItsStreamsWhenItEnds) {
  std::promise<void> begun;
  serve([&](const HttpRequest&) {
    return streamed([&](BodyWriter& body) {
      begun.set_value();
      wait_until_gone(body);
      noticed.set_value(body.write("more"));
    });
  });
  auto caller = call();
  caller->say(kGet);
  begun.get_future().wait();
  server.reset();
  EXPECT_FALSE(noticed.get_future().get());
}

TEST_F(ControlStream, ALateAnswerHoldsNoHandlerThread) {
  ControlServer::Options options;
  options.handler_threads = 1;
  std::promise<void> enough;
  auto go = enough.get_future().share();
  serve([go](const HttpRequest& request) {
    if (request.path != "/stream") return echo(request);
    HttpResponse response;
    response.later = [go](const std::function<bool()>&) {
      go.wait();
      return HttpResponse::text(201, "at last.");
    };
    return response;
  }, options);
  auto late = call();
  late->say(kGet);
  EXPECT_TRUE(call()->say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").starts_with("HTTP/1.1 200 "));
  enough.set_value();
  const std::string answer = late->until("at last.");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 ")) << answer;
  EXPECT_NE(answer.find("Content-Length: 8"), std::string::npos);
  EXPECT_TRUE(late->say("GET /b HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").starts_with("HTTP/1.1 200 "));
}

TEST_F(ControlStream, WhoMakesALateAnswerLearnsThatTheClientHasLeft) {
  std::promise<void> begun;
  serve([&](const HttpRequest&) {
    HttpResponse response;
    response.later = [&](const std::function<bool()>& gone) {
      begun.set_value();
      while (!gone()) std::this_thread::yield();
      noticed.set_value(true);
      return HttpResponse::text(200, "for nobody");
    };
    return response;
  });
  auto caller = call();
  caller->say(kGet);
  begun.get_future().wait();
  caller.reset();
  EXPECT_TRUE(noticed.get_future().get());
}

TEST_F(ControlStream, ALateAnswerMayBeAStream) {
  serve([](const HttpRequest&) {
    HttpResponse response;
    response.later = [](const std::function<bool()>&) {
      return streamed([](BodyWriter& body) { body.write("in pieces"); });
    };
    return response;
  });
  EXPECT_TRUE(call()->say(kGet).until("0\r\n\r\n").ends_with("9\r\nin pieces\r\n0\r\n\r\n"));
}

TEST_F(ControlStream, ManyStreamsAtOnceKeepApart) {
  serve([](const HttpRequest& request) {
    return streamed([path = request.path](BodyWriter& body) {
      for (int i = 0; i < 50; ++i) body.write(path + ";");
    });
  });
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 60; ++i) {
    callers.push_back(call());
    callers.back()->say("GET /n" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (int i = 0; i < 60; ++i) {
    const std::string text = callers[static_cast<std::size_t>(i)]->until("0\r\n\r\n");
    std::size_t count = 0;
    const std::string own = "/n" + std::to_string(i) + ";";
    for (std::size_t at = text.find(own); at != std::string::npos; at = text.find(own, at + 1)) ++count;
    EXPECT_EQ(count, 50u);
  }
}

}  // namespace
}  // namespace moongate
