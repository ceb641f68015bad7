#include "http/message.h"

#include <algorithm>

#include "http/header_set.h"

namespace moongate {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string_view find_header(const HeaderList& headers, std::string_view name) {
  for (const auto& [each, value] : headers) {
    if (header_name_equal(each, name)) return value;
  }
  return {};
}

bool asks_for_websocket(const HttpRequest& request) {
  const std::string_view upgrade = find_header(request.headers, "Upgrade");
  constexpr std::string_view kWebSocket = "websocket";
  return request.method == "GET" && std::equal(upgrade.begin(), upgrade.end(), kWebSocket.begin(), kWebSocket.end(),
                                               [](char a, char b) { return (a | 0x20) == b; });
}

HttpResponse HttpResponse::json(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  response.body = std::move(body);
  return response;
}

HttpResponse HttpResponse::text(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view item = text.substr(0, end);
    if (!item.empty()) {
      const std::size_t equals = item.find('=');
      const std::string_view value = equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
      pairs.emplace_back(decode(item.substr(0, equals)), decode(value));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return pairs;
}

std::string url_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
        c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

}  // namespace moongate
