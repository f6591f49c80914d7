// The background thread and the pool of buffers.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "data/batch_buffers.hpp"
#include "data/worker.hpp"

namespace fractal::data::test {
namespace {

TEST_CASE("worker: tasks run on its thread, one after the other") {
    Worker worker;
    int sum = 0;
    std::thread::id where;
    for (int task = 1; task <= 100; ++task) {
        worker.start([&, task] {
            sum += task;
            where = std::this_thread::get_id();
        });
        worker.wait();
    }
    worker.wait();
    CHECK(sum == 5050);
    CHECK(where != std::this_thread::get_id());
}

TEST_CASE("worker: what a task throws arrives at wait, once, and the worker goes on") {
    Worker worker;
    worker.start([] { throw std::runtime_error("lost"); });
    CHECK_THROWS_WITH(worker.wait(), "lost");
    CHECK_NOTHROW(worker.wait());
    bool done = false;
    worker.start([&] { done = true; });
    worker.wait();
    CHECK(done);
}

TEST_CASE("worker: each wait is for one task, in their order") {
    Worker worker;
    std::atomic<int> done = 0;
    for (int task = 0; task < 4; ++task) {
        worker.start([&, task] {
            ++done;
            if (task == 2) throw std::runtime_error("the third is lost");
        });
    }
    for (int task = 0; task < 4; ++task) {
        if (task == 2) {
            CHECK_THROWS_WITH(worker.wait(), "the third is lost");
        } else {
            worker.wait();
        }
        CHECK(done > task);
    }
}

TEST_CASE("worker: destruction finishes the task that runs and drops the others") {
    std::binary_semaphore begun(0);
    std::binary_semaphore ending(0);
    bool finished = false;
    bool next = false;
    std::jthread let_go;
    {
        Worker worker;
        worker.start([&] {
            begun.release();
            ending.acquire();
            finished = true;
        });
        worker.start([&] { next = true; });
        begun.acquire();
        let_go = std::jthread([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300)); // for the destructor to begin
            ending.release();
        });
    }
    CHECK(finished);
    CHECK_FALSE(next);
}

TEST_CASE("buffers: aligned, apart while held, used again when dropped, and safe after the pool") {
    std::shared_ptr<BatchBuffer> survivor;
    {
        BatchBuffers pool(1000, 7);
        std::shared_ptr<BatchBuffer> first = pool.acquire();
        survivor = pool.acquire();
        CHECK(first->images.get() != survivor->images.get());
        CHECK(reinterpret_cast<std::uintptr_t>(first->images.get()) % 64 == 0);
        CHECK(first->labels.size() == 7);
        const BatchBuffer* place = first.get();
        first.reset();
        CHECK(pool.acquire().get() == place);
    }
    survivor->images[999] = std::byte{1};
    survivor.reset();
}

TEST_CASE("worker and buffers: what is filled ahead arrives whole, however the buffers go round") {
    constexpr int elements = 100;
    BatchBuffers pool(elements, 1);
    Worker worker;
    std::deque<std::shared_ptr<BatchBuffer>> ahead;
    std::shared_ptr<BatchBuffer> kept; // as a step keeps its batch while the next is made
    int begun = 0;
    for (int batch = 0; batch < 200; ++batch) {
        for (; std::ssize(ahead) < 2; ++begun) {
            ahead.push_back(pool.acquire());
            worker.start([buffer = ahead.back().get(), value = begun] {
                std::fill_n(buffer->images.get(), elements, static_cast<std::byte>(value));
                buffer->labels[0] = value;
            });
        }
        worker.wait();
        kept = std::move(ahead.front());
        ahead.pop_front();
        CHECK(kept->labels[0] == batch);
        CHECK(kept->images[elements - 1] == static_cast<std::byte>(batch));
    }
}

} // namespace
} // namespace fractal::data::test
