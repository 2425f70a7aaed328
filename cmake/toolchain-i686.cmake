# Programs of 32 bits, which a 64-bit Linux runs as they are.
set(kind i686)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
set(CMAKE_CROSSCOMPILING_EMULATOR ${root}/ci/i686)
