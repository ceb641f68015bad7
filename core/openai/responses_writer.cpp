// A response, whole or as the events that build it.
#include <boost/json/object.hpp>
#include <vector>

#include "openai/answer_writer.h"
#include "openai/json_writer.h"
#include "openai/sealed_thought.h"

namespace moongate::openai {
namespace {

class ResponsesWriter final : public AnswerWriter {
 public:
  ResponsesWriter(const Prompt& prompt, AnswerHead head) : prompt_(prompt), head_(std::move(head)) {}

  void begin() override {
    for (const std::string_view type : {"response.created", "response.in_progress"}) {
      emit(type, [&](JsonWriter& json) { write_response(json, "in_progress", Finish::kNone, nullptr, nullptr); });
    }
  }

  void text(std::string_view piece) override {
    if (open_ != Open::kMessage) {
      begin_item(Open::kMessage, "msg_");
      emit_item("response.output_item.added", [&](JsonWriter& json) { write_message(json, "in_progress", false); });
      emit_in_item("response.content_part.added", [&](JsonWriter& json) {
        json.member("content_index", 0).name("part");
        write_text_part(json, "");
      });
    }
    text_ += piece;
    emit_in_item("response.output_text.delta", [&](JsonWriter& json) {
      json.member("content_index", 0).member("delta", piece).name("logprobs").array().end_array();
    });
  }

  void thought(std::string_view piece) override {
    if (open_ != Open::kReasoning) begin_reasoning();
    if (text_.empty()) {
      emit_in_item("response.reasoning_summary_part.added", [&](JsonWriter& json) {
        json.member("summary_index", 0).name("part");
        write_summary_part(json, "");
      });
    }
    text_ += piece;
    emit_in_item("response.reasoning_summary_text.delta",
                 [&](JsonWriter& json) { json.member("summary_index", 0).member("delta", piece); });
  }

  void thought_end(std::string_view signature, std::string_view sealed) override {
    if (open_ != Open::kReasoning) begin_reasoning();
    if (prompt_.give_sealed_thoughts) {
      if (!sealed.empty()) seal_ = seal_hidden_thought(sealed);
      if (!signature.empty()) seal_ = seal_thought(text_, signature);
    }
    close_item();
  }

  void call(std::string_view id, std::string_view name, std::string_view signature) override {
    if (!signature.empty() && prompt_.give_sealed_thoughts) {
      begin_reasoning();
      seal_ = seal_call_signature(signature);
    }
    begin_item(Open::kCall, "fc_");
    call_id_ = id;
    name_ = name;
    name_space_.clear();
    for (const Tool& tool : prompt_.tools) {
      if (tool.name != name || tool.name_space.empty()) continue;
      name_ = tool.own_name;
      name_space_ = tool.name_space;
    }
    emit_item("response.output_item.added", [&](JsonWriter& json) { write_call(json, "in_progress"); });
  }

  void arguments(std::string_view piece) override {
    text_ += piece;
    emit_in_item("response.function_call_arguments.delta", [&](JsonWriter& json) { json.member("delta", piece); });
  }

  void call_end() override { close_item(); }

  void end(Finish finish, const Usage& usage) override {
    close_item();
    const std::string_view status = status_of(finish);
    emit(status == "completed" ? "response.completed" : "response.incomplete",
         [&](JsonWriter& json) { write_response(json, status, finish, &usage, nullptr); });
  }

  void fault(const Fault& fault) override {
    close_item();
    emit("response.failed",
         [&](JsonWriter& json) { write_response(json, "failed", Finish::kNone, nullptr, &fault); });
  }

  std::string whole(Finish finish, const Usage& usage) override {
    close_item();
    std::string body;
    JsonWriter json(body);
    write_object(json, status_of(finish), finish, &usage, nullptr);
    return body;
  }

 private:
  enum class Open : std::uint8_t { kNothing, kMessage, kReasoning, kCall };

  static std::string_view status_of(Finish finish) {
    return finish == Finish::kLength || finish == Finish::kContentFilter ? "incomplete" : "completed";
  }

  template <class WriteMembers>
  void emit(std::string_view type, const WriteMembers& write_members) {
    if (!prompt_.stream) return;
    out() += "event: ";
    out() += type;
    out() += "\ndata: ";
    JsonWriter json(out());
    json.object().member("type", type).member("sequence_number", sequence_++);
    write_members(json);
    json.end_object();
    out() += "\n\n";
  }

  template <class WriteItem>
  void emit_item(std::string_view type, const WriteItem& write_item) {
    emit(type, [&](JsonWriter& json) {
      json.member("output_index", items_.size()).name("item");
      write_item(json);
    });
  }

  template <class WriteMembers>
  void emit_in_item(std::string_view type, const WriteMembers& write_members) {
    emit(type, [&](JsonWriter& json) {
      json.member("item_id", item_id_).member("output_index", items_.size());
      write_members(json);
    });
  }

  void begin_item(Open what, std::string_view prefix) {
    close_item();
    open_ = what;
    item_id_ = std::string(prefix) + head_.id + '_' + std::to_string(items_.size());
  }

  void begin_reasoning() {
    begin_item(Open::kReasoning, "rs_");
    emit_item("response.output_item.added", [&](JsonWriter& json) { write_reasoning(json, "in_progress", false); });
  }

  void close_item() {
    std::string item;
    JsonWriter json(item);
    switch (open_) {
      case Open::kNothing:
        return;
      case Open::kMessage:
        emit_in_item("response.output_text.done", [&](JsonWriter& event) {
          event.member("content_index", 0).member("text", text_).name("logprobs").array().end_array();
        });
        emit_in_item("response.content_part.done", [&](JsonWriter& event) {
          event.member("content_index", 0).name("part");
          write_text_part(event, text_);
        });
        write_message(json, "completed", true);
        break;
      case Open::kReasoning:
        close_summary();
        write_reasoning(json, "completed", true);
        break;
      case Open::kCall:
        emit_in_item("response.function_call_arguments.done",
                     [&](JsonWriter& event) { event.member("name", name_).member("arguments", text_); });
        write_call(json, "completed");
        break;
    }
    emit_item("response.output_item.done", [&](JsonWriter& event) { event.raw(item); });
    items_.push_back(std::move(item));
    open_ = Open::kNothing;
    text_.clear();
    seal_.clear();
  }

  void close_summary() {
    if (text_.empty()) return;
    emit_in_item("response.reasoning_summary_text.done",
                 [&](JsonWriter& json) { json.member("summary_index", 0).member("text", text_); });
    emit_in_item("response.reasoning_summary_part.done", [&](JsonWriter& json) {
      json.member("summary_index", 0).name("part");
      write_summary_part(json, text_);
    });
  }

  static void write_text_part(JsonWriter& json, std::string_view text) {
    json.object().member("type", "output_text").member("text", text).name("annotations").array().end_array();
    json.name("logprobs").array().end_array().end_object();
  }

  static void write_summary_part(JsonWriter& json, std::string_view text) {
    json.object().member("type", "summary_text").member("text", text).end_object();
  }

  void write_message(JsonWriter& json, std::string_view status, bool with_text) {
    json.object().member("id", item_id_).member("type", "message").member("status", status);
    json.member("role", "assistant").name("content").array();
    if (with_text) write_text_part(json, text_);
    json.end_array().end_object();
  }

  void write_reasoning(JsonWriter& json, std::string_view status, bool with_text) {
    json.object().member("id", item_id_).member("type", "reasoning").member("status", status).name("summary").array();
    if (with_text && !text_.empty()) write_summary_part(json, text_);
    json.end_array();
    if (with_text && !seal_.empty()) json.member("encrypted_content", seal_);
    json.end_object();
  }

  void write_call(JsonWriter& json, std::string_view status) {
    json.object().member("id", item_id_).member("type", "function_call").member("status", status);
    json.member("call_id", call_id_).member("name", name_);
    if (!name_space_.empty()) json.member("namespace", name_space_);
    json.member("arguments", text_).end_object();
  }

  void write_response(JsonWriter& json, std::string_view status, Finish finish, const Usage* usage, const Fault* fault) {
    json.name("response");
    write_object(json, status, finish, usage, fault);
  }

  // As asked, or what OpenAI's own answer says where nothing was.
  void repeat(JsonWriter& json, std::string_view name, std::string_view otherwise) const {
    json.name(name);
    const boost::json::value* asked = prompt_.asked->if_contains(name);
    if (asked == nullptr || asked->is_null()) {
      json.raw(otherwise);
    } else {
      json.value(*asked);
    }
  }

  void write_object(JsonWriter& json, std::string_view status, Finish finish, const Usage* usage, const Fault* fault) {
    json.object().member("id", "resp_" + head_.id).member("object", "response").member("created_at", head_.now_s);
    json.member("status", status).member("background", false).name("error");
    if (fault != nullptr) {
      json.object().member("code", fault->code).member("message", fault->message).end_object();
    } else {
      json.value(nullptr);
    }
    json.name("incomplete_details");
    if (status == "incomplete") {
      json.object().member("reason", finish == Finish::kLength ? "max_output_tokens" : "content_filter").end_object();
    } else {
      json.value(nullptr);
    }
    repeat(json, "instructions", "null");
    repeat(json, "max_output_tokens", "null");
    json.member("model", head_.model).name("output").array();
    for (const std::string& item : items_) json.raw(item);
    json.end_array();
    repeat(json, "parallel_tool_calls", "true");
    json.member("previous_response_id", nullptr);
    repeat(json, "reasoning", R"({"effort":null,"summary":null})");
    json.member("store", false);  // nothing is kept here, whatever was asked
    repeat(json, "temperature", "null");
    repeat(json, "text", R"({"format":{"type":"text"}})");
    repeat(json, "tool_choice", R"("auto")");
    repeat(json, "tools", "[]");
    repeat(json, "top_p", "null");
    repeat(json, "truncation", R"("disabled")");
    write_usage(json, usage);
    repeat(json, "metadata", "{}");
    json.end_object();
  }

  static void write_usage(JsonWriter& json, const Usage* usage) {
    json.name("usage");
    if (usage == nullptr) {
      json.value(nullptr);
      return;
    }
    json.object().member("input_tokens", usage->prompt);
    json.name("input_tokens_details").object().member("cached_tokens", usage->cached).end_object();
    json.member("output_tokens", usage->completion);
    json.name("output_tokens_details").object().member("reasoning_tokens", usage->reasoning).end_object();
    json.member("total_tokens", usage->prompt + usage->completion).end_object();
  }

  const Prompt& prompt_;
  const AnswerHead head_;
  int sequence_ = 0;
  std::vector<std::string> items_;  // done, as JSON
  Open open_ = Open::kNothing;
  std::string item_id_;
  std::string text_;  // of the open item: its text, summary or arguments
  std::string seal_;
  std::string call_id_;
  std::string name_;
  std::string name_space_;
};

}  // namespace

std::unique_ptr<AnswerWriter> responses_writer(const Prompt& prompt, AnswerHead head) {
  return std::make_unique<ResponsesWriter>(prompt, std::move(head));
}

}  // namespace moongate::openai
