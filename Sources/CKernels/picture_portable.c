// The picture's kernels for any processor of the architecture, and the choice between the sets.
#include "CKernels.h"

#define NAME(x) NAME_(x, _portable)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##set
#define KERNEL_SET_NAME "portable"
#define HAS_GATHER 0
#include "picture_body.h"

const picture_kernels *picture_kernels_portable(void) { return &picture_table_portable; }

const picture_kernels *picture_kernels_best(void) {
    const picture_kernels *wide = picture_kernels_avx2();
    return wide ? wide : picture_kernels_portable();
}
