#include "apps/request_memory.h"

#include <malloc.h>

namespace partway::apps {

void KeepTensorMemory() {
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

}   // namespace partway::apps
