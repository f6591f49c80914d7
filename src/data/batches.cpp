// The stream: order, assembly into buffers that are used again, and the hand-over to tensors.
#include "data/batches.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <numeric>
#include <string>
#include <utility>

#include "backend/threads.hpp"
#include "base/error.hpp"
#include "data/assemble.hpp"
#include "data/batch_buffers.hpp"
#include "data/permutation.hpp"
#include "data/worker.hpp"

namespace fractal::data {
namespace {

struct Position {
    std::int64_t epoch = 0;
    std::int64_t index = 0;

    friend bool operator==(const Position&, const Position&) = default;
};

/// [C, 256]: the normalised value of each byte, computed in double precision and rounded once.
torch::Tensor value_table(const Normalisation& normalisation, torch::ScalarType dtype) {
    const auto channels = static_cast<std::int64_t>(normalisation.mean.size());
    const torch::Tensor mean = torch::tensor(normalisation.mean, torch::kFloat64).view({channels, 1});
    const torch::Tensor deviation =
        torch::tensor(normalisation.deviation, torch::kFloat64).view({channels, 1});
    return ((torch::arange(256, torch::kFloat64) / 255 - mean) / deviation).to(dtype).contiguous();
}

std::vector<std::uint32_t> all_of(const LabelledImages& part) {
    std::vector<std::uint32_t> indices(static_cast<std::size_t>(part.count()));
    std::iota(indices.begin(), indices.end(), 0U);
    return indices;
}

void check(const LabelledImages& part, const std::vector<std::uint32_t>& indices,
           const Normalisation& normalisation, const StreamOptions& options) {
    const auto chosen = static_cast<std::int64_t>(indices.size());
    if (options.batch < 1 || chosen == 0 || (options.drop_last && chosen < options.batch)) {
        throw UsageError("batches of " + std::to_string(options.batch) + " cannot be made of " +
                         std::to_string(chosen) + " images" +
                         (options.drop_last ? " where a last batch that is not full is left out" : "") +
                         "; expected a batch from 1 to the number of images");
    }
    const auto highest = static_cast<std::int64_t>(*std::max_element(indices.begin(), indices.end()));
    if (highest >= part.count()) {
        throw UsageError("image " + std::to_string(highest) + " was chosen of a data set of " +
                         std::to_string(part.count()) + " images; expected indices below that");
    }
    const auto channels = static_cast<std::size_t>(part.images.size(1));
    if (normalisation.mean.size() != channels || normalisation.deviation.size() != channels) {
        throw UsageError("images of " + std::to_string(channels) + " channels cannot be normalised by " +
                         std::to_string(normalisation.mean.size()) + " means and " +
                         std::to_string(normalisation.deviation.size()) +
                         " deviations; expected one of each a channel");
    }
    if (options.dtype != torch::kFloat16 && options.dtype != torch::kBFloat16 &&
        options.dtype != torch::kFloat32 && options.dtype != torch::kFloat64) {
        throw UsageError("images cannot be normalised to type " + std::string(c10::toString(options.dtype)) +
                         "; expected Half, BFloat16, Float or Double");
    }
    if (options.format != torch::MemoryFormat::Contiguous &&
        options.format != torch::MemoryFormat::ChannelsLast) {
        throw UsageError("batches are made in memory format Contiguous or ChannelsLast only");
    }
    check_augment(options.augment, part.images.size(2), part.images.size(3));
}

} // namespace

class BatchStream::State {
public:
    State(const LabelledImages& part, std::vector<std::uint32_t> indices, const Normalisation& normalisation,
          const StreamOptions& options)
        : part_{part.images.contiguous(), part.labels.contiguous()},
          indices_(std::move(indices)),
          options_(options),
          table_(value_table(normalisation, options.dtype)),
          view_{nullptr, static_cast<std::int32_t>(part.images.size(1)),
                static_cast<std::int32_t>(part.images.size(2)),
                static_cast<std::int32_t>(part.images.size(3))},
          image_elements_(part.images[0].numel()),
          buffers_(static_cast<std::size_t>(largest_batch() * image_elements_) * table_.element_size(),
                   static_cast<std::size_t>(largest_batch())) {
        if (options_.prefetch) worker_ = std::make_unique<Worker>();
    }

    std::int64_t batches() const {
        const std::int64_t full = chosen() / options_.batch;
        return options_.drop_last || chosen() % options_.batch == 0 ? full : full + 1;
    }

    std::int64_t images() const { return std::min(chosen(), batches() * options_.batch); }

    void seek(std::int64_t epoch, std::int64_t index) {
        if (epoch < 0 || index < 0 || index > batches()) {
            throw UsageError("batch " + std::to_string(index) + " of epoch " + std::to_string(epoch) +
                             " does not exist; expected an epoch from 0 and a batch from 0 to " +
                             std::to_string(batches()));
        }
        position_ = {epoch, index};
    }

    std::optional<Batch> next() {
        if (position_.index == batches()) {
            position_ = {position_.epoch + 1, 0};
            return std::nullopt;
        }
        const Position current = position_;
        const std::shared_ptr<BatchBuffer> buffer = made(current);
        ++position_.index;
        if (worker_) prepare(after(current));
        return to_batch(current, buffer);
    }

private:
    std::int64_t chosen() const { return static_cast<std::int64_t>(indices_.size()); }
    std::int64_t largest_batch() const { return std::min(options_.batch, chosen()); }
    std::int64_t size_of(std::int64_t index) const {
        return std::min(options_.batch, chosen() - index * options_.batch);
    }

    Position after(const Position& position) const {
        return position.index + 1 < batches() ? Position{position.epoch, position.index + 1}
                                              : Position{position.epoch + 1, 0};
    }

    /// The buffer of the batch at `wanted`: the one that was prefetched, or made here and now.
    std::shared_ptr<BatchBuffer> made(const Position& wanted) {
        while (
            !ahead_.empty()) { // those of before a seek are waited for, since the order is that of one epoch
            const Ahead first = std::move(ahead_.front());
            ahead_.pop_front();
            worker_->wait();
            if (first.position == wanted) return first.buffer;
        }
        std::shared_ptr<BatchBuffer> buffer = buffers_.acquire();
        put_in_order(wanted.epoch);
        constexpr std::int64_t images_worth_a_thread = 16;
        in_parallel(size_of(wanted.index), images_worth_a_thread,
                    [&](std::int64_t first, std::int64_t last) { fill(*buffer, wanted, first, last); });
        return buffer;
    }

    /// Has the worker make what is missing of the batches ahead, of which `next` is the first.
    void prepare(Position next) {
        if (!ahead_.empty()) next = after(ahead_.back().position);
        for (; std::ssize(ahead_) < batches_ahead; next = after(next)) {
            ahead_.push_back({next, buffers_.acquire()});
            worker_->start([this, next, buffer = ahead_.back().buffer.get()] {
                put_in_order(next.epoch);
                fill(*buffer, next, 0, size_of(next.index));
            });
        }
    }

    /// Draws the order of an epoch's images; not while a batch is being filled.
    void put_in_order(std::int64_t epoch) {
        if (order_epoch_ == epoch) return;
        order_ = indices_;
        if (options_.shuffle) {
            shuffle(order_, options_.seed, Purpose::epoch_order, static_cast<std::uint64_t>(epoch));
        }
        order_epoch_ = epoch;
    }

    /// The images at places [first, last) of a batch of the epoch in order. Calls no LibTorch operator.
    void fill(BatchBuffer& buffer, const Position& position, std::int64_t first, std::int64_t last) const {
        switch (table_.element_size()) {
            case 2:
                return fill_as<std::uint16_t>(buffer, position, first, last);
            case 4:
                return fill_as<std::uint32_t>(buffer, position, first, last);
            default:
                return fill_as<std::uint64_t>(buffer, position, first, last);
        }
    }

    template <class Element>
    void fill_as(BatchBuffer& buffer, const Position& position, std::int64_t first, std::int64_t last) const {
        const auto* table = static_cast<const Element*>(table_.const_data_ptr());
        const auto* pixels = part_.images.const_data_ptr<std::uint8_t>();
        const auto* labels = part_.labels.const_data_ptr<std::int64_t>();
        auto* target = reinterpret_cast<Element*>(buffer.images.get());
        const bool channels_last = options_.format == torch::MemoryFormat::ChannelsLast;
        const std::ptrdiff_t pixel = channels_last ? view_.channels : 1;
        const std::ptrdiff_t channel = channels_last ? 1 : view_.height * view_.width;
        for (std::int64_t place_in_batch = first; place_in_batch < last; ++place_in_batch) {
            const auto place_in_order =
                static_cast<std::size_t>(position.index * options_.batch + place_in_batch);
            const std::uint32_t image = order_[place_in_order];
            ByteImageView source = view_;
            source.pixels = pixels + image * image_elements_;
            const Placement placement =
                place(options_.augment, options_.seed, static_cast<std::uint64_t>(position.epoch), image);
            assemble_image<Element>(
                source, placement, options_.augment.pad, table,
                {target + place_in_batch * image_elements_, channel, view_.width * pixel, pixel});
            buffer.labels[static_cast<std::size_t>(place_in_batch)] = labels[image];
        }
    }

    Batch to_batch(const Position& position, const std::shared_ptr<BatchBuffer>& buffer) const {
        const std::int64_t count = size_of(position.index);
        const std::int64_t channels = view_.channels;
        const std::int64_t height = view_.height;
        const std::int64_t width = view_.width;
        const std::vector<std::int64_t> strides =
            options_.format == torch::MemoryFormat::ChannelsLast
                ? std::vector{image_elements_, std::int64_t{1}, width * channels, channels}
                : std::vector{image_elements_, height * width, width, std::int64_t{1}};
        const auto keep = [buffer](void*) {};
        return {torch::from_blob(buffer->images.get(), {count, channels, height, width}, strides, keep,
                                 options_.dtype),
                torch::from_blob(buffer->labels.data(), {count}, keep, torch::kInt64), position.epoch,
                position.index};
    }

    LabelledImages part_;
    std::vector<std::uint32_t> indices_;
    StreamOptions options_;
    torch::Tensor table_;
    ByteImageView view_;
    std::int64_t image_elements_;
    BatchBuffers buffers_;
    Position position_;

    std::vector<std::uint32_t> order_;
    std::int64_t order_epoch_ = -1;

    struct Ahead {
        Position position;
        std::shared_ptr<BatchBuffer> buffer;
    };
    std::deque<Ahead> ahead_;        // Prefetched, or about to be.
    std::unique_ptr<Worker> worker_; // Last: its thread uses the others until it has ended.
};

BatchStream::BatchStream(const LabelledImages& part, std::vector<std::uint32_t> indices,
                         const Normalisation& normalisation, const StreamOptions& options) {
    check(part, indices, normalisation, options);
    state_ = std::make_unique<State>(part, std::move(indices), normalisation, options);
}

BatchStream::BatchStream(const LabelledImages& part, const Normalisation& normalisation,
                         const StreamOptions& options)
    : BatchStream(part, all_of(part), normalisation, options) {}

BatchStream::~BatchStream() = default;
BatchStream::BatchStream(BatchStream&&) noexcept = default;
BatchStream& BatchStream::operator=(BatchStream&&) noexcept = default;

std::int64_t BatchStream::batches() const { return state_->batches(); }
std::int64_t BatchStream::images() const { return state_->images(); }
void BatchStream::seek(std::int64_t epoch, std::int64_t index) { state_->seek(epoch, index); }
std::optional<Batch> BatchStream::next() { return state_->next(); }

} // namespace fractal::data
