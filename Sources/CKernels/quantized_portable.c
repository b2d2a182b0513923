// Integers for any processor of the architecture, and the choice between the sets.
#include "CKernels.h"
#include "quantized_common.h"

#define SET portable
#define KERNEL_SET_NAME "portable"
#define HAS_DOT_PRODUCT false
#define ROWS 4
INLINE w8 dot(w8 sum, w8 codes, w8 weights) {
    for (int i = 0; i < 4; i++) sum += (codes >> 8 * i & 255) * (weights << (24 - 8 * i) >> 24);
    return sum;
}
#include "quantized_body.h"

const quantized_kernels *quantized_kernels_portable(void) { return &quantized_table_portable; }

const quantized_kernels *quantized_kernels_best(void) {
    const quantized_kernels *(*const sets[])(void) = {quantized_kernels_avx512_vnni, quantized_kernels_avx_vnni,
                                                      quantized_kernels_dotprod, quantized_kernels_avx2};
    for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++) {
        const quantized_kernels *found = sets[i]();
        if (found) return found;
    }
    return quantized_kernels_portable();
}
