# The order of the rooms: a module may use only modules that stand before it. DESIGN: docs/ARCHITECTURE.md.
set(CLM_LAYERS base market features models evaluation registry serving outcomes trading learning adapters workspace api)

# clm_module(NAME base [NUMERIC] [DEPENDS market ...] [LIBRARIES third-party targets ...] [WITHOUT folders ...] [ROOMS folders ...])
#
# Declares the static library clm_NAME from the sources of the calling directory. The suffix chooses the suite:
# *_test.cpp goes into the test program NAME_test, *_bench.cpp into NAME_bench, *_fuzz.cpp each into a fuzz program.
# Folders named after WITHOUT are left out: they declare a library of their own. ROOMS are the folders of the module in
# their order: each may include itself and those before it. tools/lint/rooms.py refuses the rest. NUMERIC: its loops are
# worth a longer compilation.
function(clm_module)
  cmake_parse_arguments(ARG "NUMERIC" "NAME" "DEPENDS;LIBRARIES;WITHOUT;ROOMS" ${ARGN})
  list(FIND CLM_LAYERS ${ARG_NAME} own_layer)
  if(own_layer EQUAL -1)
    message(FATAL_ERROR "Module ${ARG_NAME} is not in CLM_LAYERS")
  endif()
  foreach(dependency IN LISTS ARG_DEPENDS)
    list(FIND CLM_LAYERS ${dependency} layer)
    if(layer EQUAL -1 OR NOT layer LESS own_layer)
      message(FATAL_ERROR "Module ${ARG_NAME} may not depend on ${dependency}: it does not stand above it")
    endif()
    list(APPEND module_targets clm_${dependency})
  endforeach()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(part IN LISTS ARG_WITHOUT)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${part}/")
  endforeach()
  set(tests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$")

  add_library(clm_${ARG_NAME} STATIC ${sources})
  target_include_directories(clm_${ARG_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(clm_${ARG_NAME} PRIVATE clm_compile_options ${ARG_LIBRARIES} PUBLIC ${module_targets})
  if(ARG_NUMERIC)
    target_link_libraries(clm_${ARG_NAME} PRIVATE clm_numeric_options)
  endif()

  if(tests)
    clm_test_program(${ARG_NAME}_test LABEL unit SOURCES ${tests} LIBRARIES clm_${ARG_NAME} ${ARG_LIBRARIES})
  endif()
  if(benches)
    add_executable(${ARG_NAME}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${ARG_NAME}_bench PRIVATE
      clm_${ARG_NAME} ${ARG_LIBRARIES} clm_compile_options clm_numeric_options benchmark::benchmark benchmark::benchmark_main)
    target_include_directories(${ARG_NAME}_bench PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    set_property(GLOBAL APPEND PROPERTY CLM_BENCH_TARGETS ${ARG_NAME}_bench)
  endif()
  if(CLM_FUZZ)
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(fuzz_name ${fuzzer} NAME_WE)
      add_executable(${fuzz_name} ${fuzzer})
      target_link_libraries(${fuzz_name} PRIVATE clm_${ARG_NAME} ${ARG_LIBRARIES} clm_compile_options)
      target_link_options(${fuzz_name} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY CLM_FUZZ_TARGETS ${fuzz_name})
    endforeach()
  endif()
endfunction()

# `ninja unit_tests` builds the test programs of that label and what they need, not the program or the benchmarks.
foreach(label unit integration slow)
  add_custom_target(${label}_tests)
endforeach()

# clm_test_program(NAME LABEL unit|integration|slow SOURCES ... LIBRARIES ...): a GoogleTest program, each test its own ctest.
function(clm_test_program name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} clm_compile_options clm_test_options GTest::gtest GTest::gmock GTest::gtest_main)
  target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/source_dir.cpp)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/support/source_dir.cpp TARGET_DIRECTORY ${name}
    PROPERTIES COMPILE_DEFINITIONS "CLM_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"")
  add_dependencies(${ARG_LABEL}_tests ${name})
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 600)
endfunction()
