# overt_link_static_runtime(target): what a wheel ships needs no C++ library at run time and exports
# nothing of what it contains, so it cannot meet another copy of libstdc++ in the host process.
function(overt_link_static_runtime target)
  target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,relro -Wl,-z,now)
  # The sanitizers' run time intercepts calls into the shared C++ library.
  if(NOT OVERT_SANITIZE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()
