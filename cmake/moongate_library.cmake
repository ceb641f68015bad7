# moongate_library(NAME DEPS a b ...): the folder NAME as a static library of all its .cpp files.
# DEPS is the complete list of folders that NAME may include from; tests/tidy holds the sources to it.
# VENDOR lists link targets of outside libraries, which belong to this folder alone.
function(moongate_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;VENDOR" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(mg_${name} STATIC ${sources})
  target_include_directories(mg_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/..)
  foreach(dep ${ARG_DEPS})
    target_link_libraries(mg_${name} PUBLIC mg_${dep})
  endforeach()
  target_link_libraries(mg_${name} PRIVATE ${ARG_VENDOR})
endfunction()
