// What a model's name tells of its age: some members of a request are for newer models, some for older ones.
#pragma once

#include <string_view>

namespace moongate::openai {

struct ModelVersion {
  int major = 0;
  int minor = 0;
  bool operator==(const ModelVersion&) const = default;
  auto operator<=>(const ModelVersion&) const = default;
};

// "claude-sonnet-4-5@20250929" is 4.5, "claude-3-7-sonnet-20250219" 3.7, "claude-opus-5" 5.0, "gemini-2.5-flash" 2.5. A name
// without a number is taken for a new model's: 99.0.
ModelVersion version_of_model(std::string_view model);

}  // namespace moongate::openai
