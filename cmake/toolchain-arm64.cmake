# Programs of 64-bit ARM: see ci/foreign.
set(kind arm64)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
