# SPDX-License-Identifier: MIT
# One place for compiler flags; every layer links siphound_flags.
add_library(siphound_flags INTERFACE)
target_include_directories(siphound_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(siphound_flags INTERFACE _GNU_SOURCE)
target_compile_options(siphound_flags INTERFACE
  -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
  -Wcast-qual -Wwrite-strings -Wformat=2 -fno-strict-overflow -fstack-protector-strong)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(siphound_flags INTERFACE -Wno-format-truncation) # cut texts are meant to be cut
endif()
if(SIPHOUND_WERROR)
  target_compile_options(siphound_flags INTERFACE -Werror)
endif()
if(SIPHOUND_SANITIZE)
  target_compile_options(siphound_flags INTERFACE -fsanitize=${SIPHOUND_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(siphound_flags INTERFACE -fsanitize=${SIPHOUND_SANITIZE})
endif()
