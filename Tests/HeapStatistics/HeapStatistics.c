#include "HeapStatistics.h"

#include <malloc.h>

size_t heapBytesInUse(void) {
  struct mallinfo2 statistics = mallinfo2();
  // Large blocks are mapped by themselves, and counted apart.
  return statistics.uordblks + statistics.hblkhd;
}
