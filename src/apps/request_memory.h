// Memory for tensors that come and go.
#pragma once

namespace partway::apps {

// Tensors of some megabytes come and go with every frame or request: from now on the process keeps their memory rather than giving it
// back and having it faulted in again page by page. For programs that do little else; call before threads are started.
void KeepTensorMemory();

}   // namespace partway::apps
