#include "request_text.h"

namespace moongate::bench {
namespace {

// Text as people send it: short lines, a quotation here and there, so a scanner meets escapes.
std::string conversation(std::size_t bytes) {
  constexpr std::string_view kLine =
      "Look at the function below and say why it returns \\\"nothing\\\" when the list is empty.\\n"
      "for (const auto& entry : entries) { if (entry.name == wanted) return entry; }\\n";
  std::string text;
  while (text.size() + kLine.size() <= bytes) text.append(kLine);
  text.append(bytes - text.size(), '.');
  return text;
}

}  // namespace

RequestText::RequestText(std::string_view host, std::string_view model, std::size_t body_bytes,
                         std::string_view note, bool stream) {
  std::string front = "{\"model\":\"" + std::string(model) + "\",\"max_tokens\":1024,";
  if (!note.empty()) front += "\"metadata\":{\"user_id\":\"" + std::string(note) + "\"},";
  front += "\"system\":\"You are a careful reviewer of source code.\",\"messages\":[";
  std::string back = stream ? "],\"stream\":true}" : "]}";
  // Turns of about 4 kB each, as a conversation with tools grows, the last one of what is left.
  constexpr std::string_view kUser = "{\"role\":\"user\",\"content\":\"",
                             kModel = "{\"role\":\"assistant\",\"content\":\"", kEnd = "\"}";
  std::string body = front;
  for (bool user = true;; user = !user) {
    std::string_view open = user ? kUser : kModel;
    std::size_t fixed = open.size() + kEnd.size() + back.size();
    std::size_t left = body_bytes > body.size() + fixed ? body_bytes - body.size() - fixed : 0;
    bool last = user && left < 12000;
    body.append(open).append(conversation(last ? left : 4000)).append(kEnd);
    if (last) break;
    body.push_back(',');
  }
  body += back;

  text_ = "POST /v1/messages HTTP/1.1\r\nhost: " + std::string(host) +
          "\r\nconnection: keep-alive\r\n"
          "Accept: application/json\r\n"
          "Content-Type: application/json\r\n"
          "User-Agent: Anthropic/JS 1.11.0\r\n"
          "X-Stainless-Retry-Count: 0\r\n"
          "X-Stainless-Timeout: 600\r\n"
          "X-Stainless-Lang: js\r\n"
          "X-Stainless-Package-Version: 1.11.0\r\n"
          "X-Stainless-OS: Linux\r\n"
          "X-Stainless-Arch: x64\r\n"
          "X-Stainless-Runtime: node\r\n"
          "X-Stainless-Runtime-Version: v20.20.2\r\n"
          "anthropic-version: 2026-10-21\r\n"
          "authorization: Bearer bench-client-key-0000\r\n"
          "accept-language: *\r\n"
          "sec-fetch-mode: cors\r\n"
          "accept-encoding: gzip, deflate\r\n"
          "content-length: " +
          std::to_string(body.size()) + "\r\n\r\n";
  key_at_ = text_.find("key-0000") + 4;
  text_ += body;
}

std::string_view RequestText::as_caller(int number) {
  for (int i = 3, n = number % kCallers; i >= 0; --i, n /= 10) {
    text_[key_at_ + static_cast<std::size_t>(i)] = static_cast<char>('0' + n % 10);
  }
  return text_;
}

}  // namespace moongate::bench
