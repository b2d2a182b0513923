// The network's kernels for any processor of the architecture: SSE2 on x86-64, NEON on arm64; and the choice between the
// sets.
#define NAME(x) NAME_(x, _portable)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##set
#define KERNEL_SET_NAME "portable"
#include "network_body.h"

const network_kernels *network_kernels_portable(void) { return &kernel_table_portable; }

const network_kernels *network_kernels_best(void) {
    const network_kernels *wide = network_kernels_avx512();
    if (!wide) wide = network_kernels_avx2();
    return wide ? wide : network_kernels_portable();
}
