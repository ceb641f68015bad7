# cmake -DPRICES=… -DOUTPUT=… -P embed_prices.cmake: data/prices.json as one C++ source.
file(READ ${PRICES} text)
string(LENGTH "${text}" length)
# A literal of more than 64 KiB is beyond what compilers have to take.
set(body "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 piece)
  string(APPEND body "    R\"price(${piece})price\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE ${OUTPUT}.new "// Made from data/prices.json by embed_prices.cmake.
#include \"meter/price_file.h\"

namespace moongate {

std::string_view built_in_prices() {
  static constexpr std::string_view kText =
${body}      ;
  return kText;
}

}  // namespace moongate
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
file(REMOVE ${OUTPUT}.new)
