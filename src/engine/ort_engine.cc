#include "engine/ort_engine.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/status.h"
#include "engine/blocked_inputs.h"
#include "engine/ort_env.h"

namespace partway::engine {
namespace {

constexpr size_t kMaxModelBytes = (size_t{1} << 31) - 1;   // protobuf's limit

// The engine's name for a provider, and the one its generic call knows it by.
struct Provider {
  std::string name, library_name, append_name;
};

std::vector<Provider> Providers() {
  constexpr std::string_view kEnding = "ExecutionProvider";
  std::vector<Provider> providers;
  for (const std::string& full : Ort::GetAvailableProviders()) {
    std::string stem = full;
    if (stem.size() > kEnding.size() && stem.ends_with(kEnding)) stem.resize(stem.size() - kEnding.size());
    std::string name = stem;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name == "azure") continue;   // calls a remote service: not a place to run a segment
    providers.push_back({name, full, stem == "Tensorrt" ? "TensorRT" : stem});
  }
  std::stable_partition(providers.begin(), providers.end(), [](const Provider& p) { return p.name == "cpu"; });
  return providers;
}

std::mutex& CreationMutex() {
  static std::mutex mutex;   // creating sessions at once has had races in the engine
  return mutex;
}

void AppendProvider(Ort::SessionOptions& options, const Provider& provider) {
  const OrtApi& api = Ort::GetApi();
  if (provider.name == "cpu") return;
  if (provider.name == "cuda") {
    OrtCUDAProviderOptionsV2* cuda = nullptr;
    Ort::ThrowOnError(api.CreateCUDAProviderOptions(&cuda));
    const std::unique_ptr<OrtCUDAProviderOptionsV2, void (*)(OrtCUDAProviderOptionsV2*)> owner(cuda,
                                                                                               api.ReleaseCUDAProviderOptions);
    options.AppendExecutionProvider_CUDA_V2(*cuda);
  } else if (provider.name == "tensorrt") {
    OrtTensorRTProviderOptionsV2* trt = nullptr;
    Ort::ThrowOnError(api.CreateTensorRTProviderOptions(&trt));
    const std::unique_ptr<OrtTensorRTProviderOptionsV2, void (*)(OrtTensorRTProviderOptionsV2*)> owner(
        trt, api.ReleaseTensorRTProviderOptions);
    options.AppendExecutionProvider_TensorRT_V2(*trt);
  } else if (provider.name == "dnnl") {
    OrtDnnlProviderOptions* dnnl = nullptr;
    Ort::ThrowOnError(api.CreateDnnlProviderOptions(&dnnl));
    const std::unique_ptr<OrtDnnlProviderOptions, void (*)(OrtDnnlProviderOptions*)> owner(dnnl, api.ReleaseDnnlProviderOptions);
    Ort::ThrowOnError(api.SessionOptionsAppendExecutionProvider_Dnnl(options, dnnl));
  } else {
    options.AppendExecutionProvider(provider.append_name);
  }
}

TensorSpec SpecOf(std::string name, const Ort::TypeInfo& type) {
  TensorSpec spec{std::move(name), DType::kOpaque, {}};
  if (type.GetONNXType() == ONNX_TYPE_TENSOR) {
    const auto info = type.GetTensorTypeAndShapeInfo();
    spec.dtype = FromOrtType(info.GetElementType());
    spec.shape = info.GetShape();
    for (int64_t& d : spec.shape) d = std::max<int64_t>(d, -1);
  }
  return spec;
}

class OrtSegment final : public Segment {
 public:
  OrtSegment(std::shared_ptr<OrtProcess> process, Ort::Session session)
      : process_(std::move(process)), session_(std::move(session)) {
    Ort::AllocatorWithDefaultOptions allocator;
    for (size_t i = 0; i < session_.GetInputCount(); ++i) {
      inputs_.push_back(SpecOf(session_.GetInputNameAllocated(i, allocator).get(), session_.GetInputTypeInfo(i)));
    }
    for (size_t i = 0; i < session_.GetOutputCount(); ++i) {
      outputs_.push_back(SpecOf(session_.GetOutputNameAllocated(i, allocator).get(), session_.GetOutputTypeInfo(i)));
    }
    for (const TensorSpec& s : inputs_) input_names_.push_back(s.name.c_str());
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const auto same =
          std::find_if(inputs_.begin(), inputs_.end(), [&](const TensorSpec& s) { return s.name == outputs_[i].name; });
      if (same != inputs_.end()) {
        handed_on_.push_back({i, static_cast<size_t>(same - inputs_.begin())});
      } else {
        computed_.push_back(i);
        output_names_.push_back(outputs_[i].name.c_str());
      }
    }
  }

  const std::vector<TensorSpec>& inputs() const override { return inputs_; }
  const std::vector<TensorSpec>& outputs() const override { return outputs_; }

  absl::Status CheckNotOpaque() const {
    for (const auto* specs : {&inputs_, &outputs_}) {
      for (const TensorSpec& s : *specs) {
        if (s.dtype == DType::kOpaque) {
          return InvalidArgument(specs == &inputs_ ? "input '" : "output '", s.name,
                                 "' is not a tensor of numbers (a string, sequence, map or optional) and cannot cross a cut");
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Run(std::span<const Tensor> in, std::span<Tensor> out) override {
    RETURN_IF_ERROR(CheckNotOpaque());
    if (in.size() != inputs_.size()) return InvalidArgument("expected ", inputs_.size(), " inputs, got ", in.size());
    if (out.size() != outputs_.size())
      return InvalidArgument("expected room for ", outputs_.size(), " outputs, got ", out.size());
    for (size_t i = 0; i < in.size(); ++i) RETURN_IF_ERROR(CheckAgainst("input", inputs_[i], in[i]));
    for (size_t i = 0; i < out.size(); ++i) {
      if (!out[i].empty()) RETURN_IF_ERROR(CheckAgainst("output", outputs_[i], out[i]));
    }
    for (const auto& [output, input] : handed_on_) RETURN_IF_ERROR(HandOn(outputs_[output], in[input], &out[output]));
    if (computed_.empty()) return absl::OkStatus();
    std::vector<Ort::Value> values_in, values_out;
    const absl::Status status = CatchOrt([&] {
      const Ort::MemoryInfo cpu = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
      values_in.reserve(in.size());
      values_out.reserve(computed_.size());
      // CreateTensor takes void* for inputs and outputs alike; the engine does not write to its inputs.
      for (const Tensor& t : in) values_in.push_back(WrapMemory(cpu, t, const_cast<std::byte*>(t.data())));
      for (const size_t i : computed_) {
        values_out.push_back(out[i].empty() ? Ort::Value(nullptr) : WrapMemory(cpu, out[i], out[i].mutable_data()));
      }
      session_.Run(Ort::RunOptions(nullptr), input_names_.data(), values_in.data(), values_in.size(), output_names_.data(),
                   values_out.data(), values_out.size());
    });
    if (!status.ok()) return Explain(status, out);
    return CatchOrt([&] {
      for (size_t k = 0; k < computed_.size(); ++k) {
        Tensor& t = out[computed_[k]];
        if (t.empty()) t = Keep(std::move(values_out[k]));
      }
    });
  }

 private:
  static Ort::Value WrapMemory(const Ort::MemoryInfo& cpu, const Tensor& t, std::byte* data) {
    static std::byte nothing[64];   // a tensor without elements needs an address all the same
    return Ort::Value::CreateTensor(cpu, data != nullptr ? data : nothing, t.byte_size(), t.shape().data(), t.shape().size(),
                                    ToOrtType(t.dtype()));
  }

  static absl::Status CheckAgainst(const char* what, const TensorSpec& spec, const Tensor& t) {
    const std::optional<int64_t> count = ElementCount(t.shape());
    if (t.empty() && !(count && *count == 0)) return InvalidArgument(what, " '", spec.name, "' has no memory");
    bool fits = t.dtype() == spec.dtype;
    // A spec without dimensions is a scalar or a tensor of undeclared rank; the engine does not tell which.
    if (!spec.shape.empty()) {
      fits = fits && t.shape().size() == spec.shape.size();
      for (size_t d = 0; fits && d < spec.shape.size(); ++d) fits = spec.shape[d] < 0 || spec.shape[d] == t.shape()[d];
    }
    if (fits) return absl::OkStatus();
    return InvalidArgument(what, " '", spec.name, "' is ", DTypeName(spec.dtype), " ", ShapeString(spec.shape), ", got ",
                           DTypeName(t.dtype()), " ", ShapeString(t.shape()));
  }

  // An output that is an input: shared, or copied where the caller says.
  static absl::Status HandOn(const TensorSpec& spec, const Tensor& from, Tensor* to) {
    if (to->empty()) {
      *to = from;
      return absl::OkStatus();
    }
    if (to->shape() != from.shape()) {
      return InvalidArgument("output '", spec.name, "' has memory for ", ShapeString(to->shape()), ", the result is ",
                             ShapeString(from.shape()));
    }
    if (from.byte_size() > 0) std::memmove(to->mutable_data(), from.data(), from.byte_size());
    return absl::OkStatus();
  }

  static absl::Status Explain(const absl::Status& status, std::span<const Tensor> out) {
    const std::string_view text(status.message().data(), status.message().size());
    const bool bound = std::any_of(out.begin(), out.end(), [](const Tensor& t) { return !t.empty(); });
    for (const char* mismatch : {"shape verification failed", "pre-allocated"}) {   // by version of the engine
      if (bound && text.find(mismatch) != text.npos)
        return InvalidArgument("an output's memory does not have the result's shape: ", text);
    }
    return status;
  }

  // The engine's own memory as a Tensor, without a copy: the value lives as long as the tensor, and the environment with it.
  Tensor Keep(Ort::Value value) const {
    struct Holder {
      std::shared_ptr<OrtProcess> process;   // first, so that it is destroyed last
      Ort::Value value;
    };
    const auto info = value.GetTensorTypeAndShapeInfo();
    const DType dtype = FromOrtType(info.GetElementType());
    Shape shape = info.GetShape();
    const size_t size = info.GetElementCount() * DTypeSize(dtype);
    auto holder = std::make_shared<Holder>(Holder{process_, std::move(value)});
    static std::byte nothing[64];
    auto* data = static_cast<std::byte*>(holder->value.GetTensorMutableRawData());
    return Tensor::Wrap(dtype, std::move(shape), data != nullptr ? data : nothing, size, std::move(holder));
  }

  std::shared_ptr<OrtProcess> process_;   // outlives the session
  Ort::Session session_;
  std::vector<TensorSpec> inputs_, outputs_;
  std::vector<size_t> computed_;                          // outputs that the session is asked for
  std::vector<std::pair<size_t, size_t>> handed_on_;      // output, input of the same name
  std::vector<const char*> input_names_, output_names_;   // of inputs_ and computed_
};

class OrtEngine final : public Engine {
 public:
  OrtEngine(std::shared_ptr<OrtProcess> process, OrtOptions options, Provider provider, int threads)
      : process_(std::move(process)), options_(std::move(options)), provider_(std::move(provider)), threads_(threads) {}

  EngineInfo info() const override { return {"onnxruntime", Ort::GetVersionString(), provider_.name, threads_}; }

  absl::StatusOr<std::unique_ptr<Segment>> Build(const graph::SubModel& part) override {
    ASSIGN_OR_RETURN(std::string bytes, part.Serialize());
    if (options_.optimize && provider_.name == "cpu" && MayBeginAtResidual(part)) {
      onnx::ModelProto proto;
      if (proto.ParseFromString(bytes) && BlockResidualInputs(proto.mutable_graph()) > 0) bytes = proto.SerializeAsString();
    }
    return BuildFromBytes(bytes);   // the session has its own copy: nothing is held twice once it is built
  }

  absl::StatusOr<std::unique_ptr<Segment>> BuildFromBytes(std::string_view onnx) override {
    if (onnx.size() > kMaxModelBytes) {
      return InvalidArgument("a part of ", onnx.size(), " bytes is more than the engine can load (", kMaxModelBytes, ")");
    }
    std::unique_ptr<OrtSegment> segment;
    const absl::Status status = CatchOrt([&] {
      const Ort::SessionOptions options = SessionOptions();
      const std::lock_guard lock(CreationMutex());
      segment = std::make_unique<OrtSegment>(process_, Ort::Session(process_->env, onnx.data(), onnx.size(), options));
    });
    if (!status.ok())
      return InvalidArgument("ONNX Runtime refuses it: ", std::string_view(status.message().data(), status.message().size()));
    if (!options_.allow_opaque) RETURN_IF_ERROR(segment->CheckNotOpaque());
    return segment;
  }

  Ort::SessionOptions SessionOptions() const {
    Ort::SessionOptions options;
    options.SetGraphOptimizationLevel(options_.optimize ? ORT_ENABLE_ALL : ORT_DISABLE_ALL);
    options.SetExecutionMode(ORT_SEQUENTIAL);
    options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
    options.DisableMemPattern();   // a pattern is made for one shape, and sizes change from frame to frame
    if (threads_ == 1) {
      options.SetIntraOpNumThreads(1);   // no pool at all
    } else {
      options.DisablePerSessionThreads();
    }
    options.AddConfigEntry("session.use_env_allocators", "1");
    // Weights outside the arena: exactly their size, and given back to the system with the session.
    options.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    options.AddConfigEntry("session.inter_op.allow_spinning", "0");
    AppendProvider(options, provider_);
    return options;
  }

 private:
  std::shared_ptr<OrtProcess> process_;
  OrtOptions options_;
  Provider provider_;
  int threads_;
};

}   // namespace

absl::StatusOr<std::unique_ptr<Engine>> MakeOrtEngine(const OrtOptions& options) {
  if (options.threads < 0) return InvalidArgument("threads must be 0 (one per core) or more, not ", options.threads);
  std::optional<Provider> provider;
  std::string known;
  for (const Provider& p : Providers()) {
    Append(&known, known.empty() ? "" : ", ", p.name);
    if (p.name == options.provider) provider = p;
  }
  if (!provider)
    return InvalidArgument("ONNX Runtime ", Ort::GetVersionString(), " has no provider '", options.provider,
                           "'; it has: ", known);
  const int cores = std::max(1u, std::thread::hardware_concurrency());
  const int wanted = options.threads == 0 ? cores : options.threads;
  // An engine of one thread does not use the pool, so it leaves the pool's size to whoever comes later and wants more.
  ASSIGN_OR_RETURN(std::shared_ptr<OrtProcess> process, AcquireOrtProcess(wanted == 1 ? cores : wanted));
  const int threads = wanted == 1 ? 1 : process->threads;
  auto engine = std::make_unique<OrtEngine>(std::move(process), options, *provider, threads);
  const absl::Status available = CatchOrt([&] { engine->SessionOptions(); });
  if (!available.ok()) {
    return FailedPrecondition("provider '", options.provider,
                              "' cannot run here: ", std::string_view(available.message().data(), available.message().size()));
  }
  return engine;
}

std::vector<std::string> OrtProviders() {
  std::vector<std::string> names;
  for (const Provider& p : Providers()) names.push_back(p.name);
  return names;
}

}   // namespace partway::engine
