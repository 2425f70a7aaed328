# What `cpack` packs: of what is installed, isthmus-VERSION-SYSTEM-PROCESSOR.tar.gz, and of the sources
# (`cpack --config CPackSourceConfig.cmake`), isthmus-VERSION.tar.gz.
string(TOLOWER ${CMAKE_SYSTEM_NAME} system)
set(CPACK_PACKAGE_VENDOR isthmus)
set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_FILE_NAME isthmus-${PROJECT_VERSION}-${system}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME isthmus-${PROJECT_VERSION})
set(CPACK_SOURCE_IGNORE_FILES ${PROJECT_SOURCE_DIR}/build/ /[.]git/ /CMakeUserPresets[.]json$ [.]swp$)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
