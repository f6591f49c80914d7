// The trainer behind the wall: what libfractal_torch exports.
#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <thread>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <fmt/format.h>
#include <torch/torch.h>

#include "backend/tensor_memory.hpp"
#include "backend/torchscript.hpp"
#include "base/error.hpp"
#include "base/quantities.hpp"
#include "data/augment.hpp"
#include "scores/initial_scores.hpp"
#include "train/trial.hpp"
#include "weights/weights_fit.hpp"

namespace fractal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

torch::Device device_named(std::string_view name) {
    if (name == "cpu") return torch::kCPU;
    if (name == "cuda") {
        if (torch::cuda::is_available()) return torch::Device(torch::kCUDA, 0);
        throw UsageError(
            "--device cuda: LibTorch finds no CUDA device here; use --device cpu, or check the driver and "
            "that LibTorch was built with CUDA");
    }
    throw UsageError(fmt::format("--device {}: expected cpu or cuda", name));
}

/// Gives back to the system what a trial has held, so that memory does not grow from trial to trial: the
/// blocks of its tensors, and the pages that malloc keeps between those that are in use.
void release_memory() {
    release_tensor_memory();
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

/// What an observer threw: a fault of the run, such as results that cannot be written. No exception of the
/// standard library's, so that nothing takes it for the trial's.
struct RunFault {
    std::exception_ptr cause;
};

/// An observer whose own faults can be told from the trial's.
class FaultsApart final : public TrialObserver {
public:
    explicit FaultsApart(TrialObserver& observer) : observer_(observer) {}

    Next on_step(const StepReport& report) override {
        return apart([&] { return observer_.on_step(report); });
    }
    void on_epoch(const EpochReport& report) override {
        apart([&] { observer_.on_epoch(report); });
    }
    void on_note(std::string_view text) override {
        apart([&] { observer_.on_note(text); });
    }
    void on_reason(std::string_view text) override {
        apart([&] { observer_.on_reason(text); });
    }

private:
    template <class Call>
    auto apart(Call call) -> decltype(call()) {
        try {
            return call();
        } catch (...) {
            throw RunFault{std::current_exception()};
        }
    }

    TrialObserver& observer_;
};

class TorchTrainer final : public Trainer {
public:
    explicit TorchTrainer(const Hardware& hardware) {
        workplace_.device = device_named(hardware.device);
        workplace_.memory_budget = hardware.memory_budget;
        workplace_.cuda_graphs = hardware.cuda_graphs;
        if (hardware.cuda_graphs && !workplace_.device.is_cuda()) {
            throw UsageError(
                fmt::format("--cuda-graphs needs --device cuda, and the device is {}", hardware.device));
        }
        if (hardware.threads > 0) torch::set_num_threads(hardware.threads);
        // One more thread than cores would hold up all that compute, as they wait for each other; they make a
        // batch together instead, and have its parts in their caches then.
        workplace_.prefetch =
            workplace_.device.is_cuda() ||
            torch::get_num_threads() < static_cast<int>(std::thread::hardware_concurrency());
        install_tensor_memory(machine_budget());
    }

    DataSummary open(const DataSource& source, std::int64_t validation_images, std::uint64_t seed) override {
        workplace_.data = data::load_dataset(source.name, source.folder);
        const data::Dataset& data = workplace_.data;
        workplace_.split = data.split
                               ? *data.split
                               : data::split_training(static_cast<std::uint32_t>(data.train.count()),
                                                      static_cast<std::uint32_t>(validation_images), seed);
        return {.name = data.name,
                .shape = data_shape(),
                .classes = static_cast<std::int32_t>(data.classes.size()),
                .train_images = static_cast<std::int64_t>(workplace_.split.train.size()),
                .validation_images = static_cast<std::int64_t>(workplace_.split.validation.size()),
                .test_images = data.test.count(),
                .own_split = data.split.has_value(),
                .pixel_mean = data.normalisation.mean,
                .pixel_std = data.normalisation.deviation};
    }

    void check(const Recipe& recipe) const override {
        resolve_amp(recipe.amp, workplace_.device);
        data::check_augment(augmentation(recipe), workplace_.data.height(), workplace_.data.width());
    }

    TrialReport train(const Variant& variant, const Recipe& recipe, const TrialFiles& files,
                      TrialObserver& observer) override {
        release_tensor_memory(); // an evaluation's blocks have other sizes
        reset_peak_tensor_bytes();
        TrialReport report;
        try {
            FaultsApart apart(observer);
            report = attempt(variant, recipe, files, apart);
        } catch (const RunFault& fault) {
            std::rethrow_exception(fault.cause);
        }
        // A GPU's memory is another allocator's, which is not asked.
        if (workplace_.device.is_cpu()) report.peak_bytes = peak_tensor_bytes();
        release_memory();
        return report;
    }

    EvalReport evaluate(const Variant& variant, const Recipe& recipe, std::string_view weights,
                        std::optional<std::int32_t> column) override {
        check_shape(variant);
        FractalNet net(variant, ModuleOptions{.classes = static_cast<int>(workplace_.data.classes.size()),
                                              .kernels = recipe.kernels});
        load_weights(*net, read_tensors(weights), weights);
        net->to(workplace_.device);
        if (column) net->use_column(*column);
        data::BatchStream test(workplace_.data.test, workplace_.data.normalisation,
                               {.batch = largest_evaluation_batch, .prefetch = workplace_.prefetch});
        const auto begin = std::chrono::steady_clock::now();
        const Score score =
            fractal::evaluate(*net, test, evaluation_amp(recipe.amp, workplace_.device), workplace_.device);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        return {score.loss, score.accuracy, net->macs(), seconds.count(), test.images()};
    }

    InitialScores score(const Variant& variant, const Recipe& recipe, std::int64_t images,
                        std::span<const InitialScore> only) override {
        check_shape(variant);
        const std::vector<std::uint32_t>& train = workplace_.split.train;
        data::BatchStream stream(workplace_.data.train, train, workplace_.data.normalisation,
                                 {.batch = std::min(images, std::ssize(train)), .prefetch = false});
        return initial_scores(variant, static_cast<int>(workplace_.data.classes.size()), recipe,
                              stream.next().value(), workplace_.device, only);
    }

    void write_torchscript(const Variant& variant, std::string_view weights, std::string_view file) override {
        const TensorFile content = read_tensors(weights);
        const int classes = classes_of_weights(open_tensors(weights));
        FractalNet net(variant, ModuleOptions{.classes = classes, .kernels = Kernels::reference});
        load_weights(*net, content, weights);
        fractal::write_torchscript(*net, file);
    }

private:
    TrialReport attempt(const Variant& variant, const Recipe& recipe, const TrialFiles& files,
                        TrialObserver& observer) {
        TrialReport failed{
            .outcome = Outcome::failed, .test_loss = nan, .test_accuracy = nan, .latency = nan};
        try {
            check_shape(variant);
            TrialReport report =
                run_within_memory(variant, recipe, files, observer, failed.predicted_peak_bytes);
            report.predicted_peak_bytes = failed.predicted_peak_bytes;
            return report;
        } catch (const TrialFailure& failure) {
            observer.on_reason(failure.what());
        } catch (const MemoryShortage& shortage) {
            observer.on_reason(shortage.what());
            failed.outcome = Outcome::skipped;
        } catch (const IoError&) {
            throw; // a full or missing disk is the run's fault, not the trial's
        } catch (const Error& fault) {
            observer.on_reason(fault.what());
        } catch (const c10::Error& fault) {
            observer.on_reason(fmt::format("LibTorch: {}", fault.what_without_backtrace()));
        } catch (const std::exception& fault) { // of a library below LibTorch
            observer.on_reason(fault.what());
        }
        return failed;
    }

    /// Runs a trial. One that runs out of memory, or on a CPU out of its budget, begins anew, or from its
    /// saved state, within a tenth less than it could not have: under a tighter checkpoint plan, then in
    /// micro-batches where these are allowed. Throws TrialFailure, with the figures, where no plan is tight
    /// enough.
    TrialReport run_within_memory(const Variant& variant, const Recipe& recipe, const TrialFiles& files,
                                  TrialObserver& observer, std::int64_t& predicted_peak_bytes) {
        std::int64_t within = 0; // bytes; at first what workplace and recipe say
        std::string shortage;
        for (;;) {
            std::int64_t wanted = within > 0 ? within : std::numeric_limits<std::int64_t>::max();
            std::int64_t batches = 0; // of it, what no tensors take
            std::optional<std::int64_t> allowed;
            try {
                Trial trial(workplace_, variant, recipe, files, observer, within);
                wanted = std::min(wanted, trial.memory().peak_bytes);
                batches = trial.memory().batch_bytes;
                predicted_peak_bytes = trial.memory().tensor_bytes();
                // A plan is a prediction, and does not know all that libraries take.
                std::optional<TensorMemoryLimit> limit;
                if (workplace_.memory_budget > 0 && workplace_.device.is_cpu()) {
                    allowed = std::max<std::int64_t>(workplace_.memory_budget - batches, 1);
                    limit.emplace(*allowed);
                }
                return trial.run();
            } catch (const MemoryShortage& least) {
                if (shortage.empty()) throw;
                throw TrialFailure(fmt::format("{}, and it {}; lower --batch, or give it more memory",
                                               shortage, least.needs));
            } catch (const OutOfTensorMemory& fault) {
                const bool over = allowed && fault.held + fault.asked > *allowed;
                shortage = fmt::format("{} at {} of tensors, with {} more asked for",
                                       over ? "over the memory budget" : "out of memory",
                                       bytes_text(fault.held), bytes_text(fault.asked));
                wanted = std::min(wanted, fault.held + fault.asked + batches);
            } catch (const std::bad_alloc&) {
                shortage = fmt::format("out of memory at {} of tensors", bytes_text(peak_tensor_bytes()));
                wanted = std::min(wanted, peak_tensor_bytes() + batches);
            } catch (const c10::OutOfMemoryError& fault) {
                shortage = fmt::format("out of device memory ({})", fault.what_without_backtrace());
            }
            if (wanted == std::numeric_limits<std::int64_t>::max()) { // before anything was planned
                throw TrialFailure(shortage + " as the trial began; lower --batch, or give it more memory");
            }
            if (workplace_.cuda_graphs) {
                throw TrialFailure(shortage + "; leave out --cuda-graphs, or lower --batch");
            }
            release_memory();
            within = wanted / 10 * 9;
            observer.on_note(fmt::format("{}: tried again within {}", shortage, bytes_text(within)));
        }
    }

    Shape data_shape() const {
        return {static_cast<int>(workplace_.data.channels()), static_cast<int>(workplace_.data.height()),
                static_cast<int>(workplace_.data.width())};
    }

    void check_shape(const Variant& variant) const {
        if (variant.spec->input == data_shape()) return;
        throw UsageError(fmt::format(
            "{} takes images of {}, and data set {} has {}; choose a variant of that input", variant.name,
            variant.spec->input.text().view(), workplace_.data.name, data_shape().text().view()));
    }

    Workplace workplace_;
};

} // namespace

} // namespace fractal

extern "C" fractal::Trainer* fractal_trainer(const fractal::Hardware& hardware,
                                             void (*fault)(std::string_view)) {
    try {
        return new fractal::TorchTrainer(hardware);
    } catch (const std::exception& error) {
        fault(error.what());
        return nullptr;
    }
}
