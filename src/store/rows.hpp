// What the results hold: the rows of the tables, each described once for its columns, its JSON and its
// meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reflect/enum_text.hpp"
#include "reflect/fields.hpp"
#include "train/recipe_fields.hpp"

namespace fractal::store {

/// Where a trial stands. Every trial ends as one of the last seven, with a reason where it is not `finished`.
/// `pending`: asked for and not begun. `paused`: a search has not decided yet whether it goes on. `pruned`: a
/// search has, and it does not. `interrupted`: ended from outside, to be continued. `timed_out`: its own time
/// was up.
enum class Disposition : std::uint8_t {
    pending,
    running,
    finished,
    paused,
    pruned,
    failed,
    skipped,
    timed_out,
    interrupted
};

constexpr auto enum_names(Disposition) {
    using enum Disposition;
    return std::to_array<reflect::EnumName<Disposition>>({{pending, "pending"},
                                                          {running, "running"},
                                                          {finished, "finished"},
                                                          {paused, "paused"},
                                                          {pruned, "pruned"},
                                                          {failed, "failed"},
                                                          {skipped, "skipped"},
                                                          {timed_out, "timed-out"},
                                                          {interrupted, "interrupted"}});
}

/// What dispositions come to. `open`: not begun, or under way. `held`: to be gone on with. `done`: nothing is
/// left to train. `faulty`: there is, and it is tried again where that is asked for.
enum class Standing : std::uint8_t { open, held, done, faulty };

constexpr Standing standing_of(Disposition disposition) {
    switch (disposition) {
        case Disposition::pending:
        case Disposition::running:
            return Standing::open;
        case Disposition::paused:
        case Disposition::interrupted:
            return Standing::held;
        case Disposition::finished:
        case Disposition::pruned:
            return Standing::done;
        case Disposition::failed:
        case Disposition::skipped:
        case Disposition::timed_out:
            break;
    }
    return Standing::faulty;
}

/// Whether it is an end that nobody wanted. That a search leaves a trial behind is none.
constexpr bool is_fault(Disposition disposition) {
    return standing_of(disposition) == Standing::faulty || disposition == Disposition::interrupted;
}

/// One use of a run folder by the driver.
struct Run {
    std::string version = {};
    std::string manifest = {};
    std::string command_line = {};
    std::string machine = {};
    std::string created = {}; ///< set by the store
    std::string ended = {};   ///< set by the store; empty while it goes on, and for good if its process died
    std::string stopped = {}; ///< set by the store: why it ended before its plan was done
};

/// The variant of a trial.
struct Subject {
    std::string variant = {};
    std::string fingerprint = {};
    std::string family = {};
    std::int32_t depth = 0;
    std::int32_t columns = 0;
    std::string layer_order = {};
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
    std::int64_t activation_bytes = 0;
};

/// What a trial is trained on and from, apart from what its recipe says of it.
struct Conditions {
    std::string data = {};
    std::string data_file = {};
    std::string init_weights_file = {};
    std::int64_t train_images = 0;
    std::int64_t validation_images = 0;
    std::string pixel_mean = {};
    std::string pixel_std = {};
};

/// What came of a trial. The store keeps the part that follows from its epochs up to date.
struct Outcome {
    Disposition disposition = Disposition::pending;
    std::string reason = {};
    std::optional<double> test_accuracy = {};
    std::optional<double> test_loss = {};
    std::optional<double> latency = {};
    std::optional<double> best_validation_accuracy = {};
    std::optional<double> last_validation_accuracy = {};
    std::int32_t epochs_done = 0;
    double seconds = 0;
    double images_per_second = 0;
    std::int64_t peak_bytes = 0;
    std::int64_t predicted_peak_bytes = 0;
    std::string started = {};
    std::string ended = {};
};

/// One finished epoch of a trial.
struct Epoch {
    std::int32_t epoch = 0;
    double train_loss = 0;
    double train_accuracy = 0;
    std::optional<double> validation_loss = {};
    std::optional<double> validation_accuracy = {};
    double lr = 0;
    double images_per_second = 0;
    double macs = 0;
    double seconds = 0;
};

/// Where the trial stands that is being trained, told every few seconds.
struct Progress {
    std::int32_t epoch = 0;
    std::int64_t step = 0;
    std::int64_t steps = 0;
    double loss = 0;
    double images_per_second = 0;
    std::string told = {}; ///< set by the store
};

/// A trial that is wanted. Its identity is the variant's fingerprint, the whole recipe and `conditions.data`,
/// which therefore names the data set and whatever part of it is used.
struct Request {
    Subject subject = {};
    Conditions conditions = {};
    std::string recipe_label = {}; ///< what a person calls the recipe; no part of the identity
    Recipe recipe = {};
};

/// A trial in the results.
struct Trial {
    std::int64_t id = 0;
    Subject subject = {};
    Conditions conditions = {};
    std::string recipe_label = {};
    Recipe recipe = {};
    Outcome outcome = {};
};

} // namespace fractal::store

template <>
struct fractal::reflect::Fields<fractal::store::Run> {
    using R = store::Run;
    static constexpr auto list = hana::make_tuple(
        field<"version", &R::version>("version of fractal"),
        field<"manifest", &R::manifest>("fingerprint of the manifest of all variants"),
        field<"command_line", &R::command_line>("the command as it was given"),
        field<"machine", &R::machine>("processor, device and operating system"),
        field<"created", &R::created>("when it began, UTC"),
        field<"ended", &R::ended>("when it ended, UTC; empty: it goes on, or its process died"),
        field<"stopped", &R::stopped>("why it ended before its plan was done"));
};

template <>
struct fractal::reflect::Fields<fractal::store::Subject> {
    using S = store::Subject;
    static constexpr auto list = hana::make_tuple(
        field<"variant", &S::variant>("name of the variant"),
        field<"fingerprint", &S::fingerprint>("canonical fingerprint of the network, hexadecimal"),
        field<"family", &S::family>("family of the variant"), field<"depth", &S::depth>("number of units"),
        field<"columns", &S::columns>("columns of each unit's fractal"),
        field<"layer_order", &S::layer_order>("layers of one firing, joined by dots"),
        field<"parameters", &S::parameters>("trainable scalars"),
        field<"macs", &S::macs>("multiply-accumulates of one image, forward"),
        field<"activation_bytes", &S::activation_bytes>("saved for the backward pass, of one image in fp32",
                                                        "bytes"));
};

template <>
struct fractal::reflect::Fields<fractal::store::Conditions> {
    using C = store::Conditions;
    static constexpr auto list = hana::make_tuple(
        field<"data", &C::data>("data set, and the part of it that is used; a file's ends in its hash"),
        field<"data_file", &C::data_file>("path of the data file; empty for other data sets"),
        field<"init_weights_file", &C::init_weights_file>(
            "path of the file of weights that training begins from; empty: from none"),
        field<"train_images", &C::train_images>("training images without those held out"),
        field<"validation_images", &C::validation_images>(
            "training images held out; 0: judged by test accuracy"),
        field<"pixel_mean", &C::pixel_mean>(
            "what images are normalised by: mean of each channel, pixels being 0 to 1"),
        field<"pixel_std", &C::pixel_std>("likewise, the standard deviation"));
};

template <>
struct fractal::reflect::Fields<fractal::store::Outcome> {
    using O = store::Outcome;
    static constexpr auto list = hana::make_tuple(
        field<"disposition", &O::disposition>("where the trial stands"),
        field<"reason", &O::reason>("why it is not finished"),
        field<"test_accuracy", &O::test_accuracy>("part of the test set that the last weights get right"),
        field<"test_loss", &O::test_loss>("mean cross-entropy on the test set"),
        field<"latency", &O::latency>(
            "median time of evaluating one image by itself, where and as the trial was trained", "seconds"),
        field<"best_validation_accuracy", &O::best_validation_accuracy>("highest of all epochs"),
        field<"last_validation_accuracy", &O::last_validation_accuracy>("of the last epoch"),
        field<"epochs_done", &O::epochs_done>("last epoch that is recorded"),
        field<"seconds", &O::seconds>("time of all recorded epochs", "seconds"),
        field<"images_per_second", &O::images_per_second>(
            "training images in a second, mean over the epochs; 0: not measured"),
        field<"peak_bytes", &O::peak_bytes>("most memory that tensors took at once; 0: not measured",
                                            "bytes"),
        field<"predicted_peak_bytes", &O::predicted_peak_bytes>(
            "what peak_bytes was expected to be before the trial began; 0: not predicted", "bytes"),
        field<"started", &O::started>("first begun, UTC"), field<"ended", &O::ended>("last ended, UTC"));
};

template <>
struct fractal::reflect::Fields<fractal::store::Epoch> {
    using E = store::Epoch;
    static constexpr auto list = hana::make_tuple(
        field<"epoch", &E::epoch>("epochs trained, from 1"),
        field<"train_loss", &E::train_loss>("mean cross-entropy of the epoch's steps; NULL: not a number"),
        field<"train_accuracy", &E::train_accuracy>(
            "part of the epoch's training images got right in training"),
        field<"validation_loss", &E::validation_loss>("mean cross-entropy on the images held out"),
        field<"validation_accuracy", &E::validation_accuracy>("part of the images held out got right"),
        field<"lr", &E::lr>("learning rate of the epoch's last step"),
        field<"images_per_second", &E::images_per_second>("training images in a second of the epoch"),
        field<"macs", &E::macs>(
            "multiply-accumulates run for one training image, forward; drop-path saves some"),
        field<"seconds", &E::seconds>("time of the epoch with its validation", "seconds"));
};

template <>
struct fractal::reflect::Fields<fractal::store::Progress> {
    using P = store::Progress;
    static constexpr auto list =
        hana::make_tuple(field<"epoch", &P::epoch>("epochs done"),
                         field<"step", &P::step>("steps done of the epoch under way"),
                         field<"steps", &P::steps>("steps of an epoch"),
                         field<"loss", &P::loss>("mean training loss of the epoch so far"),
                         field<"images_per_second", &P::images_per_second>("training images in a second"),
                         field<"told", &P::told>("when that was, UTC"));
};
