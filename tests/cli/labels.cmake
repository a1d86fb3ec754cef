# Read by ctest after the tests were discovered, when their names are known.
if(cli_test_TESTS)
  set_tests_properties(${cli_test_TESTS} PROPERTIES LABELS cli)
endif()
