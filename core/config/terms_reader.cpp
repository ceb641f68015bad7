#include "config/terms_reader.h"

#include <chrono>

#include "config/nearest.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxListed = 256;
constexpr std::int64_t kMostCounted = 1'000'000'000'000;
constexpr std::int64_t kMostConcurrent = 1'000'000;
constexpr NanoDollars kMostCost = 1'000'000'000 * kNanosPerDollar;
constexpr std::int64_t kMostMarkupPpm = 1'000'000'000;
constexpr std::int64_t kNanosPerPpm = kNanosPerDollar / 1'000'000;

// Two digits at `at`, -1: there are none.
int two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size()) return -1;
  const char a = text[at], b = text[at + 1];
  if (a < '0' || a > '9' || b < '0' || b > '9') return -1;
  return (a - '0') * 10 + (b - '0');
}

// RFC 3339, or a date alone (its first second, UTC). A fraction of a second is dropped.
std::optional<std::int64_t> parse_time(std::string_view text) {
  const int century = two_digits(text, 0), year = two_digits(text, 2), month = two_digits(text, 5), day = two_digits(text, 8);
  if (text.size() < 10 || century < 0 || year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(century * 100 + year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t midnight = std::chrono::sys_days(date).time_since_epoch().count() * 86400LL;
  if (text.size() == 10) return midnight;
  const int hour = two_digits(text, 11), minute = two_digits(text, 14), second = two_digits(text, 17);
  if ((text[10] != 'T' && text[10] != 't') || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60 || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = text.find_first_not_of("0123456789", at + 1);
    if (end == text.npos || end == at + 1) return std::nullopt;
    at = end;
  }
  const std::string_view zone = text.substr(at);
  const std::int64_t local = midnight + hour * 3600 + minute * 60 + second;
  if (zone == "Z" || zone == "z") return local;
  const int zone_hour = two_digits(zone, 1), zone_minute = two_digits(zone, 4);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || zone_hour < 0 || zone_hour > 23 ||
      zone_minute < 0 || zone_minute > 59) {
    return std::nullopt;
  }
  const std::int64_t offset = zone_hour * 3600 + zone_minute * 60;
  return zone[0] == '+' ? local - offset : local + offset;
}

class TermsReader {
 public:
  TermsReader(ObjectReader& owner, FileProblems& problems) : owner_(owner), problems_(problems) {}

  void read_lists(Terms& terms) {
    each_text("providers", "every provider", [&](const TextValue& value) {
      if (const auto provider = parse_provider(value.text)) {
        terms.providers.push_back(*provider);
      } else {
        problems_.error(value.begin, value.path,
                        "\"" + quotable(value.text) + "\" is no provider; it must be vertex, vertex-claude, anthropic or gemini");
      }
    });
    each_text("models", "every model", [&](const TextValue& value) {
      const std::string_view name = value.text;
      if (!name.empty() && is_model_name(name.ends_with('*') ? name.substr(0, name.size() - 1) : name)) {
        terms.models.emplace_back(name);
      } else {
        problems_.error(value.begin, value.path,
                        "is not a model's name: 1 to 256 visible characters, and '*' only as the last one");
      }
    });
    each_text("ip_allow", "every address", [&](const TextValue& value) {
      Result<Cidr> block = Cidr::parse(value.text);
      if (block) {
        terms.ip_allow.push_back(*block);
      } else {
        problems_.error(value.begin, value.path, "\"" + quotable(value.text) + "\" " + block.error().message);
      }
    });
  }

  void read_expiry(Terms& terms) {
    const auto text = owner_.text("expires");
    if (!text) return;
    const auto time = parse_time(text->text);
    if (time && *time > 0) {
      terms.expires_at_s = *time;
    } else {
      problems_.error(text->begin, text->path, "must be a time after 1970 such as 2027-01-01T00:00:00Z, or a date");
    }
  }

  void read_markup(Terms& terms) {
    const auto text = owner_.decimal("markup");
    if (!text) return;
    const auto factor = parse_dollars(text->text);
    if (factor && *factor >= 0 && *factor / kNanosPerPpm <= kMostMarkupPpm && *factor % kNanosPerPpm == 0) {
      terms.markup_ppm = *factor / kNanosPerPpm;
    } else {
      problems_.error(text->begin, text->path,
                      "must be a factor from 0 to 1000 with at most six decimal places, such as \"1.25\"");
    }
  }

 private:
  template <class Take>
  void each_text(std::string_view key, std::string_view all, Take take) {
    const JsonNode* list = owner_.array(key);
    if (list == nullptr) return;
    const std::string path = owner_.path_of(key);
    if (list->items.empty()) {
      problems_.error(list->begin, path, "is empty; leave it out to allow " + std::string(all));
    } else if (list->items.size() > kMaxListed) {
      problems_.error(list->begin, path, "has more than " + std::to_string(kMaxListed) + " entries");
      return;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      const JsonNode& item = list->items[i];
      const std::string item_path = json_path(path, i);
      if (item.type != JsonNode::Type::kString) {
        problems_.error(item.begin, item_path, "must be a string, not " + std::string(name_of(item.type)));
        continue;
      }
      if (auto text = problems_.expand(item.text, item.begin, item_path)) {
        take(TextValue{std::move(*text), item.begin, item_path});
      }
    }
  }

  ObjectReader& owner_;
  FileProblems& problems_;
};

void read_cost(ObjectReader& object, std::string_view key, FileProblems& problems, NanoDollars& out) {
  const auto text = object.decimal(key);
  if (!text) return;
  const auto amount = parse_dollars(text->text);
  if (amount && *amount > 0 && *amount <= kMostCost) {
    out = *amount;
  } else {
    problems.error(text->begin, text->path,
                   "must be dollars above 0 and up to 1000000000, such as \"12.50\"; leave it out for no limit");
  }
}

}  // namespace

Terms read_terms(ObjectReader& owner, FileProblems& problems, ObjectReader::Unknown unknown) {
  Terms terms;
  TermsReader reader(owner, problems);
  reader.read_lists(terms);
  reader.read_expiry(terms);
  terms.limits = read_limits(owner, problems, unknown);
  terms.shadow = owner.boolean("shadow").value_or(false);
  reader.read_markup(terms);
  terms.trace = owner.boolean("trace").value_or(false);
  return terms;
}

LimitSet read_limits(ObjectReader& owner, FileProblems& problems, ObjectReader::Unknown unknown) {
  LimitSet limits;
  const JsonNode* node = owner.object("limits");
  if (node == nullptr) return limits;
  ObjectReader object(*node, owner.path_of("limits"), "limits",
                      {"requests_per_minute", "tokens_per_minute", "input_tokens_per_minute", "output_tokens_per_minute",
                       "tokens_per_day", "cost_per_day", "cost_per_month", "concurrent"},
                      problems, unknown);
  const auto counted = [&](std::string_view key, std::int64_t most = kMostCounted) {
    return object.integer(key, 1, most, "; leave it out for no limit").value_or(0);
  };
  limits.requests_per_minute = counted("requests_per_minute");
  limits.tokens_per_minute = counted("tokens_per_minute");
  limits.input_tokens_per_minute = counted("input_tokens_per_minute");
  limits.output_tokens_per_minute = counted("output_tokens_per_minute");
  limits.tokens_per_day = counted("tokens_per_day");
  read_cost(object, "cost_per_day", problems, limits.cost_per_day);
  read_cost(object, "cost_per_month", problems, limits.cost_per_month);
  limits.concurrent = static_cast<int>(counted("concurrent", kMostConcurrent));
  return limits;
}

}  // namespace moongate
