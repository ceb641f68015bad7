#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "meter/metrics.h"

namespace moongate {
namespace {

// A small file of /proc as text; empty when there is none.
std::string read_proc(const char* path) {
  std::string text;
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) return text;
  char bytes[4096];
  for (std::size_t n = 0; (n = std::fread(bytes, 1, sizeof bytes, file)) > 0 && text.size() < (1u << 20);) {
    text.append(bytes, n);
  }
  std::fclose(file);
  return text;
}

// Field `number` (from 1, as proc(5) counts) of /proc/self/stat. The second may hold spaces: count from its ')'.
double stat_field(const std::string& stat, int number) {
  const std::size_t close = stat.rfind(')');
  if (close == std::string::npos) return -1;
  const char* at = stat.c_str() + close + 1;
  for (int field = 2; field < number && at != nullptr; ++field) at = std::strchr(at + 1, ' ');
  return at == nullptr ? -1 : std::strtod(at, nullptr);
}

double boot_time() {
  const std::string stat = read_proc("/proc/stat");
  const std::size_t at = stat.find("\nbtime ");
  return at == std::string::npos ? -1 : std::strtod(stat.c_str() + at + 7, nullptr);
}

double open_files() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return -1;
  double count = -3;  // ".", "..", and the directory itself
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

}  // namespace

void render_process_metrics(Exposition& text) {
  const std::string stat = read_proc("/proc/self/stat");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const auto show = [&](std::string_view name, std::string_view help, std::string_view type, double value) {
    if (value < 0) return;  // not to be had here
    text.family(name, help, type);
    text.sample(Exposition::Labels{}, value);
  };
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  show("process_cpu_seconds_total", "CPU time of user and system.", "counter",
       seconds(used.ru_utime) + seconds(used.ru_stime));
  show("process_resident_memory_bytes", "Memory in use.", "gauge", stat_field(stat, 24) * page);
  show("process_virtual_memory_bytes", "Addresses in use.", "gauge", stat_field(stat, 23));
  show("process_open_fds", "Open file descriptors.", "gauge", open_files());
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    show("process_max_fds", "The most file descriptors that may be open.", "gauge", static_cast<double>(files.rlim_cur));
  }
  const double booted = boot_time();
  if (booted >= 0) {
    show("process_start_time_seconds", "When the process began, in Unix time.", "gauge",
         booted + stat_field(stat, 22) / ticks);
  }
}

}  // namespace moongate
