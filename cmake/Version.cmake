# The commit goes into `partway --version` and into every record, so that a result can be traced to its code.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE PARTWAY_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT PARTWAY_COMMIT)
  set(PARTWAY_COMMIT "unknown")
endif()
configure_file(${CMAKE_SOURCE_DIR}/src/base/version.h.in ${CMAKE_BINARY_DIR}/generated/base/version.h @ONLY)
