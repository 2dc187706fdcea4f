// Included before everything else of the addon, by the compiler's command line. It may be built where the
// libraries are newer than where it is loaded, and is to ask for no more than glibc 2.34 and GCC 12's have.
#pragma once
#include <features.h>

#include <cstddef>

// Templates are compiled into the addon; from GCC 13 on it would take parts of them from the library.
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0

// From glibc 2.38 on strtol() and sscanf() are others, which know binary numbers. 2.40 renamed the switch.
#undef __GLIBC_USE_C2X_STRTOL
#define __GLIBC_USE_C2X_STRTOL 0
#undef __GLIBC_USE_C23_STRTOL
#define __GLIBC_USE_C23_STRTOL 0
