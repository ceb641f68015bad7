# cmake -DFOLDER=… -DOUTPUT=… -P embed_page.cmake: the files of page/ as one C++ source.
file(GLOB files ${FOLDER}/*)
list(SORT files)
set(body "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" escaped "${hex}")
  # A literal of more than 64 KiB is beyond what compilers have to take.
  string(LENGTH "${escaped}" length)
  set(literals "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${escaped}" ${at} 8000 piece)
    string(APPEND literals "\n    \"${piece}\"")
    math(EXPR at "${at} + 8000")
  endwhile()
  file(SIZE ${file} size)
  string(APPEND body "    {\"${name}\", std::string_view(${literals}, ${size})},\n")
endforeach()
file(WRITE ${OUTPUT}.new "// Made from core/setup/page/ by embed_page.cmake.
#include \"setup/setup_files.h\"

namespace moongate {

std::span<const SetupFile> setup_files() {
  static constexpr SetupFile kFiles[] = {
${body}  };
  return kFiles;
}

}  // namespace moongate
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
file(REMOVE ${OUTPUT}.new)
