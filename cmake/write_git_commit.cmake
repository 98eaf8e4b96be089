# Writes build_info.hpp with the commit the sources are at; touched only when it changes.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once\n\nnamespace clm::app {\n\ninline constexpr const char* kGitCommit = \"${commit}\";\n\n}  // namespace clm::app\n" @ONLY)
