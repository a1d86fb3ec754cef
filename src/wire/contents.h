// A tensor's typed contents (InferTensorContents), as clients send them that do not use raw bytes.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "wire/codec.h"
#include "wire/cursor.h"

namespace partway::wire {

// `parts`: the bodies of the message, more than one if the field came repeatedly (protobuf joins them). `where` names the tensor in
// errors. Memory is taken only once the contents are known to hold enough. Errors: InvalidArgument for a type that travels only as
// raw bytes, contents of another type, too few or too many values, a value beyond the type; ResourceExhausted over the limit.
absl::StatusOr<Tensor> DecodeContents(std::span<const Cursor> parts, DType dtype, const Shape& shape, const Limits& limits,
                                      std::string_view where);

}   // namespace partway::wire
