#include "meter/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/log.h"

namespace moongate {
namespace {

constexpr std::size_t kLongestName = 128;

bool valid_name(std::string_view name, bool colons) {
  if (name.empty() || name.size() > kLongestName || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [colons](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colons && c == ':');
  });
}

void append_count(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

bool valid_metric_name(std::string_view name) { return valid_name(name, true); }

bool valid_label_name(std::string_view name) {
  return valid_name(name, false) && !name.starts_with("__") && name != "le" && name != "quantile";
}

void append_metric_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char text[40];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
}

void Exposition::append_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += ',';
  out += name;
  out += "=\"";
  if (is_plain(value)) {
    out += value;
  } else {
    // JSON's escapes of quote, backslash and newline are Prometheus's. Its others are not: such characters say
    // nothing in a label, and become spaces first.
    std::string clean(value);
    for (char& c : clean) {
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = ' ';
    }
    append_json_escaped(out, clean);
  }
  out += '"';
}

std::string Exposition::render(Labels labels) {
  std::string text;
  for (const auto& [name, value] : labels) append_label(text, name, value);
  return text;
}

void Exposition::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  out_ += "# HELP ";
  out_ += name;
  out_ += ' ';
  for (const char c : help) {
    if (c == '\\') {
      out_ += "\\\\";
    } else if (c == '\n') {
      out_ += "\\n";
    } else {
      out_ += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  out_ += "\n# TYPE ";
  out_ += name;
  out_ += ' ';
  out_ += type;
  out_ += '\n';
}

void Exposition::line(std::string_view suffix, std::string_view labels, std::string_view last_label) {
  out_ += name_;
  out_ += suffix;
  if (!labels.empty() || !last_label.empty()) {
    out_ += '{';
    out_ += labels;
    if (!labels.empty() && !last_label.empty()) out_ += ',';
    out_ += last_label;
    out_ += '}';
  }
  out_ += ' ';
}

void Exposition::sample(std::string_view labels, double value) {
  line("", labels, "");
  append_metric_number(out_, value);
  out_ += '\n';
}

void Exposition::sample(std::string_view labels, std::uint64_t value) {
  line("", labels, "");
  append_count(out_, value);
  out_ += '\n';
}

void Exposition::histogram(std::string_view labels, std::span<const double> bounds,
                           std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    std::string bound = "le=\"";
    if (i < bounds.size()) {
      append_metric_number(bound, bounds[i]);
    } else {
      bound += "+Inf";
    }
    line("_bucket", labels, bound + '"');
    append_count(out_, total);
    out_ += '\n';
  }
  line("_sum", labels, "");
  append_metric_number(out_, sum);
  out_ += '\n';
  line("_count", labels, "");
  append_count(out_, total);
  out_ += '\n';
}

}  // namespace moongate
