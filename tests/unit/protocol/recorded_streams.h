// Answers as the providers send them, for the tests of usage and of the splitters.
#pragma once

#include <string>
#include <string_view>

namespace moongate::recorded {

inline constexpr std::string_view kAnthropicStream =
    R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":300,"cache_read_input_tokens":1200,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":1,"service_tier":"standard"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type": "ping"}

: keep-alive

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße, \"usage\":{\"output_tokens\":9999} 你好 😀"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"input_tokens\": 7"}}

event: a_future_event
data: {"type":"a_future_event","delta":{"usage":{"output_tokens":7777}},"x":[1,2,{"usage":3}]}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":null,"output_tokens":64,"output_tokens_details":{"thinking_tokens":20},"server_tool_use":{"web_search_requests":2}}}

event: message_stop
data: {"type":"message_stop"}

)";

inline constexpr std::string_view kAnthropicBody = R"({
  "id": "msg_02", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
  "content": [{"type": "text", "text": "{\"usage\":{\"input_tokens\":1}}"},
              {"type": "tool_use", "input": {"usage": {"input_tokens": 5, "output_tokens": 6}}}],
  "stop_reason": "end_turn",
  "usage": {"input_tokens": 12, "output_tokens": 34, "cache_creation_input_tokens": 7, "cache_read_input_tokens": null,
            "iterations": [{"input_tokens": 999}]}
}
)";

inline constexpr std::string_view kGeminiStream =
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"thought\": true,\"text\": \"hm \\\"usageMetadata\\\"\"}],"
    "\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 1000,\"totalTokenCount\": 1050,"
    "\"thoughtsTokenCount\": 50},\"modelVersion\": \"gemini-2.5-pro\",\"responseId\": \"r1\"}\r\n\r\n"
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Gr\xC3\xBC\xC3\x9F\x65\"}],\"role\": "
    "\"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 1000,\"candidatesTokenCount\": 5,"
    "\"totalTokenCount\": 1055,\"cachedContentTokenCount\": 800,\"thoughtsTokenCount\": 50}}\r\n\r\n"
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"!\"}],\"role\": \"model\"},\"finishReason\": "
    "\"STOP\",\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 1000,\"candidatesTokenCount\": 9,"
    "\"totalTokenCount\": 1075,\"cachedContentTokenCount\": 800,\"promptTokensDetails\": [{\"modality\": \"TEXT\","
    "\"tokenCount\": 600},{\"modality\": \"AUDIO\",\"tokenCount\": 400}],\"cacheTokensDetails\": [{\"modality\": "
    "\"AUDIO\",\"tokenCount\": 300}],\"toolUsePromptTokenCount\": 16,\"thoughtsTokenCount\": 50}}\r\n\r\n";

// The same as one pretty-printed array, as Vertex answers without alt=sse.
inline constexpr std::string_view kGeminiArray = R"([{
  "candidates": [
    {"content": {"role": "model", "parts": [{"text": "Gr]}[{,\"\\"}]}}
  ],
  "usageMetadata": {"promptTokenCount": 1000, "trafficType": "ON_DEMAND"},
  "modelVersion": "gemini-2.5-pro"
}
,
{
  "candidates": [{"content": {"role": "model", "parts": [{"text": "😀"}]}, "finishReason": "STOP"}],
  "usageMetadata": {"promptTokenCount": 1000, "candidatesTokenCount": 9, "thoughtsTokenCount": 50,
                    "cachedContentTokenCount": 800}
}
]
)";

}  // namespace moongate::recorded
