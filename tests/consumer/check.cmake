# Builds the project in this folder against isthmus, and runs it. WAY says how it is found: find_package or pkg-config,
# under PREFIX, or under a folder of its own that what was just built in BUILD_DIR is installed into first;
# or add_subdirectory, of the sources in SOURCE_DIR. LANGUAGE: C or CXX.
if(NOT LANGUAGE)
  set(LANGUAGE C)
endif()
set(work ${BUILD_DIR}/consumer/${WAY}-${LANGUAGE})
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(CONFIG)
  set(config --config ${CONFIG})
endif()
if(NOT PREFIX AND NOT WAY STREQUAL "add_subdirectory")
  set(PREFIX ${work}/prefix)
  run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${PREFIX} ${config})
endif()

if(WAY STREQUAL "pkg-config")
  file(GLOB_RECURSE pc ${PREFIX}/isthmus.pc)
  get_filename_component(pc_dir ${pc} DIRECTORY)
  set(ENV{PKG_CONFIG_LIBDIR} ${pc_dir})
  execute_process(COMMAND pkg-config --cflags --libs isthmus
    OUTPUT_VARIABLE options COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(options UNIX_COMMAND ${options})
  separate_arguments(flags UNIX_COMMAND "${FLAGS}")
  if(LANGUAGE STREQUAL "CXX")
    list(APPEND flags -x c++)
  endif()
  run(${COMPILER} ${flags} ${CMAKE_CURRENT_LIST_DIR}/consumer.c -x none ${options} -o ${work}/consumer.exe)
  set(ENV{LD_LIBRARY_PATH} ${pc_dir}/..) # where a shared library is
  run(${EMULATOR} ${work}/consumer.exe)
else()
  if(WAY STREQUAL "find_package")
    file(GLOB_RECURSE package ${PREFIX}/isthmusConfig.cmake)
    get_filename_component(package_dir ${package} DIRECTORY)
    set(found -D isthmus_DIR=${package_dir})
  else()
    set(found -D ISTHMUS_SOURCE=${SOURCE_DIR} -D BUILD_SHARED_LIBS=${SHARED})
  endif()
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${work}/build ${found}
    -D CONSUMER_LANGUAGE=${LANGUAGE}
    -D CMAKE_BUILD_TYPE=${CONFIG}
    -D CMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}
    -D CMAKE_${LANGUAGE}_COMPILER=${COMPILER}
    "-DCMAKE_${LANGUAGE}_FLAGS=${FLAGS}")
  run(${CMAKE_COMMAND} --build ${work}/build ${config} --target run)
endif()
