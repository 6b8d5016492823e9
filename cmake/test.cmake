# assay_test(name [LIBS ...] sources...): one Catch2 program, one CTest entry.
find_package(Catch2 REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(assay_test name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE assay_test_main ${arg_LIBS})
  assay_warnings(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${ASSAY_TEST_ENVIRONMENT}" TIMEOUT 600 SKIP_RETURN_CODE 77)
endfunction()
