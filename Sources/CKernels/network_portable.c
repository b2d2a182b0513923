// The network's kernels for any processor of the architecture: SSE2 on x86-64, NEON on arm64.
#define NAME(x) NAME_(x, _portable)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##set
#define KERNEL_SET_NAME "portable"
#include "network_body.h"

const network_kernels *network_kernels_portable(void) { return &kernel_table_portable; }
