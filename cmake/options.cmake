# The six options of the build, and what `auto` means on this system.
# Sets ISTHMUS_USE_LEASE, ISTHMUS_USE_WAIT and ISTHMUS_USE_LIFE to the answers chosen.

if(CMAKE_SOURCE_DIR STREQUAL PROJECT_SOURCE_DIR)
  set(ISTHMUS_TOP_LEVEL ON)
else()
  set(ISTHMUS_TOP_LEVEL OFF)
endif()

# What this system offers: the backends, and for each its answers, the preferred one first.
if(WIN32)
  set(backends win32)
else()
  set(backends posix sysv)
endif()
set(leases_posix ofd sidefile)
set(leases_sysv sysv)
set(leases_win32 win32)
set(waits_unix generic)
set(waits_win32 win32)
set(lives_posix robust bytelock)
set(lives_sysv robust bytelock undo)
set(lives_win32 win32)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  list(REMOVE_ITEM leases_posix ofd)
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Darwin") # the BSDs have no locks by ranges of an open file
    list(REMOVE_ITEM leases_posix sidefile)
    list(REMOVE_ITEM lives_posix bytelock)
    list(REMOVE_ITEM lives_sysv bytelock)
  endif()
endif()
if(CMAKE_SYSTEM_NAME MATCHES "^(Linux|OpenBSD)$")
  list(PREPEND waits_unix futex)
elseif(CMAKE_SYSTEM_NAME STREQUAL "FreeBSD")
  list(PREPEND waits_unix umtx)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  include(CheckFunctionExists)
  check_function_exists(os_sync_wait_on_address_with_timeout ISTHMUS_SDK_KNOWS_WAIT) # that of macOS 14.4 on
  if(ISTHMUS_SDK_KNOWS_WAIT)
    list(PREPEND waits_unix ulock ulock-private)
  endif()
endif()
set(waits_posix ${waits_unix})
set(waits_sysv ${waits_unix})
if(CMAKE_SYSTEM_NAME STREQUAL "Linux") # neither macOS nor FreeBSD has semtimedop()
  list(APPEND waits_sysv semop)
endif()
list(GET backends 0 default_backend)
list(JOIN backends " " backend_names)

set(ISTHMUS_BACKEND ${default_backend} CACHE STRING "Where regions live: posix, sysv or win32")
set(ISTHMUS_LEASE auto CACHE STRING "Is anyone still attached? auto, ofd, sidefile, sysv or win32")
set(ISTHMUS_WAIT auto CACHE STRING
  "How to sleep on a word: auto, futex, ulock, ulock-private, umtx, generic, semop or win32")
set(ISTHMUS_LIFE auto CACHE STRING "Is a lock's owner alive? auto, robust, bytelock, undo or win32")
option(ISTHMUS_TESTS "Build the tests, the examples and the benchmarks" ${ISTHMUS_TOP_LEVEL})
option(ISTHMUS_WERROR "Treat compiler warnings as errors" OFF)

# isthmus_choose(LEASE ofd ...): sets ISTHMUS_USE_LEASE to what ISTHMUS_LEASE says, if allowed.
function(isthmus_choose question)
  set(allowed ${ARGN})
  list(JOIN allowed " " allowed_names)
  set(choice ${ISTHMUS_${question}})
  set(where "the ${ISTHMUS_BACKEND} backend on ${CMAKE_SYSTEM_NAME}")
  if(NOT allowed)
    message(FATAL_ERROR "ISTHMUS_${question}=${choice}: ${where} has no answer to this yet; "
      "choose another ISTHMUS_BACKEND, out of: ${backend_names}")
  elseif(choice STREQUAL "auto")
    list(GET allowed 0 choice)
  elseif(NOT choice IN_LIST allowed)
    message(FATAL_ERROR "ISTHMUS_${question}=${choice} is not possible for ${where}; "
      "allowed are: auto ${allowed_names}")
  endif()
  set(ISTHMUS_USE_${question} ${choice} PARENT_SCOPE)
endfunction()

if(NOT ISTHMUS_BACKEND IN_LIST backends)
  message(FATAL_ERROR "ISTHMUS_BACKEND=${ISTHMUS_BACKEND} is not possible on "
    "${CMAKE_SYSTEM_NAME}; allowed are: ${backend_names}")
endif()
isthmus_choose(LEASE ${leases_${ISTHMUS_BACKEND}})
isthmus_choose(WAIT ${waits_${ISTHMUS_BACKEND}})
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT ISTHMUS_USE_WAIT STREQUAL "futex"
    OR ISTHMUS_USE_LEASE STREQUAL "sidefile") # no other wait watches a life; no file on a disk is fit for it
  list(REMOVE_ITEM lives_${ISTHMUS_BACKEND} robust)
endif()
if(ISTHMUS_USE_WAIT STREQUAL "semop") # its semaphores are those of the table of lives
  list(REMOVE_ITEM lives_sysv bytelock)
endif()
isthmus_choose(LIFE ${lives_${ISTHMUS_BACKEND}})
message(STATUS "isthmus ${PROJECT_VERSION}: backend ${ISTHMUS_BACKEND}, "
  "lease ${ISTHMUS_USE_LEASE}, wait ${ISTHMUS_USE_WAIT}, life ${ISTHMUS_USE_LIFE}")
