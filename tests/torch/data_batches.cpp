// The batch stream: contents against plain tensor operations, and the same batches from any start, with and
// without prefetching.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "data/batch_buffers.hpp"
#include "data/batches.hpp"
#include "data_support.hpp"
#include "torch_check.hpp"

namespace fractal::data::test {
namespace {

const Normalisation normalisation{{.4914, .4822, .4465}, {.2470, .2435, .2616}};

LabelledImages images_of(std::int64_t count) {
    const ByteImages bytes = patterned(static_cast<std::size_t>(count));
    return {torch::tensor(bytes.pixels, torch::kUInt8).view({count, 3, 32, 32}), torch::arange(count)};
}

std::vector<Batch> epoch_of(BatchStream& stream) {
    std::vector<Batch> batches;
    while (std::optional<Batch> batch = stream.next()) batches.push_back(*std::move(batch));
    return batches;
}

bool equal(const Batch& a, const Batch& b) {
    return a.epoch == b.epoch && a.index == b.index && torch::equal(a.images, b.images) &&
           torch::equal(a.labels, b.labels);
}

bool equal(const std::vector<Batch>& a, const std::vector<Batch>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Batch& one, const Batch& other) { return equal(one, other); });
}

StreamOptions training() {
    StreamOptions options;
    options.batch = 8;
    options.shuffle = true;
    options.seed = 11;
    options.augment = {.flip = Flip::random, .pad = Pad::reflect, .translate = 4};
    return options;
}

TEST_CASE("batches: an evaluation sees every image in order, normalised, in any type and format") {
    const LabelledImages part = images_of(21);
    const torch::Tensor mean = torch::tensor(normalisation.mean, torch::kFloat64).view({3, 1, 1});
    const torch::Tensor deviation = torch::tensor(normalisation.deviation, torch::kFloat64).view({3, 1, 1});
    const torch::Tensor expected = (part.images.to(torch::kFloat64) / 255 - mean) / deviation;
    for (const torch::ScalarType dtype :
         {torch::kFloat16, torch::kBFloat16, torch::kFloat32, torch::kFloat64}) {
        for (const torch::MemoryFormat format :
             {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
            StreamOptions options;
            options.batch = 8;
            options.dtype = dtype;
            options.format = format;
            BatchStream stream(part, normalisation, options);
            CHECK(stream.batches() == 3);
            CHECK(stream.images() == 21);
            const std::vector<Batch> batches = epoch_of(stream);
            REQUIRE(batches.size() == 3);
            CHECK(batches[2].images.size(0) == 5);
            CHECK(batches[1].images.is_contiguous(format));
            CHECK((batches[1].images.scalar_type() == dtype));
            std::vector<torch::Tensor> images;
            std::vector<torch::Tensor> labels;
            for (const Batch& batch : batches) {
                images.push_back(batch.images);
                labels.push_back(batch.labels);
            }
            CHECK(torch::equal(torch::cat(images), expected.to(dtype)));
            CHECK(torch::equal(torch::cat(labels), part.labels));
        }
    }
}

TEST_CASE("batches: an epoch of training sees every chosen image once, in another order each epoch") {
    const LabelledImages part = images_of(40);
    const std::vector<std::uint32_t> chosen{3, 5, 8, 9, 14, 20, 21, 22, 23, 24, 30, 39};
    StreamOptions options = training();
    options.batch = 5;
    BatchStream stream(part, chosen, normalisation, options);
    std::vector<torch::Tensor> orders;
    for (int epoch = 0; epoch < 2; ++epoch) {
        std::vector<torch::Tensor> labels;
        for (const Batch& batch : epoch_of(stream)) {
            CHECK(batch.epoch == epoch);
            labels.push_back(batch.labels);
        }
        orders.push_back(torch::cat(labels));
        const std::vector<std::int64_t> expected(chosen.begin(), chosen.end());
        CHECK(torch::equal(std::get<0>(orders.back().sort()), torch::tensor(expected)));
    }
    CHECK_FALSE(torch::equal(orders[0], orders[1]));
}

TEST_CASE("batches: drop_last leaves out what is not full") {
    StreamOptions options = training();
    options.drop_last = true;
    BatchStream stream(images_of(21), normalisation, options);
    CHECK(stream.batches() == 2);
    CHECK(stream.images() == 16);
    CHECK(epoch_of(stream).size() == 2);
}

TEST_CASE("batches: prefetching changes nothing, and neither does a second run") {
    const LabelledImages part = images_of(45);
    StreamOptions options = training();
    BatchStream ahead(part, normalisation, options);
    BatchStream again(part, normalisation, options);
    options.prefetch = false;
    BatchStream plain(part, normalisation, options);
    options.seed = 12;
    BatchStream other(part, normalisation, options);
    for (int epoch = 0; epoch < 3; ++epoch) {
        const std::vector<Batch> expected = epoch_of(plain);
        CHECK(equal(epoch_of(ahead), expected));
        CHECK(equal(epoch_of(again), expected));
        CHECK_FALSE(equal(epoch_of(other), expected));
    }
}

TEST_CASE("batches: any number of threads makes the same") {
    const LabelledImages part = images_of(250);
    StreamOptions options = training();
    options.batch = 100;
    options.prefetch = false;
    const int before = torch::get_num_threads();
    torch::set_num_threads(1);
    BatchStream alone(part, normalisation, options);
    const std::vector<Batch> expected = epoch_of(alone);
    torch::set_num_threads(3);
    BatchStream together(part, normalisation, options);
    CHECK(equal(epoch_of(together), expected));
    torch::set_num_threads(before);
}

TEST_CASE("batches: a stream that starts at any batch goes on as the one that never stopped") {
    const LabelledImages part = images_of(45);
    for (const bool prefetch : {false, true}) {
        StreamOptions options = training();
        options.prefetch = prefetch;
        BatchStream whole(part, normalisation, options);
        std::vector<Batch> expected = epoch_of(whole);
        for (Batch& batch : epoch_of(whole)) expected.push_back(std::move(batch));
        BatchStream resumed(part, normalisation, options);
        const std::int64_t count = resumed.batches();
        for (std::int64_t start = 2 * count; start-- > 0;) {
            resumed.seek(start / count, start % count);
            for (std::int64_t step = start; step < std::min(2 * count, start + 3); ++step) {
                std::optional<Batch> batch = resumed.next();
                if (!batch) batch = resumed.next();
                REQUIRE(batch);
                CHECK(equal(*batch, expected.at(static_cast<std::size_t>(step))));
            }
        }
        resumed.seek(1, count);
        CHECK_FALSE(resumed.next());
        CHECK(resumed.next()->epoch == 2);
    }
}

TEST_CASE("batches: a split changes which images are seen, not what happens to one") {
    const LabelledImages part = images_of(16);
    StreamOptions options = training();
    options.shuffle = false;
    options.batch = 16;
    const Batch all = *BatchStream(part, normalisation, options).next();
    const Batch some = *BatchStream(part, {3, 12}, normalisation, options).next();
    CHECK(torch::equal(some.images, all.images.index_select(0, torch::tensor({3, 12}))));
}

TEST_CASE("batches: memory is used again once a batch is gone, and never before") {
    const LabelledImages part = images_of(64);
    StreamOptions options = training();
    BatchStream stream(part, normalisation, options);
    const Batch kept = *stream.next();
    const torch::Tensor copy = kept.images.clone();
    const torch::Tensor view = stream.next()->images[3];
    const torch::Tensor copy_of_view = view.clone();
    std::vector<const void*> places;
    for (int round = 0; round < 20; ++round) {
        while (std::optional<Batch> batch = stream.next()) {
            const void* place = batch->images.const_data_ptr();
            if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
        }
    }
    CHECK(std::ssize(places) <= buffers_of_stream);
    CHECK(torch::equal(kept.images, copy));
    CHECK(torch::equal(view, copy_of_view));
}

TEST_CASE("batches: a batch outlives its stream, and a stream may be moved") {
    const LabelledImages part = images_of(16);
    std::optional<Batch> batch;
    {
        BatchStream first(part, normalisation, training());
        BatchStream second = std::move(first);
        batch = second.next();
    }
    BatchStream fresh(part, normalisation, training());
    CHECK(equal(*batch, *fresh.next()));
}

TEST_CASE("batches: what cannot be made is refused") {
    const LabelledImages part = images_of(10);
    const auto message = [&](const StreamOptions& options, std::vector<std::uint32_t> indices = {0, 1, 9},
                             const Normalisation& by = normalisation) {
        return message_of<UsageError>([&] { BatchStream(part, std::move(indices), by, options); });
    };
    StreamOptions options;
    CHECK(message(options).empty());
    CHECK(contains(message(options, {}), "0 images"));
    CHECK(contains(message(options, {10}), "image 10 was chosen of a data set of 10"));
    CHECK(contains(message(options, {1}, {{0}, {1}}), "3 channels cannot be normalised by 1 means"));
    options.batch = 0;
    CHECK(contains(message(options), "batches of 0"));
    options.batch = 4;
    options.drop_last = true;
    CHECK(contains(message(options), "batches of 4 cannot be made of 3 images"));
    options = {};
    options.dtype = torch::kInt32;
    CHECK(contains(message(options), "type Int"));
    options = {};
    options.format = torch::MemoryFormat::ChannelsLast3d;
    CHECK(contains(message(options), "memory format"));
    options = {};
    options.augment.translate = 32;
    CHECK(contains(message(options), "up to 32 pixels"));
    BatchStream stream(part, normalisation, {});
    CHECK_THROWS_AS(stream.seek(0, 2), UsageError);
    CHECK_THROWS_AS(stream.seek(-1), UsageError);
}

} // namespace
} // namespace fractal::data::test
