#include "control/admin_system.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "config/file_read.h"
#include "control/admin_input.h"
#include "control/map_mask.h"
#include "control/policy_folder.h"

namespace moongate {
namespace {

boost::json::array settings_view(const Settings& settings) {
  const std::vector<SettingValue> values = list_settings(settings), defaults = list_settings(Settings());
  boost::json::array list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    list.push_back({{"key", values[i].key},
                    {"value", values[i].text},
                    {"default", defaults[i].text},
                    {"changed", values[i].text != defaults[i].text}});
  }
  return list;
}

boost::json::object store_view(const AdminParts& parts) {
  const std::int64_t before_ns = parts.clock.mono_ns();
  const auto generation = parts.store.directory_generation();
  const double latency_ms = static_cast<double>(parts.clock.mono_ns() - before_ns) / 1e6;
  boost::json::object view{{"url", mask_url_password(parts.options.settings.store.url)},
                           {"state", generation ? "ok" : "unavailable"},
                           {"latency_ms", latency_ms}};
  if (generation) view["directory_generation"] = *generation;
  return view;
}

}  // namespace

HttpResponse show_system(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const Settings& settings = parts.options.settings;
  boost::json::object answer{{"version", MOONGATE_VERSION},
                             {"time", rfc3339(parts.now_s())},
                             {"store", store_view(parts)},
                             {"settings", settings_view(settings)}};
  boost::json::object map{{"file", settings.map.file}}, policy{{"folder", settings.policy.dir}};
  if (const auto file = read_whole_file(settings.map.file, kMaxMapBytes)) {
    map["etag"] = MapMask(parts.hooks.configuration.mask_key).etag(file->text);
    map["bytes"] = file->text.size();
  }
  if (const auto files = read_policy_folder(settings.policy.dir)) {
    policy["etag"] = policy_etag(*files);
    policy["files"] = files->size();
  }
  answer["map"] = std::move(map);
  answer["policy"] = std::move(policy);
  if (parts.hooks.configuration.system) {
    boost::json::error_code failed;
    boost::json::value more = boost::json::parse(parts.hooks.configuration.system(), failed);
    if (!failed && more.is_object()) {
      for (auto& [name, value] : more.get_object()) {
        auto* known = answer.if_contains(name);
        if (known != nullptr && known->is_object() && value.is_object()) {
          for (auto& [inner, told] : value.get_object()) known->get_object()[inner] = std::move(told);
        } else {
          answer[name] = std::move(value);
        }
      }
    }
  }
  return json_reply(200, answer);
}

}  // namespace moongate
