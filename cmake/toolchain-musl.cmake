# Programs with the C library musl, which this system's kernel runs as they are.
set(kind musl)
set(CMAKE_C_COMPILER musl-gcc)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)

# musl-gcc looks at none of the system's headers; those of the kernel are the same for every C library.
set(headers ${root}/build/kernel-headers)
file(MAKE_DIRECTORY ${headers})
file(CREATE_LINK /usr/include/linux ${headers}/linux SYMBOLIC)
file(CREATE_LINK /usr/include/asm-generic ${headers}/asm-generic SYMBOLIC)
file(CREATE_LINK /usr/include/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu/asm ${headers}/asm SYMBOLIC)
set(CMAKE_C_FLAGS_INIT "-isystem ${headers}")
