# What every target of ours has in common.

# moc (6.4) fails to parse libstdc++'s <concepts>, which nothing that moc looks at needs: its guard keeps moc out.
set(CMAKE_AUTOMOC_MOC_OPTIONS -D_GLIBCXX_CONCEPTS)

add_library(kernoscope_options INTERFACE)
target_include_directories(kernoscope_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(kernoscope_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Wno-missing-field-initializers -ffunction-sections -fdata-sections)
target_link_options(kernoscope_options INTERFACE -Wl,--gc-sections)
if(KERNOSCOPE_SANITIZE)
  target_compile_options(kernoscope_options INTERFACE -fsanitize=${KERNOSCOPE_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kernoscope_options INTERFACE -fsanitize=${KERNOSCOPE_SANITIZE})
endif()

# kernoscope_executable(NAME SOURCES... LIBS ...)
function(kernoscope_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} kernoscope_options)
endfunction()

# kernoscope_gtest(NAME [LABELS l...] SOURCES... LIBS...): a GoogleTest program whose tests ctest knows one by one.
function(kernoscope_gtest name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} kernoscope_options GTest::gmock GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120)
endfunction()
