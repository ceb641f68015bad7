# cmake -DSQL_DIR=… -DOUTPUT=… -P embed_migrations.cmake: the scripts of sql/ as one C++ source.
file(GLOB ups ${SQL_DIR}/*.up.sql)
list(SORT ups)
set(body "")
set(expected 0)
foreach(up ${ups})
  get_filename_component(file ${up} NAME)
  if(NOT file MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.up\\.sql$")
    message(FATAL_ERROR "sql/${file} is not named NNNN_name.up.sql")
  endif()
  set(digits ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  math(EXPR expected "${expected} + 1")
  string(REGEX REPLACE "^0+" "" number ${digits})
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "sql/${file}: number ${expected} is missing")
  endif()
  set(down ${SQL_DIR}/${digits}_${name}.down.sql)
  if(NOT EXISTS ${down})
    message(FATAL_ERROR "sql/${digits}_${name}.down.sql is missing")
  endif()
  file(READ ${up} up_text)
  file(READ ${down} down_text)
  string(APPEND body "      {${number}, \"${name}\", R\"sql(${up_text})sql\", R\"sql(${down_text})sql\"},\n")
endforeach()
file(WRITE ${OUTPUT}.new "// Made from sql/ by embed_migrations.cmake.
#include \"store/migrations.h\"

namespace moongate {

const std::vector<Migration>& embedded_migrations() {
  static const std::vector<Migration> migrations = {
${body}  };
  return migrations;
}

}  // namespace moongate
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
file(REMOVE ${OUTPUT}.new)
