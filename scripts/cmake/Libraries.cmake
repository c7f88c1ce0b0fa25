# SPDX-License-Identifier: MIT
# Libraries that siphound builds on. Required: libpcap, zlib, libyaml, PCRE2, SQLite. The others can be switched off; the one .c file
# that uses each is then built without it and says so at run time.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3>=3.37)

function(siphound_optional name package text)
  option(SIPHOUND_WITH_${name} "${text}" ON)
  if(SIPHOUND_WITH_${name})
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${package})
  endif()
endfunction()

siphound_optional(ZSTD libzstd "Read .zst captures")
siphound_optional(NDPI libndpi "Name traffic that is not SIP, with nDPI")
siphound_optional(MAXMINDDB libmaxminddb "Country and AS of addresses, from MaxMind-format files")
siphound_optional(HIREDIS hiredis "Hand what was found to Redis, and follow it there")
siphound_optional(SECCOMP libseccomp "Give up system calls that a running watch does not need")
siphound_optional(NCURSES ncursesw "Show the store on a terminal: siphound top")
# What its .pc file defines (_XOPEN_SOURCE=600) is less than what we ask for everywhere.
if(SIPHOUND_WITH_NCURSES)
  set_target_properties(PkgConfig::NCURSES PROPERTIES INTERFACE_COMPILE_OPTIONS "")
endif()
# TLS with Redis is in a library of its own from hiredis 1.0 on: taken when it is there.
if(SIPHOUND_WITH_HIREDIS)
  pkg_check_modules(HIREDIS_SSL QUIET IMPORTED_TARGET hiredis_ssl)
  set(SIPHOUND_WITH_HIREDIS_SSL ${HIREDIS_SSL_FOUND})
endif()

# siphound_use(TARGET NAME...): links the optional libraries that are on and defines HAVE_<NAME>.
function(siphound_use target)
  foreach(name ${ARGN})
    if(SIPHOUND_WITH_${name})
      target_link_libraries(${target} PUBLIC PkgConfig::${name})
      target_compile_definitions(${target} PRIVATE HAVE_${name})
    endif()
  endforeach()
endfunction()
