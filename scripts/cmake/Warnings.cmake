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
# gcc zeroes and copies a few hundred bytes by an instruction that takes forty cycles to begin.
include(CheckCCompilerFlag)
foreach(call memset memcpy)
  set(strategy -m${call}-strategy=vector_loop:1024:noalign,libcall:-1:noalign)
  check_c_compiler_flag(${strategy} SIPHOUND_HAS_${call}_STRATEGY)
  if(SIPHOUND_HAS_${call}_STRATEGY)
    target_compile_options(siphound_flags INTERFACE ${strategy})
  endif()
endforeach()
if(SIPHOUND_WERROR)
  target_compile_options(siphound_flags INTERFACE -Werror)
endif()
if(SIPHOUND_SANITIZE)
  target_compile_options(siphound_flags INTERFACE -fsanitize=${SIPHOUND_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(siphound_flags INTERFACE -fsanitize=${SIPHOUND_SANITIZE})
endif()
