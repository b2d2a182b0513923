// What the detector's kernels share: the exact judgement of one window, and which windows are left out.
#include "CKernels.h"

/// Whether a window passes a stage, in OpenCV's own arithmetic.
bool haar_stage_passes(const haar_stage *stage, const uint32_t *p, float normalisation);
/// Whether a window passes all stages.
bool haar_stages_pass(const haar_cascade *cascade, const uint32_t *p, float normalisation);
/// Clears the `standing` bits of windows that follow a judged window that the first stage turned down.
void haar_leave_out(haar_row row);
