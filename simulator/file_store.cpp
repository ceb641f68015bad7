#include "simulator/file_store.h"

#include <algorithm>

namespace moongate::sim {

bool FileStore::start(const std::string& id, Upload upload) {
  if (uploads_.size() >= kMostUploads) return false;
  uploads_[id] = std::move(upload);
  return true;
}

Upload* FileStore::upload(const std::string& id) {
  const auto found = uploads_.find(id);
  return found != uploads_.end() ? &found->second : nullptr;
}

void FileStore::add(StoredFile file) {
  if (files_.size() >= kMostFiles) files_.erase(files_.begin());
  files_.push_back(std::move(file));
}

const StoredFile* FileStore::find(const std::string& name) const {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const auto& each) { return each.name == name; });
  return found != files_.end() ? &*found : nullptr;
}

bool FileStore::remove(const std::string& name) {
  return std::erase_if(files_, [&](const auto& each) { return each.name == name; }) > 0;
}

void FileStore::clear() {
  uploads_.clear();
  files_.clear();
}

}  // namespace moongate::sim
