# The libraries of the core. An installed package is used where there is one; else the headers come
# from a pinned commit. All are header-only, so their own CMake files are not run: some of them are
# too old for CMake 4, and none can add install rules to our wheel. `tools/setup` installs Debian's
# packages of them where it may.
include(FetchContent)

# overt_header_library(<package> <target> <GitHub repository> <commit> <include directory>)
function(overt_header_library package target repository commit include)
  find_package(${package} CONFIG QUIET)
  if(TARGET ${target})
    message(STATUS "${package}: installed, ${${package}_VERSION}")
    return()
  endif()
  message(STATUS "${package}: not installed; fetching it from https://github.com/${repository}")
  FetchContent_Declare(
    ${package}
    GIT_REPOSITORY https://github.com/${repository}.git
    GIT_TAG ${commit}
    SOURCE_SUBDIR headers-only) # no such directory: fetched, not configured
  FetchContent_MakeAvailable(${package})
  FetchContent_GetProperties(${package} SOURCE_DIR source)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} INTERFACE "${source}/${include}")
endfunction()

# v3.11.3
overt_header_library(nlohmann_json nlohmann_json::nlohmann_json nlohmann/json
                     9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03 include)
# v1.1.0
overt_header_library(tl-expected tl::expected TartanLlama/expected
                     292eff8bd8ee230a7df1d6a1c00c4ea0eb2f0362 include)
# v2.4.2
overt_header_library(CLI11 CLI11::CLI11 CLIUtils/CLI11
                     6c7b07a878ad834957b98d0f9ce1dbe0cb204fc9 include)
# v3.4.0. Its headers only: Debian's target also links a shared library, and a wheel has none.
overt_header_library(tomlplusplus tomlplusplus::tomlplusplus marzer/tomlplusplus
                     30172438cee64926dc41fdd9c11fb3ba5b2ba9de include)
add_library(overt_toml INTERFACE)
target_include_directories(
  overt_toml SYSTEM
  INTERFACE $<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>)
if(OVERT_TESTS)
  # v2.4.11
  overt_header_library(doctest doctest::doctest doctest/doctest
                       ae7a13539fb71f270b87eb2e874fbac80bc8dda2 .)
endif()
