# Programs of a big-endian processor: see ci/foreign.
set(kind s390x)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
