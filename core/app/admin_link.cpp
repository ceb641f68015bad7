#include "app/admin_link.h"

#include <filesystem>

#include "config/check.h"
#include "http/api_reply.h"

namespace moongate {

Result<std::unique_ptr<AdminLink>> open_admin_link(const AdminAccess& access) {
  if (!access.url.empty()) return open_url_link(access);
  std::vector<Problem> problems;
  const Settings settings = load_settings(access.sources, problems);
  if (has_errors(problems)) {
    std::string text = format_problems(problems);
    while (text.ends_with('\n')) text.pop_back();
    return Error(ErrorKind::kInvalid, text);
  }
  namespace fs = std::filesystem;
  std::error_code unseen;
  if (!fs::is_directory(settings.data_dir, unseen)) {
    return Error(ErrorKind::kNotFound,
                 "there is no folder " + settings.data_dir +
                     " (data_dir): run this where the gateway runs, name its settings with --config, or the gateway with --url");
  }
  auto running = open_socket_link((fs::path(settings.data_dir) / "run" / "admin.sock").string());
  if (running || running.error().kind != ErrorKind::kNotFound) return running;
  return open_store_link(settings);
}

}  // namespace moongate
