// Which of a caller's anthropic-beta values an upstream gets to see. Upstreams other than Anthropic answer
// 400 to values they do not know; what each knows is data of the caller of this function.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace moongate {

// The items of a comma list that are on the allow-list, in order, joined with ",". An entry that ends in '*'
// allows what begins with the rest of it. An item given twice is kept once. Empty: nothing is left, send no
// such header.
std::string filter_betas(std::string_view list, std::span<const std::string> allowed);

}  // namespace moongate
