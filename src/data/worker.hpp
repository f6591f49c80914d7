// One background thread that does one thing at a time: what the batch stream prefetches with. Knows no
// LibTorch.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace fractal::data {

class Worker {
public:
    Worker();
    /// Waits for the task that runs, if any.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Starts `task`; the one before it has been waited for.
    void start(std::function<void()> task);

    /// Returns when the last task is done, and throws what it threw.
    void wait();

private:
    void loop();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> task_;
    std::exception_ptr failure_;
    bool busy_ = false;
    bool ending_ = false;
    std::thread thread_; // Last: it uses the others as soon as it runs.
};

} // namespace fractal::data
