// Whether a model may be run on several inputs at once, stacked along their first dimension.
#pragma once

#include "graph/op_graph.h"

namespace partway::graph {

// Whether the model says so: each of its inputs and outputs has two dimensions or more, the first of which is free and has the same name everywhere
// ("N", "batch"), and no operator has a body, is unknown to us, draws at random, or makes an output whose size depends on values. What it says may still
// be wrong of its operators: whoever stacks has to compare the answers with those of single runs. Linear.
bool DeclaresBatch(const OpGraph& graph);

}   // namespace partway::graph
