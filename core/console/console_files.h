// The console's pages under /admin/: static files with the headers that keep a browser strict.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "console/embedded_file.h"
#include "crypto/random.h"
#include "http/message.h"

namespace moongate {

// Safe from any thread. `files` and `random` outlive it.
class ConsoleFiles {
 public:
  // `files` has an index.html, in which __CSP_NONCE__ stands wherever a nonce is to be.
  ConsoleFiles(std::span<const EmbeddedFile> files, Random& random);

  // Whether the path is /admin or below; the method does not matter.
  bool serves(const HttpRequest& request) const;

  // GET and HEAD. A path that names no file is one of the page's own addresses and gets index.html, but for those below
  // assets/ and those whose first part has a dot, which get 404. /admin and /admin/index.html are sent to /admin/.
  HttpResponse handle(const HttpRequest& request) const;

 private:
  struct Entry {
    EmbeddedFile file;
    std::string_view content_type;
    bool compressible = false;
    bool immutable = false;          // its name changes with its content
    mutable std::once_flag once;
    mutable std::string compressed;  // gzip, made when first asked for; empty when that gains nothing
  };

  HttpResponse index() const;
  HttpResponse file(const HttpRequest& request, const Entry& entry) const;
  const Entry* find(std::string_view path) const;

  Random& random_;
  std::vector<std::unique_ptr<Entry>> entries_;  // sorted by path
  std::string_view index_html_;
};

}  // namespace moongate
