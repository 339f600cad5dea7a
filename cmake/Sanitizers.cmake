# OVERT_SANITIZE=address,undefined or thread: for every target, as mixed objects report nonsense.
if(OVERT_SANITIZE)
  add_compile_options(-fsanitize=${OVERT_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OVERT_SANITIZE})
  if(OVERT_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
