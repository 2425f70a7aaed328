# What toolchains for Linux have in common that build for other processors, or with another C library, than this
# system's own: programs are static, since the system need not have the libraries; and cmocka is the one that
# `ci/cmocka` made, never that of this system.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH ${root}/build/cmocka-${kind})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
