# The same bytes from any folder: no path of the build's own is written into what is built, nor a time or a user into
# a static library. Not in a build for debugging: by these paths debuggers find the sources.
set(same_bytes "")
if(ISTHMUS_TOP_LEVEL)
  include(CheckCCompilerFlag)
  check_c_compiler_flag(-ffile-prefix-map=a=b ISTHMUS_MAPS_PREFIXES)
  if(ISTHMUS_MAPS_PREFIXES)
    set(maps -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
    set(same_bytes "$<$<NOT:$<CONFIG:Debug>>:${maps}>")
  endif()
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(CMAKE_C_ARCHIVE_CREATE "<CMAKE_AR> qcD <TARGET> <LINK_FLAGS> <OBJECTS>")
    set(CMAKE_C_ARCHIVE_FINISH "<CMAKE_RANLIB> -D <TARGET>")
  endif()
endif()

# isthmus_compile(target...): C11 without extensions, and the warnings that all our code must pass.
function(isthmus_compile)
  foreach(target IN LISTS ARGN)
    set_target_properties(${target} PROPERTIES
      C_STANDARD 11
      C_STANDARD_REQUIRED ON
      C_EXTENSIONS OFF
      C_VISIBILITY_PRESET hidden)
    if(WIN32)
      target_compile_definitions(${target} PRIVATE
        WIN32_LEAN_AND_MEAN NOMINMAX _WIN32_WINNT=0x0602 _CRT_SECURE_NO_WARNINGS)
    else()
      target_compile_definitions(${target} PRIVATE _GNU_SOURCE _FILE_OFFSET_BITS=64)
    endif()
    if(MSVC)
      target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${ISTHMUS_WERROR}>:/WX>)
    else()
      target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
        -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wundef -Wvla
        $<$<BOOL:${ISTHMUS_WERROR}>:-Werror>
        "${same_bytes}")
    endif()
  endforeach()
endfunction()
