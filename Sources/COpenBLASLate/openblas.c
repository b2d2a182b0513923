#include "COpenBLASLate.h"

#include <CLateLibrary.h>
#include "../COpenBLAS/shim.h"

#define FUNCTIONS(F) \
    F(void, cblas_sgemm, \
      (const enum CBLAS_ORDER order, const enum CBLAS_TRANSPOSE turn_a, const enum CBLAS_TRANSPOSE turn_b, \
       const blasint m, const blasint n, const blasint k, const float alpha, const float *a, const blasint lda, \
       const float *b, const blasint ldb, const float beta, float *c, const blasint ldc), \
      (order, turn_a, turn_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)) \
    F(void, openblas_set_num_threads, (int count), (count))

FUNCTIONS(LATE_FORWARD)
LATE_LIBRARY(openblas, "libopenblas.so.0", "libopenblas0", FUNCTIONS);

const char *raut_load_openblas(void) { return late_library_load(&openblas); }
