// Prometheus's text format, version 0.0.4, written by hand.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace moongate {

// Appends families and their samples to a text. Samples of a family follow its head, as the format demands.
class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit Exposition(std::string& out) : out_(out) {}

  // `type`: "counter", "gauge", "histogram". `help` may hold anything.
  void family(std::string_view name, std::string_view help, std::string_view type);
  // One of the family begun last. Label values may be anything; what is no UTF-8 in them becomes U+FFFD.
  void sample(Labels labels, double value) { sample(render(labels), value); }
  void sample(Labels labels, std::uint64_t value) { sample(render(labels), value); }
  // `labels` as render() gives them.
  void sample(std::string_view labels, double value);
  void sample(std::string_view labels, std::uint64_t value);
  // `counts`: one a bucket, not summed up, one more than `bounds` (beyond the last).
  void histogram(std::string_view labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                 double sum);

  // `a="x",b="y"`
  static std::string render(Labels labels);
  static void append_label(std::string& out, std::string_view name, std::string_view value);

 private:
  void line(std::string_view suffix, std::string_view labels, std::string_view last_label);
  std::string& out_;
  std::string name_;
};

// The shortest text that reads back as the same number; "+Inf", "-Inf", "NaN".
void append_metric_number(std::string& out, double value);

// [a-zA-Z_:][a-zA-Z0-9_:]*, at most 128 long; labels without the colon, not "le", "quantile", nor beginning with "__".
bool valid_metric_name(std::string_view name);
bool valid_label_name(std::string_view name);

}  // namespace moongate
