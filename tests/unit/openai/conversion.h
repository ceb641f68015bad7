// The vocabulary of the tests of the OpenAI face: what a request becomes, what an answer becomes.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "openai/openai_call.h"

namespace moongate::openai_test {

constexpr Provider kClaude = Provider::kAnthropic;
constexpr Provider kGemini = Provider::kGemini;
constexpr std::string_view kClaudeModel = "claude-sonnet-4-5";
constexpr std::string_view kGeminiModel = "gemini-2.5-flash";

inline std::unique_ptr<OpenAiCall> call_of(OpenAiKind kind, std::string_view body) {
  auto call = OpenAiCall::read(kind, body);
  if (!call) {
    ADD_FAILURE() << call.error().message;
    return nullptr;
  }
  return std::move(call).value();
}

// JSON texts are compared as trees; an object's members may have any order.
inline void expect_same_json(std::string_view is, std::string_view should_be) {
  boost::json::error_code bad;
  const boost::json::value got = boost::json::parse(is, bad);
  ASSERT_FALSE(bad) << is;
  const boost::json::value wanted = boost::json::parse(should_be, bad);
  ASSERT_FALSE(bad) << should_be;
  EXPECT_EQ(got, wanted) << "is:        " << is << "\nshould be: " << should_be;
}

inline void expect_request(OpenAiKind kind, Provider provider, std::string_view model, std::string_view body,
                           std::string_view target, std::string_view native) {
  const auto call = call_of(kind, body);
  ASSERT_NE(call, nullptr);
  const auto request = call->request_for(provider, model);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request.value().target, target);
  expect_same_json(request.value().body, native);
}

// What refuses the call: reading it, or else the provider.
inline std::string refusal(OpenAiKind kind, Provider provider, std::string_view model, std::string_view body) {
  auto call = OpenAiCall::read(kind, body);
  if (!call) {
    EXPECT_EQ(call.error().kind, ErrorKind::kInvalid);
    return call.error().message;
  }
  const auto request = call.value()->request_for(provider, model);
  if (request.ok()) return "not refused: " + request.value().body;
  EXPECT_EQ(request.error().kind, ErrorKind::kInvalid);
  return request.error().message;
}

inline std::string answered(OpenAiKind kind, Provider provider, std::string_view request, std::string_view answer) {
  const auto call = call_of(kind, request);
  if (call == nullptr) return {};
  call->begin_answer(provider, "the-model", "r1", 1700000000);
  auto told = call->answer(answer);
  if (!told) return "error: " + told.error().message;
  return std::move(told).value();
}

using Events = std::vector<std::pair<std::string, std::string>>;

// The stream that the client gets: the events, then the end.
inline std::string streamed(OpenAiKind kind, Provider provider, std::string_view request, const Events& events,
                            bool ended = true) {
  const auto call = call_of(kind, request);
  if (call == nullptr) return {};
  EXPECT_TRUE(call->stream());
  call->begin_answer(provider, "the-model", "r1", 1700000000);
  std::string out;
  for (const auto& [name, data] : events) call->event(name, data, out);
  if (ended) call->end(out);
  return out;
}

// The data of each event.
inline std::vector<std::string> data_of(std::string_view stream) {
  std::vector<std::string> out;
  while (!stream.empty()) {
    const std::size_t end = stream.find("\n\n");
    if (end == std::string_view::npos) {
      ADD_FAILURE() << "half an event: " << stream;
      break;
    }
    const std::string_view event = stream.substr(0, end);
    stream.remove_prefix(end + 2);
    const std::size_t data = event.find("data: ");
    out.emplace_back(data == std::string_view::npos ? "no data" : event.substr(data + 6));
  }
  return out;
}

}  // namespace moongate::openai_test
