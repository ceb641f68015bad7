// Whatever an answer consists of and wherever its provider cuts it: the stream, put together, is the plain answer.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <random>

#include "conversion.h"

namespace moongate::openai_test {
namespace {

namespace json = boost::json;

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string text() {
    static constexpr std::string_view kBits[] = {"Hello", " ", "\n\n", "\"", "\\", "é", "漢字", "😀", "data: x", "[DONE]", "\t", "1.5"};
    std::string out;
    for (int n = 1 + below(6); n > 0; --n) out += kBits[static_cast<std::size_t>(below(12))];
    return out;
  }

  // Cut between characters, as JSON strings have to be.
  std::vector<std::string> pieces(const std::string& text) {
    std::vector<std::string> out(1);
    for (const char c : text) {
      const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      if (begins && !out.back().empty() && below(3) == 0) out.emplace_back();
      out.back() += c;
    }
    return out;
  }

  json::object arguments() {
    json::object out;
    for (int n = below(4); n > 0; --n) out["k" + std::to_string(n)] = below(2) == 0 ? json::value(text()) : json::value(below(1000));
    return out;
  }

 private:
  std::mt19937 random_;
};

struct Answer {
  std::string plain;
  Events events;
};

json::object usage_of_claude(int output) {
  return {{"input_tokens", 11}, {"cache_read_input_tokens", 3}, {"cache_creation_input_tokens", 0}, {"output_tokens", output}};
}

void add(Answer& answer, json::object event) {
  answer.events.emplace_back(std::string(event.at("type").as_string()), json::serialize(event));
}

void claude_delta(Answer& answer, int index, json::object delta) {
  add(answer, {{"type", "content_block_delta"}, {"index", index}, {"delta", std::move(delta)}});
}

Answer claude(Maker& make) {
  Answer answer;
  json::array content;
  add(answer, {{"type", "message_start"}, {"message", {{"usage", usage_of_claude(1)}}}});
  bool calls = false;
  for (int index = 0, blocks = make.below(5); index < blocks; ++index) {
    const auto start = [&](json::object block) {
      add(answer, {{"type", "content_block_start"}, {"index", index}, {"content_block", std::move(block)}});
    };
    switch (make.below(4)) {
      case 0: {
        const std::string thought = make.text();
        content.push_back({{"type", "thinking"}, {"thinking", thought}, {"signature", "S" + std::to_string(index)}});
        start({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
        for (const std::string& piece : make.pieces(thought)) claude_delta(answer, index, {{"type", "thinking_delta"}, {"thinking", piece}});
        claude_delta(answer, index, {{"type", "signature_delta"}, {"signature", "S" + std::to_string(index)}});
        break;
      }
      case 1: {
        calls = true;
        const json::object input = make.arguments();
        const std::string id = "t" + std::to_string(index);
        content.push_back({{"type", "tool_use"}, {"id", id}, {"name", "f"}, {"input", input}});
        start({{"type", "tool_use"}, {"id", id}, {"name", "f"}, {"input", json::object()}});
        if (input.empty() && make.below(2) == 0) break;  // Claude sends no pieces at all for an empty input
        for (const std::string& piece : make.pieces(json::serialize(input))) {
          claude_delta(answer, index, {{"type", "input_json_delta"}, {"partial_json", piece}});
        }
        break;
      }
      default: {
        const std::string text = make.text();
        content.push_back({{"type", "text"}, {"text", text}});
        start({{"type", "text"}, {"text", ""}});
        for (const std::string& piece : make.pieces(text)) claude_delta(answer, index, {{"type", "text_delta"}, {"text", piece}});
      }
    }
    add(answer, {{"type", "content_block_stop"}, {"index", index}});
    if (make.below(3) == 0) add(answer, {{"type", "ping"}});
  }
  const char* reason = calls ? "tool_use" : make.below(2) == 0 ? "end_turn" : "max_tokens";
  add(answer, {{"type", "message_delta"}, {"delta", {{"stop_reason", reason}}}, {"usage", {{"output_tokens", 9}}}});
  add(answer, {{"type", "message_stop"}});
  answer.plain = json::serialize(json::object{{"content", content}, {"stop_reason", reason}, {"usage", usage_of_claude(9)}});
  return answer;
}

Answer gemini(Maker& make) {
  Answer answer;
  json::array all;
  json::array pending;
  const auto flush = [&](bool last) {
    json::object candidate{{"content", {{"role", "model"}, {"parts", pending}}}};
    if (last) candidate["finishReason"] = "STOP";
    json::object event{{"candidates", json::array{candidate}}, {"usageMetadata", {{"promptTokenCount", 4}}}};
    if (last) event["usageMetadata"] = {{"promptTokenCount", 4}, {"candidatesTokenCount", 5}, {"thoughtsTokenCount", 6}};
    answer.events.emplace_back("", json::serialize(event));
    pending.clear();
  };
  for (int blocks = 1 + make.below(4); blocks > 0; --blocks) {
    if (make.below(3) == 0) {
      json::object part{{"functionCall", {{"name", "f"}, {"args", make.arguments()}}}};
      if (make.below(2) == 0) part["thoughtSignature"] = "SIG";
      all.push_back(part);
      pending.push_back(part);
      continue;
    }
    const bool thought = make.below(2) == 0;
    const std::string text = make.text();
    const auto part = [&](const std::string& piece) {
      json::object out{{"text", piece}};
      if (thought) out["thought"] = true;
      return out;
    };
    all.push_back(part(text));
    for (const std::string& piece : make.pieces(text)) {
      if (make.below(2) == 0) flush(false);
      pending.push_back(part(piece));
    }
  }
  flush(true);
  answer.plain = json::serialize(json::object{
      {"candidates", json::array{{{"content", {{"parts", all}}}, {"finishReason", "STOP"}}}},
      {"usageMetadata", {{"promptTokenCount", 4}, {"candidatesTokenCount", 5}, {"thoughtsTokenCount", 6}}}});
  return answer;
}

void append(json::object& to, json::string_view name, const json::object& delta) {
  const json::value* piece = delta.if_contains(name);
  if (piece == nullptr || piece->is_null()) return;
  json::value& whole = to[name];
  if (!whole.is_string()) whole = "";
  whole.as_string() += piece->as_string();
}

// As OpenAI's own clients do it: texts are strung together, calls found by their index.
json::value put_together(const std::vector<std::string>& chunks) {
  json::object whole;
  json::object message{{"content", nullptr}, {"refusal", nullptr}};
  json::value finish;
  EXPECT_EQ(chunks.back(), "[DONE]");
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
    json::object chunk = json::parse(chunks[i]).as_object();
    const json::array choices = chunk.at("choices").as_array();
    if (choices.empty()) whole["usage"] = chunk.at("usage");
    for (const char* same : {"id", "created", "model"}) whole[same] = chunk.at(same);
    if (choices.empty()) continue;
    EXPECT_TRUE(chunk.at("usage").is_null());
    const json::object& choice = choices[0].as_object();
    const json::object& delta = choice.at("delta").as_object();
    if (delta.contains("role")) message["role"] = delta.at("role");
    append(message, "content", delta);
    append(message, "reasoning_content", delta);
    if (const json::value* calls = delta.if_contains("tool_calls")) {
      for (const json::value& each : calls->as_array()) {
        if (!message.contains("tool_calls")) message["tool_calls"] = json::array();
        json::array& all = message["tool_calls"].as_array();
        json::object piece = each.as_object();
        const auto index = static_cast<std::size_t>(piece.at("index").as_int64());
        piece.erase("index");
        if (index == all.size()) {
          all.push_back(piece);
        } else {
          append(all.at(index).at("function").as_object(), "arguments", piece.at("function").as_object());
        }
      }
    }
    if (!choice.at("finish_reason").is_null()) finish = choice.at("finish_reason");
  }
  whole["object"] = "chat.completion";
  whole["choices"] = json::array{{{"index", 0}, {"message", message}, {"logprobs", nullptr}, {"finish_reason", finish}}};
  return whole;
}

json::value put_together_items(const std::vector<std::string>& events) {
  json::array items;
  for (const std::string& text : events) {
    const json::object event = json::parse(text).as_object();
    const std::string_view type = event.at("type").as_string();
    if (type == "response.output_item.added") {
      EXPECT_EQ(event.at("output_index").as_int64(), static_cast<std::int64_t>(items.size()));
      items.push_back(event.at("item"));
      continue;
    }
    if (!event.contains("output_index")) continue;
    json::object& item = items.at(static_cast<std::size_t>(event.at("output_index").as_int64())).as_object();
    if (type == "response.content_part.added") item["content"].as_array().push_back(event.at("part"));
    if (type == "response.output_text.delta") append(item["content"].as_array().at(0).as_object(), "text", {{"text", event.at("delta")}});
    if (type == "response.reasoning_summary_part.added") item["summary"].as_array().push_back(event.at("part"));
    if (type == "response.reasoning_summary_text.delta") {
      append(item["summary"].as_array().at(0).as_object(), "text", {{"text", event.at("delta")}});
    }
    if (type == "response.function_call_arguments.delta") append(item, "arguments", {{"arguments", event.at("delta")}});
    if (type == "response.output_item.done") {
      // The seal comes with the end of an item only.
      json::object done = event.at("item").as_object();
      item["status"] = "completed";
      if (done.contains("encrypted_content")) item["encrypted_content"] = done.at("encrypted_content");
      EXPECT_EQ(item, done);
    }
  }
  return items;
}

class StreamEqualsPlain : public ::testing::TestWithParam<Provider> {
 protected:
  static Answer make(unsigned seed) {
    Maker maker(seed);
    return GetParam() == kClaude ? claude(maker) : gemini(maker);
  }
};

TEST_P(StreamEqualsPlain, ForChat) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Answer answer = make(seed);
    const std::string plain = answered(OpenAiKind::kChat, GetParam(), R"({"messages":[{"role":"user","content":"Hi"}]})", answer.plain);
    const std::string stream = streamed(OpenAiKind::kChat, GetParam(),
                                        R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]})",
                                        answer.events);
    ASSERT_EQ(put_together(data_of(stream)), json::parse(plain)) << "seed " << seed << "\n" << plain << "\n" << stream;
  }
}

TEST_P(StreamEqualsPlain, ForResponses) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Answer answer = make(seed);
    const std::string plain = answered(OpenAiKind::kResponses, GetParam(), R"({"input":"Hi","include":["reasoning.encrypted_content"]})", answer.plain);
    const std::vector<std::string> events = data_of(
        streamed(OpenAiKind::kResponses, GetParam(), R"({"stream":true,"input":"Hi","include":["reasoning.encrypted_content"]})", answer.events));
    const json::value whole = json::parse(plain);
    ASSERT_EQ(json::parse(events.back()).at("response"), whole) << "seed " << seed << "\n" << plain;
    ASSERT_EQ(put_together_items(events), whole.at("output")) << "seed " << seed;
    for (std::size_t i = 0; i < events.size(); ++i) {
      ASSERT_EQ(json::parse(events[i]).at("sequence_number").as_int64(), static_cast<std::int64_t>(i));
    }
  }
}

TEST_P(StreamEqualsPlain, ForCompletions) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Answer answer = make(seed);
    const json::value plain = json::parse(answered(OpenAiKind::kCompletions, GetParam(), R"({"prompt":"Hi"})", answer.plain));
    std::string text;
    for (const std::string& chunk : data_of(streamed(OpenAiKind::kCompletions, GetParam(), R"({"prompt":"Hi","stream":true})", answer.events))) {
      if (chunk != "[DONE]") text += std::string_view(json::parse(chunk).at("choices").at(0).at("text").as_string());
    }
    ASSERT_EQ(text, std::string_view(plain.at("choices").at(0).at("text").as_string())) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Providers, StreamEqualsPlain, ::testing::Values(kClaude, kGemini),
                         [](const auto& with) { return with.param == kClaude ? std::string("Claude") : std::string("Gemini"); });

}  // namespace
}  // namespace moongate::openai_test
