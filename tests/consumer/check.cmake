# Installs the library that was just built into a folder of its own, then builds the project in
# this folder against it and runs it. WAY says how it is found: find_package or pkg-config.
set(work ${BUILD_DIR}/consumer/${WAY})
set(prefix ${work}/prefix)
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(CONFIG)
  set(config --config ${CONFIG})
endif()
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix} ${config})

if(WAY STREQUAL "find_package")
  file(GLOB_RECURSE package ${prefix}/isthmusConfig.cmake)
  get_filename_component(package_dir ${package} DIRECTORY)
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${work}/build
    -D isthmus_DIR=${package_dir}
    -D CMAKE_BUILD_TYPE=${CONFIG}
    -D CMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}
    -D CMAKE_C_COMPILER=${COMPILER}
    "-DCMAKE_C_FLAGS=${FLAGS}")
  run(${CMAKE_COMMAND} --build ${work}/build ${config} --target run)
else()
  file(GLOB_RECURSE pc ${prefix}/isthmus.pc)
  get_filename_component(pc_dir ${pc} DIRECTORY)
  set(ENV{PKG_CONFIG_LIBDIR} ${pc_dir})
  execute_process(COMMAND pkg-config --cflags --libs isthmus
    OUTPUT_VARIABLE options COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(options UNIX_COMMAND ${options})
  separate_arguments(flags UNIX_COMMAND "${FLAGS}")
  run(${COMPILER} ${flags} ${CMAKE_CURRENT_LIST_DIR}/consumer.c ${options} -o ${work}/consumer.exe)
  set(ENV{LD_LIBRARY_PATH} ${pc_dir}/..) # where a shared library is
  run(${EMULATOR} ${work}/consumer.exe)
endif()
