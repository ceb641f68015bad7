#include "openai/model_version.h"

#include <cstddef>

namespace moongate::openai {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number of one or two digits at `at`; longer ones are dates. Negative: none.
int short_number(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == at || end - at > 2) return -1;
  int number = 0;
  for (std::size_t i = at; i < end; ++i) number = number * 10 + (text[i] - '0');
  return number;
}

}  // namespace

ModelVersion version_of_model(std::string_view model) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    if (!is_digit(model[i]) || (i > 0 && model[i - 1] != '-')) continue;
    const int major = short_number(model, i);
    if (major < 0) break;
    while (i < model.size() && is_digit(model[i])) ++i;
    const bool more = i + 1 < model.size() && (model[i] == '-' || model[i] == '.');
    const int minor = more ? short_number(model, i + 1) : -1;
    return {major, minor < 0 ? 0 : minor};
  }
  return {99, 0};
}

}  // namespace moongate::openai
