#include "engine/ort_env.h"

#include <algorithm>
#include <mutex>
#include <string_view>

#include "base/status.h"

namespace partway::engine {
namespace {

// The engine writes to stderr by default; here every error comes back as a status, so its log has nothing to add.
void DropLog(void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) {}

constexpr struct {
  DType ours;
  ONNXTensorElementDataType theirs;
} kTypes[] = {
    {DType::kBool, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},         {DType::kUint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {DType::kUint16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},     {DType::kUint32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
    {DType::kUint64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},     {DType::kInt8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
    {DType::kInt16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},       {DType::kInt32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    {DType::kInt64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},       {DType::kFloat16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
    {DType::kBfloat16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16}, {DType::kFloat32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
    {DType::kFloat64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
};

// "/onnxruntime_src/onnxruntime/core/graph/graph.cc:123 void onnxruntime::Graph::Resolve(int) const Reason" -> "Reason".
void DropSourceLocations(std::string* text) {
  for (size_t end = 0; (end = text->find(".cc:", end)) != text->npos;) {
    const size_t space = text->rfind(' ', end);
    const size_t begin = space == text->npos ? 0 : space + 1;
    if (text->find('/', begin) > end) {
      ++end;
      continue;
    }
    size_t stop = std::min(text->find(' ', end), text->size());
    const size_t function = text->find("onnxruntime::", stop);
    const size_t open = function == text->npos ? text->npos : text->find('(', function);
    if (open != text->npos && text->substr(stop, function - stop).find_first_of("':.(") == text->npos) {
      size_t close = open;   // of the signature
      for (int depth = 0; close < text->size(); ++close) {
        if ((*text)[close] == '(') ++depth;
        if ((*text)[close] == ')' && --depth == 0) break;
      }
      if (close < text->size()) stop = close + 1;
      if (text->compare(stop, 6, " const") == 0) stop += 6;
      if (text->compare(stop, 6, " [with") == 0) stop = std::min(text->find(']', stop), text->size() - 1) + 1;
    }
    text->erase(begin, stop - begin + (stop < text->size() ? 1 : 0));
    end = begin;
  }
}

// "Non-zero status code returned while running Conv node. Name:'c3' Status Message: Reason" -> "Conv 'c3': Reason".
void NameTheNode(std::string* text) {
  constexpr std::string_view kBegin = "Non-zero status code returned while running ",
                             kName = " node. Name:", kReason = " Status Message: ";
  if (!text->starts_with(kBegin)) return;
  const size_t name = text->find(kName), reason = text->find(kReason);
  if (name == text->npos || reason == text->npos || reason < name) return;
  const std::string op = text->substr(kBegin.size(), name - kBegin.size());
  const std::string node = text->substr(name + kName.size(), reason - name - kName.size());
  *text = Concat(op, " ", node, ": ", text->substr(reason + kReason.size()));
}

std::shared_ptr<OrtProcess> MakeProcess(int threads) {
  auto process = std::make_shared<OrtProcess>();
  process->threads = threads;
  Ort::ThreadingOptions pool;
  pool.SetGlobalIntraOpNumThreads(threads);
  pool.SetGlobalInterOpNumThreads(1);
  pool.SetGlobalSpinControl(0);   // a device has better uses for its battery
  process->env = Ort::Env(pool, &DropLog, nullptr, ORT_LOGGING_LEVEL_FATAL, "partway");
  // All segments take activations from one arena: a chain of groups then uses the memory, and the cache, of one session.
  const Ort::MemoryInfo cpu = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const Ort::ArenaCfg arena(0, -1, -1, -1);
  // Refused if the last environment is still being let go by another thread: then its arena is the one we share.
  (void)CatchOrt([&] { process->env.CreateAndRegisterAllocator(cpu, arena); });
  return process;
}

}   // namespace

absl::StatusOr<std::shared_ptr<OrtProcess>> AcquireOrtProcess(int threads) {
  static std::mutex mutex;
  static std::weak_ptr<OrtProcess> current;
  const std::lock_guard lock(mutex);
  std::shared_ptr<OrtProcess> process = current.lock();
  if (process == nullptr) {
    RETURN_IF_ERROR(CatchOrt([&] { process = MakeProcess(std::max(1, threads)); }));
    current = process;
  }
  return process;
}

absl::Status CatchOrt(const std::function<void()>& body) {
  try {
    body();
    return absl::OkStatus();
  } catch (const Ort::Exception& e) {
    return InternalError(OneLine(e.what()));
  } catch (const std::exception& e) {
    return InternalError(OneLine(e.what()));
  }
}

std::string OneLine(const std::string& reason) {
  std::string text;   // printable, single spaces; long names come from the model and are not ours to repeat in full
  for (const unsigned char c : std::string_view(reason).substr(0, 2000)) {
    if (c > ' ')
      text += static_cast<char>(c);
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  DropSourceLocations(&text);
  NameTheNode(&text);
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  constexpr size_t kMaxLength = 400;
  if (text.size() > kMaxLength) text = text.substr(0, kMaxLength) + "...";
  return text.empty() ? "the engine gave no reason" : text;
}

DType FromOrtType(ONNXTensorElementDataType type) {
  for (const auto& row : kTypes) {
    if (row.theirs == type) return row.ours;
  }
  return DType::kOpaque;
}

ONNXTensorElementDataType ToOrtType(DType type) {
  for (const auto& row : kTypes) {
    if (row.ours == type) return row.theirs;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

}   // namespace partway::engine
