#include "http/head.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace moongate {
namespace {

bool is_token(std::string_view text) {
  static constexpr std::string_view kExtra = "!#$%&'*+-.^_`|~";
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kExtra.find(c) != std::string_view::npos;
  });
}

bool is_core_header(std::string_view name) {
  static const HeaderSet kCore({"content-length", "transfer-encoding", "connection", "host", "keep-alive", "upgrade",
                                "te", "trailer", "expect"});
  return kCore.contains(header_hash(name), name);
}

}  // namespace

Head::Found Head::find(std::string_view name) const {
  const std::uint32_t hash = header_hash(name);
  for (const HeaderField& field : fields) {
    if (field.hash == hash && !field.removed && header_name_equal(field.name, name)) return {field.value, true};
  }
  for (const auto& [added_name, value] : added) {
    if (header_name_equal(added_name, name)) return {value, true};
  }
  return {};
}

Head::Found Head::find(HeaderId id) const {
  for (const HeaderField& field : fields) {
    if (field.id == id && !field.removed) return {field.value, true};
  }
  for (const auto& [name, value] : added) {
    if (header_id(header_hash(name), name) == id) return {value, true};
  }
  return {};
}

void Head::remove(std::string_view name) {
  const std::uint32_t hash = header_hash(name);
  for (HeaderField& field : fields) {
    if (field.hash == hash && header_name_equal(field.name, name)) field.removed = true;
  }
  std::erase_if(added, [&](const auto& each) { return header_name_equal(each.first, name); });
}

void Head::remove(HeaderId id) {
  for (HeaderField& field : fields) {
    if (field.id == id) field.removed = true;
  }
  std::erase_if(added, [&](const auto& each) { return header_id(header_hash(each.first), each.first) == id; });
}

int Head::strip(const HeaderSet& set) {
  int count = 0;
  for (HeaderField& field : fields) {
    if (!field.removed && set.contains(field.hash, field.name)) {
      field.removed = true;
      ++count;
    }
  }
  if (!added.empty()) {
    count += static_cast<int>(
        std::erase_if(added, [&](const auto& each) { return set.contains(header_hash(each.first), each.first); }));
  }
  return count;
}

Status Head::set(std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    return Error(ErrorKind::kInvalid, "\"" + std::string(name) + "\" is not a header name");
  }
  if (is_core_header(name)) {
    return Error(ErrorKind::kForbidden, "the header " + std::string(name) + " is set by the gateway itself");
  }
  for (char c : value) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) {
      return Error(ErrorKind::kInvalid, "the value for the header " + std::string(name) + " has a control character");
    }
  }
  remove(name);
  added.emplace_back(name, value);
  return {};
}

void Head::clear() {
  fields.clear();
  added.clear();
  framing = Framing::kNone;
  content_length = 0;
  http_1_0 = false;
  keep_alive = true;
  size = 0;
}

void RequestHead::clear() {
  Head::clear();
  method = target = {};
  expect_continue = upgrade = false;
}

void ResponseHead::clear() {
  Head::clear();
  status = 0;
  reason = {};
}

void append_fields(const Head& head, std::string& out) {
  // Lines follow each other in the received bytes: a run of kept ones is one copy.
  const char* begin = nullptr;
  const char* end = nullptr;
  for (const HeaderField& field : head.fields) {
    if (field.removed) continue;
    if (field.line.data() != end) {
      if (begin != nullptr) out.append(begin, end);
      begin = field.line.data();
    }
    end = field.line.data() + field.line.size();
  }
  if (begin != nullptr) out.append(begin, end);
  for (const auto& [name, value] : head.added) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 529: return "Overloaded";
    default: return "Unknown";
  }
}

}  // namespace moongate
