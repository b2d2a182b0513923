#pragma once
/// Loads OpenBLAS at the first call; before it, no function of it may be called.
///
/// Returns NULL, or one line that says why it is not there and what to install.
const char *raut_load_openblas(void);
