#include "openai/embeddings_call.h"

#include <bit>
#include <vector>

#include "crypto/base64.h"
#include "openai/json_writer.h"
#include "openai/members.h"
#include "openai/node.h"
#include "openai/path_segment.h"

namespace moongate::openai {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostInputs = 2048;  // OpenAI's own bound

// Little-endian float32, as numpy.frombuffer takes it.
std::string packed(const json::array& values) {
  std::string bytes;
  bytes.reserve(values.size() * 4);
  for (const json::value& each : values) {
    const float number = each.is_number() ? each.to_number<float>() : 0;
    std::uint32_t bits = std::bit_cast<std::uint32_t>(number);
    for (int i = 0; i < 4; ++i, bits >>= 8) bytes += static_cast<char>(bits & 0xFF);
  }
  return base64_encode(bytes);
}

class EmbeddingsCall final : public OpenAiCall {
 public:
  explicit EmbeddingsCall(JsonDocument body) : body_(std::move(body)) {}

  Status read() {
    Problem problem;
    const Node body(body_.value(), problem);
    read_inputs(body["input"]);
    const Node format = body["encoding_format"];
    base64_ = format.string() == "base64";
    if (format.there() && !base64_ && format.string() != "float") format.refuse("must be float or base64");
    const Node dimensions = body["dimensions"];
    dimensions_ = dimensions.integer();
    if (dimensions_.value_or(1) < 1) dimensions.refuse("must be at least 1");
    if (!problem.none()) return problem.first();
    return {};
  }

  bool stream() const override { return false; }

  Result<Native> request_for(Provider provider, std::string_view model) const override {
    Native native;
    JsonWriter body(native.body);
    switch (provider) {
      case Provider::kGemini:
        native.target = "/v1beta/models/" + path_segment(model) + ":batchEmbedContents";
        body.object().name("requests").array();
        for (const std::string_view text : inputs_) write_gemini(body, text, model);
        body.end_array().end_object();
        return native;
      case Provider::kVertex:
        native.target = "/v1beta1/publishers/google/models/" + path_segment(model) + ":predict";
        body.object().name("instances").array();
        for (const std::string_view text : inputs_) body.object().member("content", text).end_object();
        // Too long a text is an error with OpenAI; Vertex would cut it without a word.
        body.end_array().name("parameters").object().member("autoTruncate", false);
        if (dimensions_) body.member("outputDimensionality", *dimensions_);
        body.end_object().end_object();
        return native;
      case Provider::kAnthropic:
      case Provider::kVertexClaude:
        break;
    }
    return Error(ErrorKind::kInvalid, "Claude makes no embeddings; use one of Google's embedding models",
                 ErrorSource::kClient);
  }

  void begin_answer(Provider, std::string_view model, std::string_view, std::int64_t) override { model_ = model; }

  Result<std::string> answer(std::string_view text) override {
    const Result<JsonDocument> document = JsonDocument::parse(text);
    if (!document) return Error(ErrorKind::kInternal, "The provider's answer is no JSON", ErrorSource::kUpstream);
    std::vector<const json::array*> vectors;
    std::int64_t tokens = 0;
    read_vectors(document.value().object(), vectors, tokens);
    if (vectors.size() != inputs_.size()) {
      return Error(ErrorKind::kInternal, "The provider's answer has not one embedding for each input", ErrorSource::kUpstream);
    }
    std::string out;
    JsonWriter body(out);
    body.object().member("object", "list").name("data").array();
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      body.object().member("object", "embedding").member("index", i).name("embedding");
      write_vector(body, *vectors[i]);
      body.end_object();
    }
    body.end_array().member("model", model_).name("usage").object();
    body.member("prompt_tokens", tokens).member("total_tokens", tokens).end_object().end_object();
    return out;
  }

  void event(std::string_view, std::string_view, std::string&) override {}  // there are no streams of embeddings
  void end(std::string&) override {}

 private:
  void read_inputs(const Node& input) {
    if (input.is_string()) {
      inputs_.push_back(input.string());
    } else if (input.is_array()) {
      if (input.size() > kMostInputs) return input.refuse("has more than 2048 texts");
      for (std::size_t i = 0; i < input.size(); ++i) {
        const Node each = input.at(i);
        if (!each.is_string()) return each.refuse("must be a text: tokens mean something to OpenAI's models only");
        inputs_.push_back(each.string());
      }
    }
    if (inputs_.empty()) input.refuse("must be a text or a list of at least one text");
    for (const std::string_view text : inputs_) {
      if (text.empty()) input.refuse("must not be empty");
    }
  }

  void write_gemini(JsonWriter& body, std::string_view text, std::string_view model) const {
    body.object().member("model", "models/" + std::string(model)).name("content").object().name("parts").array();
    body.object().member("text", text).end_object().end_array().end_object();
    if (dimensions_) body.member("outputDimensionality", *dimensions_);
    body.end_object();
  }

  void write_vector(JsonWriter& body, const json::array& values) const {
    if (base64_) {
      body.value(packed(values));
      return;
    }
    body.array();
    for (const json::value& each : values) body.value(each);
    body.end_array();
  }

  // Gemini: {"embeddings": [{"values"}]}; Vertex: {"predictions": [{"embeddings": {"values", "statistics"}}]}.
  static void read_vectors(const json::object& body, std::vector<const json::array*>& out, std::int64_t& tokens) {
    if (const json::array* embeddings = array_in(body, "embeddings")) {
      for (const json::value& each : *embeddings) add_vector(each.if_object(), out);
      if (const json::object* usage = object_in(body, "usageMetadata")) {
        tokens = count_in(*usage, "promptTokenCount").value_or(0);
      }
      return;
    }
    const json::array* predictions = array_in(body, "predictions");
    if (predictions == nullptr) return;
    for (const json::value& each : *predictions) {
      const json::object* prediction = each.if_object();
      const json::object* embeddings = prediction != nullptr ? object_in(*prediction, "embeddings") : nullptr;
      add_vector(embeddings, out);
      const json::object* statistics = embeddings != nullptr ? object_in(*embeddings, "statistics") : nullptr;
      if (statistics != nullptr) tokens += count_in(*statistics, "token_count").value_or(0);
    }
  }

  static void add_vector(const json::object* from, std::vector<const json::array*>& out) {
    const json::array* values = from != nullptr ? array_in(*from, "values") : nullptr;
    if (values != nullptr) out.push_back(values);
  }

  const JsonDocument body_;  // what the inputs point into
  std::vector<std::string_view> inputs_;
  std::optional<std::int64_t> dimensions_;
  bool base64_ = false;
  std::string model_;
};

}  // namespace

Result<std::unique_ptr<OpenAiCall>> read_embeddings(JsonDocument body) {
  auto call = std::make_unique<EmbeddingsCall>(std::move(body));
  if (Status read = call->read(); !read) return read.error();
  return std::unique_ptr<OpenAiCall>(std::move(call));
}

}  // namespace moongate::openai
