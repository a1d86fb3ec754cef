// What the JSON files of this folder share: documents from text, and input sizes, which are the edge in pixels where it is square and "HxW" otherwise.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "profile/checked_fields.h"

namespace partway::profile {

// Errors: InvalidArgument "not JSON: parse error at line 3, column 9: ...".
absl::StatusOr<CheckedFields::Json> ParseJson(std::string_view text);

CheckedFields::Json SizeToJson(int height, int width);
// Reads `in`'s field `key`; edges from 1 to `edge_max`.
void ReadSize(CheckedFields* in, const CheckedFields::Json& object, const char* key, int edge_max, int* height, int* width);

}   // namespace partway::profile
