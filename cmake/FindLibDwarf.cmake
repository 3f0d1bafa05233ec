# Finds libdwarf (not elfutils' libdw). Debian 12 has 20210528 as a static library in libdwarf/, Debian 13 has 0.11 in
# libdwarf-0/. Defines LibDwarf::LibDwarf.
find_path(LIBDWARF_INCLUDE_DIR libdwarf.h PATH_SUFFIXES libdwarf-0 libdwarf)
find_library(LIBDWARF_LIBRARY NAMES dwarf)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibDwarf REQUIRED_VARS LIBDWARF_LIBRARY LIBDWARF_INCLUDE_DIR)
if(LibDwarf_FOUND AND NOT TARGET LibDwarf::LibDwarf)
  add_library(LibDwarf::LibDwarf UNKNOWN IMPORTED)
  set_target_properties(LibDwarf::LibDwarf PROPERTIES
    IMPORTED_LOCATION ${LIBDWARF_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LIBDWARF_INCLUDE_DIR})
  if(LIBDWARF_LIBRARY MATCHES "\\.a$")
    # The static library of 20210528 also holds its libelf reader.
    find_library(LIBDWARF_ELF_LIBRARY NAMES elf REQUIRED)
    find_package(ZLIB REQUIRED)
    set_property(TARGET LibDwarf::LibDwarf PROPERTY INTERFACE_LINK_LIBRARIES ${LIBDWARF_ELF_LIBRARY} ZLIB::ZLIB)
  endif()
endif()
mark_as_advanced(LIBDWARF_INCLUDE_DIR LIBDWARF_LIBRARY LIBDWARF_ELF_LIBRARY)
