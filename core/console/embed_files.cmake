# cmake -DDIRECTORY=… -DOUTPUT=… -P embed_files.cmake: every file below DIRECTORY as bytes in one C++ source, with its path and
# the digest of its content. The assembler reads the files, so that size costs no time.
file(GLOB_RECURSE paths RELATIVE ${DIRECTORY} ${DIRECTORY}/*)
list(SORT paths)
set(bytes "")
set(names "")
set(rows "")
set(number 0)
foreach(path IN LISTS paths)
  file(SHA256 ${DIRECTORY}/${path} digest)
  string(SUBSTRING ${digest} 0 20 digest)
  file(SIZE ${DIRECTORY}/${path} size)
  set(name moongate_console_file_${number})
  string(APPEND bytes "    \".globl ${name}\\n.hidden ${name}\\n.balign 16\\n${name}:\\n\"\n"
                      "    \".incbin \\\"${DIRECTORY}/${path}\\\"\\n\"\n")
  string(APPEND names "extern const char ${name}[];\n")
  string(APPEND rows "      {\"${path}\", {${name}, ${size}}, \"${digest}\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}.new "// Made from console/dist by embed_files.cmake.
#include \"console/embedded_file.h\"

__asm__(
    \".pushsection .rodata.moongate_console,\\\"a\\\",@progbits\\n\"
${bytes}    \".popsection\\n\");

extern \"C\" {
${names}}

namespace moongate {

std::span<const EmbeddedFile> built_console() {
  static constexpr EmbeddedFile kFiles[] = {
${rows}  };
  return kFiles;
}

}  // namespace moongate
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
file(REMOVE ${OUTPUT}.new)
