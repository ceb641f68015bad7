// Files of the Gemini Developer API: uploads in progress, and what is known of the finished ones.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace moongate::sim {

struct StoredFile {
  std::string name;                             // "files/…"
  std::string display_name, mime_type, sha256;  // raw digest
  std::int64_t size = 0, created_s = 0;
};

struct Upload {
  std::string display_name, mime_type, bytes;
  std::int64_t announced = -1;  // X-Goog-Upload-Header-Content-Length
};

// Bounded: the oldest finished file gives way, and beyond kMostUploads no new upload starts.
class FileStore {
 public:
  static constexpr std::size_t kMostFiles = 1000, kMostUploads = 64;

  // False: too many are open.
  bool start(const std::string& id, Upload upload);
  Upload* upload(const std::string& id);
  void drop_upload(const std::string& id) { uploads_.erase(id); }

  void add(StoredFile file);
  const StoredFile* find(const std::string& name) const;
  bool remove(const std::string& name);
  const std::vector<StoredFile>& files() const { return files_; }
  void clear();

 private:
  std::unordered_map<std::string, Upload> uploads_;
  std::vector<StoredFile> files_;
};

}  // namespace moongate::sim
