# How every target of ours is compiled. Warnings are errors; arithmetic is the same on every machine.
add_library(clm_compile_options INTERFACE)
target_compile_options(clm_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-align -Wnull-dereference -Werror
  # A fused multiply-add rounds once where two operations round twice: forbidden, so that bits do not depend on the CPU.
  -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside its own headers once it inlines them.
  target_compile_options(clm_compile_options INTERFACE -Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized)
endif()

# Optimised as far as it is worth its compile time: the numbers' modules ask for more (NUMERIC of clm_module), tests and
# the command line for less. Bits do not depend on it: nothing here lets the compiler change what is rounded.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
add_library(clm_numeric_options INTERFACE)
target_compile_options(clm_numeric_options INTERFACE $<$<CONFIG:Release>:-O3>)
add_library(clm_test_options INTERFACE)
target_compile_options(clm_test_options INTERFACE $<$<CONFIG:Release>:-O1>)

# Most of the cost of a source is reading the headers that its neighbours read too: sources of one target are compiled
# several at a time. OFF: each by itself, for editors, and where CI looks for a source that lacks an include.
option(CLM_UNITY "Compile several sources of a target at a time" ON)
set(CLM_UNITY_SOURCES 6 CACHE STRING "How many sources at a time")
if(CLM_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE ${CLM_UNITY_SOURCES})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A class of a source that holds something of its unnamed namespace: GCC takes the source for a header.
    target_compile_options(clm_compile_options INTERFACE -Wno-subobject-linkage)
  endif()
endif()

set(CLM_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
# What a checked build compiles with: line numbers for its reports and no more, since most of its time is compiling;
# checked access to the standard containers.
set(CLM_CHECKED_OPTIONS -O1 -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS)
if(CLM_SANITIZE)
  add_compile_options(-fsanitize=${CLM_SANITIZE} ${CLM_CHECKED_OPTIONS})
  add_link_options(-fsanitize=${CLM_SANITIZE})
endif()

option(CLM_FUZZ "Build the libFuzzer targets (clang only)" OFF)
if(CLM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined ${CLM_CHECKED_OPTIONS})
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CLM_CCACHE ccache)
if(CLM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CLM_CCACHE})
endif()
find_program(CLM_MOLD mold)
if(CLM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
