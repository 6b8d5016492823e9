# ASSAY_SANITIZE=address,undefined for everything. vptr is left out: it misfires across libraries
# whose interfaces are loaded with RTLD_LOCAL.
set(ASSAY_SANITIZE "" CACHE STRING "Sanitizers, separated by commas")
if(ASSAY_SANITIZE)
  add_compile_options(-fsanitize=${ASSAY_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ASSAY_SANITIZE})
endif()
