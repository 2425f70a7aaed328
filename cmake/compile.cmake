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
        $<$<BOOL:${ISTHMUS_WERROR}>:-Werror>)
    endif()
  endforeach()
endfunction()
