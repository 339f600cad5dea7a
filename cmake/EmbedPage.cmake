# overt_embed_page(<target> <directory> <script> ...): compiles page.html of the directory into the
# target as overt::kPageHead and overt::kPageTail (core/src/page.h): what stands before and behind
# the data of a page. Style and scripts are put into it, each with its hash for the page's
# Content-Security-Policy, so that a browser runs and shows these and nothing else.
function(overt_embed_page target directory)
  list(TRANSFORM ARGN PREPEND "${directory}/" OUTPUT_VARIABLE scripts)
  set_property(
    DIRECTORY
    APPEND
    PROPERTY CMAKE_CONFIGURE_DEPENDS "${directory}/page.html" "${directory}/page.css" ${scripts})
  file(READ "${directory}/page.html" page)
  file(READ "${directory}/page.css" style)
  set(script "'use strict';\n")
  foreach(path IN LISTS scripts)
    file(READ "${path}" part)
    string(APPEND script "${part}")
  endforeach()
  overt_csp_hash("${style}" style_hash)
  overt_csp_hash("${script}" script_hash)
  string(CONFIGURE "${page}" page @ONLY)
  string(FIND "${page}" "{data}" at)
  string(SUBSTRING "${page}" 0 ${at} head)
  math(EXPR at "${at} + 6")
  string(SUBSTRING "${page}" ${at} -1 tail)
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/page.cpp")
  file(
    CONFIGURE
    OUTPUT "${generated}"
    CONTENT
      "#include \"page.h\"

namespace overt {
const std::string_view kPageHead = R\"page(@head@)page\";
const std::string_view kPageTail = R\"page(@tail@)page\";
}  // namespace overt
"
    @ONLY)
  target_sources(${target} PRIVATE "${generated}")
endfunction()

# As a source of a Content-Security-Policy: sha256-, and the digest in base64. That takes three
# hexadecimal digits as two of its own; the 64th digit alone is the last one.
function(overt_csp_hash text variable)
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 digest "${text}")
  set(base64)
  foreach(at RANGE 0 60 3)
    string(SUBSTRING ${digest} ${at} 3 three)
    math(EXPR high "0x${three} / 64")
    math(EXPR low "0x${three} % 64")
    foreach(index IN ITEMS ${high} ${low})
      string(SUBSTRING ${digits} ${index} 1 digit)
      string(APPEND base64 ${digit})
    endforeach()
  endforeach()
  string(SUBSTRING ${digest} 63 1 last)
  math(EXPR index "0x${last} * 4")
  string(SUBSTRING ${digits} ${index} 1 digit)
  set(${variable} "sha256-${base64}${digit}=" PARENT_SCOPE)
endfunction()
