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
