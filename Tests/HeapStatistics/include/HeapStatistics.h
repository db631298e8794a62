#include <stddef.h>

/// What the program has of the heap at the moment, in bytes, as the C library counts it.
size_t heapBytesInUse(void);
