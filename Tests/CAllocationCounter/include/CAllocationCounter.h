#pragma once

/// How often the calling thread has asked for memory since it began; -1 under a sanitizer, which has a malloc of its
/// own.
long allocations_of_this_thread(void);
