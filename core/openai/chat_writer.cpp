// chat.completion and chat.completion.chunk.
#include <vector>

#include "openai/answer_writer.h"
#include "openai/json_writer.h"
#include "protocol/api.h"

namespace moongate::openai {
namespace {

class ChatWriter final : public AnswerWriter {
 public:
  ChatWriter(const Prompt& prompt, AnswerHead head) : prompt_(prompt), head_(std::move(head)) {
    head_.id.insert(0, "chatcmpl-");
  }

  void text(std::string_view piece) override {
    if (!prompt_.stream) {
      text_ += piece;
      return;
    }
    introduce(true);
    delta([&](JsonWriter& json) { json.member("content", piece); });
  }

  void thought(std::string_view piece) override {
    if (!prompt_.stream) {
      thought_ += piece;
      return;
    }
    introduce(false);
    delta([&](JsonWriter& json) { json.member("reasoning_content", piece); });
  }

  void thought_end(std::string_view, std::string_view) override {}

  void call(std::string_view id, std::string_view name, std::string_view signature) override {
    if (!prompt_.stream) {
      calls_.push_back({std::string(id), std::string(name), std::string(signature), {}});
      return;
    }
    introduce(false);
    delta([&](JsonWriter& json) {
      if (prompt_.legacy_functions) {
        json.name("function_call").object().member("name", name).member("arguments", "").end_object();
        return;
      }
      json.name("tool_calls").array().object().member("index", call_count_);
      write_call(json, id, name, "", signature);
      json.end_object().end_array();
    });
  }

  void arguments(std::string_view piece) override {
    if (!prompt_.stream) {
      calls_.back().arguments += piece;
      return;
    }
    delta([&](JsonWriter& json) {
      if (prompt_.legacy_functions) {
        json.name("function_call").object().member("arguments", piece).end_object();
        return;
      }
      json.name("tool_calls").array().object().member("index", call_count_);
      json.name("function").object().member("arguments", piece).end_object().end_object().end_array();
    });
  }

  void call_end() override { ++call_count_; }

  void end(Finish finish, const Usage& usage) override {
    introduce(false);
    chunk([&](JsonWriter& json) {
      begin_choice(json).name("delta").object().end_object();
      end_choice(json, finish);
    });
    if (prompt_.include_usage) {
      out() += "data: ";
      JsonWriter json(out());
      write_head(json, "chat.completion.chunk");
      json.name("choices").array().end_array();
      write_usage(json, usage);
      json.end_object();
      out() += "\n\n";
    }
    out() += "data: [DONE]\n\n";
  }

  void fault(const Fault& fault) override {
    out() += error_event(Dialect::kOpenAi,
                         {.http_status = fault.status, .message = fault.message, .request_id = {}, .reason = fault.code});
  }

  std::string whole(Finish finish, const Usage& usage) override {
    std::string body;
    JsonWriter json(body);
    write_head(json, "chat.completion");
    json.name("choices").array();
    begin_choice(json).name("message").object().member("role", "assistant").name("content");
    if (text_.empty()) {
      json.value(nullptr);
    } else {
      json.value(text_);
    }
    json.member("refusal", nullptr);
    if (!thought_.empty()) json.member("reasoning_content", thought_);
    write_calls(json);
    json.end_object();
    end_choice(json, finish);
    json.end_array();
    write_usage(json, usage);
    json.end_object();
    return body;
  }

 private:
  struct Call {
    std::string id, name, signature, arguments;
  };

  static void write_call(JsonWriter& json, std::string_view id, std::string_view name, std::string_view arguments,
                         std::string_view signature) {
    json.member("id", id).member("type", "function").name("function").object();
    json.member("name", name).member("arguments", arguments).end_object();
    if (signature.empty()) return;
    json.name("extra_content").object().name("google").object().member("thought_signature", signature);
    json.end_object().end_object();
  }

  void write_calls(JsonWriter& json) {
    if (calls_.empty()) return;
    if (prompt_.legacy_functions) {
      json.name("function_call").object().member("name", calls_.front().name);
      json.member("arguments", calls_.front().arguments).end_object();
      return;
    }
    json.name("tool_calls").array();
    for (const Call& call : calls_) {
      json.object();
      write_call(json, call.id, call.name, call.arguments, call.signature);
      json.end_object();
    }
    json.end_array();
  }

  JsonWriter& write_head(JsonWriter& json, std::string_view object) {
    json.object().member("id", head_.id).member("object", object).member("created", head_.now_s);
    return json.member("model", head_.model);
  }

  static JsonWriter& begin_choice(JsonWriter& json) { return json.object().member("index", 0); }

  void end_choice(JsonWriter& json, Finish finish) const {
    json.member("logprobs", nullptr).name("finish_reason");
    if (finish == Finish::kNone) {
      json.value(nullptr);
    } else if (finish == Finish::kToolCalls && prompt_.legacy_functions) {
      json.value("function_call");
    } else {
      json.value(finish_word(finish));
    }
    json.end_object();
  }

  static void write_usage(JsonWriter& json, const Usage& usage) {
    json.name("usage").object().member("prompt_tokens", usage.prompt).member("completion_tokens", usage.completion);
    json.member("total_tokens", usage.prompt + usage.completion);
    json.name("prompt_tokens_details").object().member("cached_tokens", usage.cached).end_object();
    json.name("completion_tokens_details").object().member("reasoning_tokens", usage.reasoning).end_object();
    json.end_object();
  }

  template <class WriteChoice>
  void chunk(const WriteChoice& write_choice) {
    out() += "data: ";
    JsonWriter json(out());
    write_head(json, "chat.completion.chunk").name("choices").array();
    write_choice(json);
    json.end_array();
    if (prompt_.include_usage) json.member("usage", nullptr);
    json.end_object();
    out() += "\n\n";
  }

  template <class WriteDelta>
  void delta(const WriteDelta& write_delta) {
    chunk([&](JsonWriter& json) {
      begin_choice(json).name("delta").object();
      write_delta(json);
      json.end_object();
      end_choice(json, Finish::kNone);
    });
  }

  // The first chunk says who speaks, and whether with text.
  void introduce(bool with_text) {
    if (introduced_) return;
    introduced_ = true;
    delta([&](JsonWriter& json) {
      json.member("role", "assistant").name("content");
      if (with_text) {
        json.value("");
      } else {
        json.value(nullptr);
      }
      json.member("refusal", nullptr);
    });
  }

  const Prompt& prompt_;
  AnswerHead head_;
  bool introduced_ = false;
  int call_count_ = 0;
  std::string text_;
  std::string thought_;
  std::vector<Call> calls_;
};

}  // namespace

std::unique_ptr<AnswerWriter> chat_writer(const Prompt& prompt, AnswerHead head) {
  return std::make_unique<ChatWriter>(prompt, std::move(head));
}

std::string_view finish_word(Finish finish) {
  switch (finish) {
    case Finish::kNone:
    case Finish::kStop:
      return "stop";
    case Finish::kLength:
      return "length";
    case Finish::kToolCalls:
      return "tool_calls";
    case Finish::kContentFilter:
      return "content_filter";
  }
  return "stop";
}

}  // namespace moongate::openai
