// generativelanguage.googleapis.com: files, and Google's resumable upload that brings them there.
#include <boost/json.hpp>
#include <charconv>

#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/json_object.h"
#include "simulator/call.h"
#include "simulator/google_models.h"
#include "simulator/json_members.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFileBytes = 128u << 20;
constexpr std::string_view kUploadStatus = "x-goog-upload-status";

json::object file_object(const Call& call, const StoredFile& file) {
  const std::string created = format_utc_ms(file.created_s * 1000);
  const std::string scheme = call.request.tls ? "https://" : "http://";
  return {{"name", file.name},
          {"displayName", file.display_name},
          {"mimeType", file.mime_type},
          {"sizeBytes", std::to_string(file.size)},
          {"createTime", created},
          {"updateTime", created},
          {"expirationTime", format_utc_ms((file.created_s + 48 * 3600) * 1000)},
          {"sha256Hash", base64_encode(hex_encode(file.sha256))},  // Google encodes the hexadecimal digits
          {"uri", scheme + std::string(call.request.header("host")) + "/v1beta/" + file.name},
          {"state", "ACTIVE"},
          {"source", "UPLOADED"}};
}

std::int64_t number_of(std::string_view text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

Reply start_upload(Call& call) {
  const Request& request = call.request;
  Upload upload;
  upload.mime_type = std::string(request.header("x-goog-upload-header-content-type"));
  upload.announced = number_of(request.header("x-goog-upload-header-content-length"));
  if (upload.announced > static_cast<std::int64_t>(kMostFileBytes)) {
    return google_refusal(call, 400, "The simulator takes files of 128 MiB at most");
  }
  if (!request.body.empty()) {
    const auto body = parse_json_object(request.body);
    if (!body) return google_refusal(call, 400, "Invalid JSON payload received. " + body.error().message);
    if (const auto* file = find_object(*body, "file")) {
      upload.display_name = std::string(find_string(*file, "displayName"));
      if (upload.display_name.empty()) upload.display_name = std::string(find_string(*file, "display_name"));
      if (upload.mime_type.empty()) upload.mime_type = std::string(find_string(*file, "mimeType"));
    }
  }
  if (upload.mime_type.empty()) upload.mime_type = "application/octet-stream";
  const std::string id = call.world.next_id("upload-");
  if (!call.world.files.start(id, std::move(upload))) {
    return google_refusal(call, 429, "Too many uploads are open; finish or cancel one");
  }
  Reply reply;
  const std::string scheme = request.tls ? "https://" : "http://";
  reply.headers = {
      {"content-type", "text/plain; charset=utf-8"},
      {"x-goog-upload-url", scheme + std::string(request.header("host")) +
                                "/upload/v1beta/files?upload_id=" + id + "&upload_protocol=resumable"},
      {"x-goog-upload-control-url", scheme + std::string(request.header("host")) +
                                        "/upload/v1beta/files?upload_id=" + id +
                                        "&upload_protocol=resumable"},
      {"x-goog-upload-chunk-granularity", "262144"},
      {std::string(kUploadStatus), "active"}};
  return reply;
}

Reply finalize(Call& call, const std::string& id, Upload& upload) {
  if (upload.announced >= 0 && upload.announced != static_cast<std::int64_t>(upload.bytes.size())) {
    return google_refusal(call, 400,
                          "The upload has " + std::to_string(upload.bytes.size()) + " bytes, not the " +
                              std::to_string(upload.announced) + " announced");
  }
  StoredFile file;
  std::string name = call.world.next_id("sim");
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  file.name = "files/" + name;
  file.display_name = upload.display_name;
  file.mime_type = upload.mime_type;
  file.sha256 = sha256(upload.bytes);
  file.size = static_cast<std::int64_t>(upload.bytes.size());
  file.created_s = call.world.clock.unix_seconds();
  Reply reply = google_reply(json::object{{"file", file_object(call, file)}});
  reply.headers.emplace_back(kUploadStatus, "final");
  call.world.files.add(std::move(file));
  call.world.files.drop_upload(id);
  return reply;
}

Reply continue_upload(Call& call, const std::string& id) {
  Upload* upload = call.world.files.upload(id);
  if (upload == nullptr) return google_refusal(call, 404, "There is no such upload, or it has ended");
  const std::string_view command = call.request.header("x-goog-upload-command");
  const bool bytes = command.find("upload") != std::string_view::npos;
  if (bytes) {
    const std::int64_t offset = number_of(call.request.header("x-goog-upload-offset"));
    if (offset != static_cast<std::int64_t>(upload->bytes.size())) {
      return google_refusal(call, 400, "The upload stands at byte " + std::to_string(upload->bytes.size()));
    }
    if (upload->bytes.size() + call.request.body.size() > kMostFileBytes) {
      return google_refusal(call, 400, "The simulator takes files of 128 MiB at most");
    }
    upload->bytes += call.request.body;
  }
  if (command.find("finalize") != std::string_view::npos) return finalize(call, id, *upload);
  if (!bytes && command != "query" && command != "cancel") {
    return google_refusal(call, 400, "X-Goog-Upload-Command has to be upload, finalize, query or cancel");
  }
  Reply reply;
  reply.headers = {{"content-type", "text/plain; charset=utf-8"},
                   {"x-goog-upload-size-received", std::to_string(upload->bytes.size())},
                   {std::string(kUploadStatus), command == "cancel" ? "cancelled" : "active"}};
  if (command == "cancel") call.world.files.drop_upload(id);
  return reply;
}

}  // namespace

Reply gemini_files_face(Call& call) {
  const Request& request = call.request;
  const std::string id(request.parameter("upload_id"));
  // The upload's URL is its own credential.
  if (!call.route.upload || id.empty()) {
    if (auto refused = refuse_gemini(call)) return std::move(*refused);
  }
  if (const Status good = call.gather_faults({}); !good)
    return google_refusal(call, 400, good.error().message);
  if (call.faults.status >= 300) return google_fault(call, call.faults, call.faults.status);
  const std::string name = "files/" + call.route.model;
  FileStore& files = call.world.files;
  if (call.route.upload && (request.method == "POST" || request.method == "PUT")) {
    if (!id.empty()) return continue_upload(call, id);
    if (request.header("x-goog-upload-command") == "start") return start_upload(call);
    return google_refusal(call, 400,
                          "The simulator plays the resumable protocol only: X-Goog-Upload-Command: start");
  }
  if (!call.route.upload && request.method == "GET" && call.route.model.empty()) {
    json::array list;
    for (const StoredFile& each : files.files()) list.push_back(file_object(call, each));
    return google_reply(list.empty() ? json::object() : json::object{{"files", std::move(list)}});
  }
  const StoredFile* file = files.find(name);
  if (!call.route.upload && file != nullptr && request.method == "GET")
    return google_reply(file_object(call, *file));
  if (!call.route.upload && file != nullptr && request.method == "DELETE") {
    files.remove(name);
    return google_reply(json::object());
  }
  return google_refusal(
      call, 403,
      "You do not have permission to access the File " + call.route.model + " or it may not exist.");
}

}  // namespace moongate::sim
