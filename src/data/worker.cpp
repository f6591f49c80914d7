// The thread's loop and its hand-over.
#include "data/worker.hpp"

#include <utility>

namespace fractal::data {

Worker::Worker() : thread_([this] { loop(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Worker::start(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    changed_.notify_all();
}

void Worker::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !outcomes_.empty() || tasks_.empty(); });
    if (outcomes_.empty()) return;
    const std::exception_ptr failure = std::move(outcomes_.front());
    outcomes_.pop_front();
    if (failure) std::rethrow_exception(failure);
}

void Worker::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return !tasks_.empty() || ending_; });
        if (ending_) return;
        const std::function<void()> task = std::move(tasks_.front());
        lock.unlock();
        std::exception_ptr failure;
        try {
            task();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        tasks_.pop_front();
        outcomes_.push_back(failure);
        changed_.notify_all();
    }
}

} // namespace fractal::data
