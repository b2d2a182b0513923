#pragma once
/// Loads Cairo, Pango and fontconfig at the first call; before it, no function of theirs may be called.
///
/// Returns NULL, or one line that says why they are not there and what to install.
const char *raut_load_cairo(void);
