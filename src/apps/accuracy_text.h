// An accuracy table for people, and the document that `accuracy --json` prints.
#pragma once

#include <string>
#include <vector>

#include "media/source.h"
#include "profile/accuracy_table.h"

namespace partway::apps {

// The file's document with "smallest" (rows, beside "within", a share) and "skipped" (pictures).
std::string AccuracyDocument(const profile::AccuracyTable& table, const std::vector<profile::AccuracyRow>& smallest,
                             double within, const std::vector<media::Skipped>& skipped);
void PrintAccuracy(const profile::AccuracyTable& table);
// `within` in points. Prints nothing for a table without coded rows.
void PrintSmallest(const profile::AccuracyTable& table, const std::vector<profile::AccuracyRow>& smallest, double within);

}   // namespace partway::apps
