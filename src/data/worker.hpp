// One background thread that does one thing after the other: what the batch stream prefetches with. Knows no
// LibTorch.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace fractal::data {

class Worker {
public:
    Worker();
    /// Waits for the task that runs, if any; those that wait for their turn are dropped.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Has `task` run after those that were started before it.
    void start(std::function<void()> task);

    /// Returns when the first task is done that was not waited for yet, and throws what it threw. At once
    /// where there is none.
    void wait();

private:
    void loop();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_; ///< the first of them may be running
    std::deque<std::exception_ptr> outcomes_; ///< of tasks that are done and not waited for; null is success
    bool ending_ = false;
    std::thread thread_; // Last: it uses the others as soon as it runs.
};

} // namespace fractal::data
