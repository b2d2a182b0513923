#pragma once
// Debian's name for the header whichever BLAS is the system's standard one; elsewhere it has the plain name.
#if __has_include(<cblas-openblas.h>)
#include <cblas-openblas.h>
#else
#include <cblas.h>
#endif
