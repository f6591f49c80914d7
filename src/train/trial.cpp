// The training loop of one trial.
#include "train/trial.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <torch/torch.h>
#include <fractal/exec/path_macs.hpp>

#include "backend/cuda_device.hpp"
#include "backend/own_convolution.hpp"
#include "backend/tensor_memory.hpp"
#include "base/error.hpp"
#include "train/apply_gradients.hpp"
#include "train/parameter_rules.hpp"
#include "train/schedule.hpp"
#include "train/training_pass.hpp"

namespace fractal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// An epoch's mean loss, in losses of a guess among the classes, beyond which a trial has diverged: where
/// nothing normalises it can grow without end and be finite still. Those that learn stay below 10.
constexpr double diverged_guesses = 1000;

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

data::StreamOptions training_options(const Workplace& workplace, const Recipe& recipe) {
    return {.batch = std::min<std::int64_t>(recipe.batch, std::ssize(workplace.split.train)),
            .shuffle = true,
            .drop_last = true, // a rest of one image would leave BatchNorm without a variance
            .prefetch = workplace.prefetch,
            .seed = recipe.seed,
            .augment = augmentation(recipe)};
}

ModuleOptions module_options(const Workplace& workplace, const Recipe& recipe, const MemoryPlan& memory) {
    return {.classes = static_cast<int>(workplace.data.classes.size()),
            .init = recipe.init,
            .seed = recipe.seed,
            .checkpoint = memory.checkpoint,
            .drop_path = drop_path(recipe),
            .drop_path_probability = recipe.drop_path_probability,
            .kernels = recipe.kernels};
}

/// Nine tenths of the device's memory: the rest is the libraries'.
std::int64_t budget_of(torch::Device device) {
    return device.is_cpu() ? machine_budget() : cuda_memory(device) / 10 * 9;
}

/// Says what was picked where there was something to pick or a budget to keep. `within` as for Trial.
MemoryPlan planned_memory(const Workplace& workplace, const Variant& variant, const Recipe& recipe, Amp amp,
                          std::int64_t images, std::int64_t within, TrialObserver& observer) {
    NetworkSpec net = *variant.spec;
    net.classes = static_cast<int>(workplace.data.classes.size());
    const bool host = workplace.device.is_cpu();
    const bool automatic = within > 0 || recipe.checkpoint == Checkpoint::automatic;
    const std::int64_t budget = within > 0                    ? within
                                : workplace.memory_budget > 0 ? workplace.memory_budget
                                : automatic                   ? budget_of(workplace.device)
                                                              : 0;
    MemoryTask task = memory_task(
        net, recipe, images,
        std::max(static_cast<std::int64_t>(workplace.split.validation.size()), workplace.data.test.count()),
        budget);
    task.autocast = amp != Amp::off;
    task.fused = host && recipe.kernels != Kernels::reference;
    if (host && amp == Amp::bf16) task.convolutions = own_convolutions(recipe.kernels);
    task.resident = host ? tensor_bytes() : 0;
    if (within > 0) task.checkpoint = Checkpoint::automatic;
    if (!host) task.block = nullptr;
    const MemoryPlan plan = plan_memory(task);
    if (task.budget > 0) observer.on_note(memory_text(task, plan));
    return plan;
}

} // namespace

Score evaluate(FractalNetImpl& net, data::BatchStream& stream, Amp amp, torch::Device device) {
    const torch::NoGradGuard no_grad;
    const Autocast autocast(amp, device);
    const bool was_training = net.is_training();
    net.eval();
    torch::Tensor loss = torch::zeros({}, torch::TensorOptions(device).dtype(torch::kFloat64));
    torch::Tensor correct = torch::zeros({}, torch::TensorOptions(device).dtype(torch::kInt64));
    while (const auto batch = stream.next()) {
        const torch::Tensor labels = batch->labels.to(device);
        const torch::Tensor logits = net.forward(batch->images.to(device)).to(torch::kFloat32);
        loss += at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum);
        correct += (logits.argmax(1) == labels).sum();
    }
    net.train(was_training);
    const auto images = static_cast<double>(stream.images());
    return {loss.item<double>() / images, static_cast<double>(correct.item<std::int64_t>()) / images};
}

double latency(FractalNetImpl& net, Amp amp, torch::Device device) {
    constexpr std::size_t fewest = 5;
    constexpr std::size_t most = 50;
    constexpr double enough_seconds = 1;
    const torch::NoGradGuard no_grad;
    const Autocast autocast(amp, device);
    const bool was_training = net.is_training();
    net.eval();
    const Shape& shape = net.spec().input;
    const torch::Tensor image = torch::zeros({1, shape.channels, shape.height, shape.width}, device);
    const auto pass = [&] { return net.forward(image).argmax(1).item<std::int64_t>(); }; // waits for a device
    pass();                                                                              // warms up
    std::vector<double> seconds;
    const auto begin = std::chrono::steady_clock::now();
    while (seconds.size() < fewest || (seconds.size() < most && seconds_since(begin) < enough_seconds)) {
        const auto one = std::chrono::steady_clock::now();
        pass();
        seconds.push_back(seconds_since(one));
    }
    net.train(was_training);
    const auto middle = seconds.begin() + std::ssize(seconds) / 2;
    std::ranges::nth_element(seconds, middle);
    return *middle;
}

Trial::Trial(const Workplace& workplace, const Variant& variant, const Recipe& recipe,
             const TrialFiles& files, TrialObserver& observer, std::int64_t within)
    : workplace_(workplace),
      recipe_(recipe),
      files_(files),
      observer_(observer),
      amp_(resolve_amp(recipe.amp, workplace.device)),
      memory_(planned_memory(workplace, variant, recipe, amp_,
                             static_cast<std::int64_t>(workplace.split.train.size()), within, observer)),
      net_(variant, module_options(workplace, recipe, memory_)),
      sgd_((net_->to(workplace.device), net_->parameters()), recipe, parameter_rules(*net_, recipe),
           amp_ == Amp::bf16 ? torch::kBFloat16 : torch::kFloat32),
      training_(workplace.data.train, workplace.split.train, workplace.data.normalisation,
                training_options(workplace, recipe)) {
    if (recipe.amp == Amp::automatic) {
        observer_.on_note(amp_ == Amp::off    ? "precision: fp32"
                          : amp_ == Amp::bf16 ? "precision: bf16"
                                              : "precision: fp16, with gradient scaling");
    }
    if (const NetworkSpec& net = net_->spec(); net.classes != variant.spec->classes) {
        const Cost restated = cost(net);
        observer_.on_note(fmt::format(
            "{} classes: a head of its own, {} parameters instead of {}, {} MACs instead of {}", net.classes,
            restated.parameters, variant.cost.parameters, restated.macs, variant.cost.macs));
    }
    if (recipe.weight_average > 0) average_.emplace(*net_, recipe.weight_average);
    if (amp_ == Amp::fp16) scaler_.emplace(workplace.device);
    if (!workplace.split.validation.empty()) {
        validation_.emplace(
            workplace.data.train, workplace.split.validation, workplace.data.normalisation,
            data::StreamOptions{.batch = memory_.evaluation_batch, .prefetch = workplace.prefetch});
    }
    if (workplace.cuda_graphs) {
        std::string obstacle = recording_obstacle(net_->spec(), recipe_);
        const std::int64_t batch = training_options(workplace, recipe).batch;
        if (obstacle.empty() && memory_.part < batch)
            obstacle = "the batch does not fit at once, and runs in parts";
        if (!obstacle.empty()) {
            throw UsageError(fmt::format("--cuda-graphs with {}: {}", variant.name, obstacle));
        }
        graphs_[net_->next_column()]; // refused at once where there is no CUDA
        device_step_.emplace(*net_, sgd_, scaler_ ? &*scaler_ : nullptr, recipe_, amp_, workplace.device,
                             batch);
    }
    if (!files_.state.empty() && std::filesystem::exists(files_.state)) {
        progress_ = load_state(files_, *net_, sgd_, average(), recipe_, training_.batches());
        if (progress_.epoch == recipe_.epochs) average_.reset();
        if (scaler_ && progress_.scaler_factor > 0)
            scaler_->restore(progress_.scaler_factor, progress_.scaler_good_steps);
        observer_.on_note(fmt::format("goes on after epoch {}, step {}", progress_.epoch, progress_.step));
        for (const EpochReport& report : progress_.epochs) observer_.on_epoch(report);
    } else if (!files_.init_weights.empty()) {
        load_weights(*net_, read_tensors(files_.init_weights), files_.init_weights);
        if (average_) average_.emplace(*net_, recipe.weight_average);
        observer_.on_note(fmt::format("begins from the weights of {}", files_.init_weights));
    }
}

TrialReport Trial::run() {
    net_->train();
    while (progress_.epoch < recipe_.epochs) {
        if (!run_epoch()) {
            if (progress_.step > 0) save(); // at an epoch's end it has been
            return {.outcome = Outcome::interrupted, .test_loss = nan, .test_accuracy = nan, .latency = nan};
        }
    }
    // A state of its end that was saved without weights beside it carries them itself.
    if (!files_.weights.empty() && !std::filesystem::exists(files_.weights)) save();
    data::BatchStream test(workplace_.data.test, workplace_.data.normalisation,
                           {.batch = memory_.evaluation_batch, .prefetch = workplace_.prefetch});
    const Score score = evaluated(test);
    if (!std::isfinite(score.loss)) {
        discard();
        throw TrialFailure(
            fmt::format("the loss on the test set became {} after the last epoch, {}; lower {}", score.loss,
                        recipe_.epochs, rate_flags()));
    }
    return {.outcome = Outcome::finished,
            .test_loss = score.loss,
            .test_accuracy = score.accuracy,
            .latency = latency(*net_, amp_, workplace_.device)};
}

bool Trial::run_epoch() {
    training_.seek(progress_.epoch, progress_.step);
    net_->set_step(progress_.epoch * training_.batches() + progress_.step);
    const double seconds_before = progress_.seconds;
    const auto begin = Clock::now();
    Next next = Next::go_on;
    while (next != Next::stop && progress_.step < training_.batches()) {
        step(*training_.next());
        ++progress_.step;
        progress_.seconds = seconds_before + seconds_since(begin);
        next = observer_.on_step(step_report());
        if (next != Next::go_on) check_weights();
        if (next == Next::save) save();
    }
    if (progress_.step == training_.batches()) finish_epoch();
    return next != Next::stop;
}

PassResult Trial::direct_step(const data::Batch& batch) {
    const PassResult result = training_pass(*net_, batch,
                                            {.device = workplace_.device,
                                             .amp = amp_,
                                             .label_smoothing = recipe_.label_smoothing,
                                             .part = memory_.part,
                                             .scaler = scaler_ ? &*scaler_ : nullptr});
    apply_gradients(sgd_, scaler_ ? &*scaler_ : nullptr, recipe_.clip_norm, learning_rate_at(progress_.step));
    sgd_.zero_gradients();
    return result;
}

PassResult Trial::recorded_step(const data::Batch& batch) {
    device_step_->load(batch.images, batch.labels, learning_rate_at(progress_.step));
    const std::optional<int> column = net_->next_column();
    graphs_[column].run([this] { device_step_->run(); });
    net_->set_step(progress_.epoch * training_.batches() + progress_.step + 1); // a replay does not count
    return {device_step_->loss().item<double>(), device_step_->correct().item<std::int64_t>(),
            macs_of(net_->spec(), column ? Paths::one_column(*column) : Paths())};
}

void Trial::step(const data::Batch& batch) {
    const PassResult result = device_step_ ? recorded_step(batch) : direct_step(batch);
    if (average_) average_->update(progress_.epoch * training_.batches() + progress_.step);
    const std::int64_t images = batch.labels.size(0);
    progress_.images += images;
    progress_.macs += static_cast<double>(result.macs) * static_cast<double>(images);
    progress_.correct += result.correct;
    progress_.loss_sum += result.loss * static_cast<double>(images);
    if (const std::string fault = step_fault(result.loss, scaler_ ? &*scaler_ : nullptr); !fault.empty()) {
        fail(fault, progress_.step + 1);
    }
}

void Trial::fail(const std::string& what, std::int64_t step) const {
    throw TrialFailure(
        fmt::format("{} in epoch {}, step {}, at learning rate {:.4g}; lower {}, set --clip-norm{} or "
                    "choose an order with bn",
                    what, progress_.epoch + 1, step, learning_rate_at(step - 1), rate_flags(),
                    scaler_ ? ", give --amp bf16" : ""));
}

const char* Trial::rate_flags() const {
    return recipe_.optimizer == Optimizer::muon ? "--lr and --muon-lr" : "--lr";
}

/// The loss of a step that spoils the weights is finite still: the next one's would tell.
void Trial::check_weights() const {
    if (const std::string name = weight_not_finite(*net_); !name.empty()) {
        fail(fmt::format("weight {} became infinite or no number", name), progress_.step);
    }
}

void Trial::finish_epoch() {
    check_weights();
    const auto begin = Clock::now();
    const double training_seconds = progress_.seconds;
    const auto images = static_cast<double>(progress_.images);
    EpochReport report{.epoch = static_cast<std::int32_t>(progress_.epoch + 1),
                       .lr = learning_rate_at(progress_.step - 1),
                       .train_loss = progress_.loss_sum / images,
                       .train_accuracy = static_cast<double>(progress_.correct) / images,
                       .validation_loss = nan,
                       .validation_accuracy = nan,
                       .seconds = training_seconds,
                       .images_per_second = images / training_seconds,
                       .macs = progress_.macs / images};
    const double guess = std::log(static_cast<double>(workplace_.data.classes.size()));
    if (report.train_loss > diverged_guesses * guess) {
        fail(fmt::format("the mean loss of the epoch became {:.4g}, where a guess has {:.3g},",
                         report.train_loss, guess),
             progress_.step);
    }
    if (validation_) {
        const Score score = evaluated(*validation_);
        if (!std::isfinite(score.loss)) {
            fail(fmt::format("the loss on images held out became {}", score.loss), progress_.step);
        }
        report.validation_loss = score.loss;
        report.validation_accuracy = score.accuracy;
    }
    report.seconds += seconds_since(begin);

    progress_.epochs.push_back(report);
    progress_.trial_seconds += report.seconds;
    progress_.epoch += 1;
    progress_.step = progress_.correct = progress_.images = 0;
    progress_.loss_sum = progress_.macs = progress_.seconds = 0;
    if (progress_.epoch == recipe_.epochs && average_) {
        average_->replace_weights();
        average_.reset();
    }
    save();
    observer_.on_epoch(report);
}

Score Trial::evaluated(data::BatchStream& stream) {
    const WeightAverage::InPlace averaged(average());
    return evaluate(*net_, stream, amp_, workplace_.device);
}

void Trial::save() {
    if (scaler_) {
        progress_.scaler_factor = scaler_->factor();
        progress_.scaler_good_steps = scaler_->good_steps();
    }
    save_state(files_, *net_, sgd_, average(), recipe_, progress_);
}

void Trial::discard() const {
    std::error_code ignored; // what cannot be removed is tested again when the trial is gone on with
    for (const std::string_view file : {files_.state, files_.weights}) { // the state names the weights
        if (!file.empty()) std::filesystem::remove(file, ignored);
    }
}

double Trial::learning_rate_at(std::int64_t step) const {
    return learning_rate(recipe_, progress_.epoch * training_.batches() + step, training_.batches());
}

StepReport Trial::step_report() const {
    return {.epoch = static_cast<std::int32_t>(progress_.epoch),
            .step = progress_.step,
            .steps = training_.batches(),
            .loss = progress_.loss_sum / static_cast<double>(progress_.images),
            .seconds = progress_.trial_seconds + progress_.seconds,
            .images_per_second = static_cast<double>(progress_.images) / progress_.seconds};
}

} // namespace fractal
