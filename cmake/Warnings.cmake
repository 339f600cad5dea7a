# overt_enable_warnings(target): the warnings our own code is free of.
set(overt_warnings
    -Wall
    -Wextra
    -Wpedantic
    -Wshadow
    -Wconversion
    -Wsign-conversion
    -Wold-style-cast
    -Wcast-qual
    -Wnon-virtual-dtor
    -Woverloaded-virtual
    -Wnull-dereference)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND overt_warnings -Wuseless-cast -Wduplicated-cond -Wlogical-op)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12 calls a function in std::stable_sort that it deprecates; g++ does not mind itself.
  list(APPEND overt_warnings -Wthread-safety -Wno-deprecated-declarations)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  list(APPEND overt_warnings -Wno-restrict) # false in std::string's operator+: GCC bug 105651
endif()
if(OVERT_WERROR)
  list(APPEND overt_warnings -Werror)
endif()

function(overt_enable_warnings target)
  target_compile_options(${target} PRIVATE ${overt_warnings})
endfunction()
