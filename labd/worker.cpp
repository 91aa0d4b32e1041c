// Lanes, turns and the way back to the loop.
#include "labd/worker.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <memory>
#include <utility>

namespace labd {

namespace asio = boost::asio;

struct Worker::Task {
    std::string lane;
    Job job;
    Done done;
    std::exception_ptr error;
    // The loop must not run dry while it waits for a job.
    std::unique_ptr<asio::executor_work_guard<asio::io_context::executor_type>> guard;
};

Worker::Worker(asio::io_context& loop) : loop_(loop), thread_([this] { work(); }) {}

Worker::~Worker() {
    stop();
}

void Worker::post(std::string lane, Job job, Done done) {
    Task task{std::move(lane), std::move(job), std::move(done), nullptr, nullptr};
    task.guard = std::make_unique<asio::executor_work_guard<asio::io_context::executor_type>>(
        loop_.get_executor());
    {
        const std::lock_guard lock(mutex_);
        assert(!stopping_);
        std::deque<Task>& queue = lanes_[task.lane];
        if (queue.empty()) turn_.push_back(task.lane);
        queue.push_back(std::move(task));
    }
    wake_.notify_one();
}

// False: stopped, and nothing left to do.
bool Worker::next(Task& task) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !turn_.empty(); });
    if (turn_.empty()) return false;
    const auto lane = lanes_.find(turn_.front());
    turn_.pop_front();
    task = std::move(lane->second.front());
    lane->second.pop_front();
    if (lane->second.empty())
        lanes_.erase(lane);
    else
        turn_.push_back(lane->first);
    return true;
}

void Worker::work() {
    for (Task task; next(task);) {
        try {
            task.job();
        } catch (...) {  // the root of a thread: everything is carried over
            task.error = std::current_exception();
        }
        // The task goes back whole, so that what it captured dies on the loop thread.
        asio::post(loop_, [task = std::make_shared<Task>(std::move(task))] {
            const Done done = std::move(task->done);
            const std::exception_ptr error = std::exchange(task->error, nullptr);
            task->job = nullptr;
            task->guard = nullptr;
            if (done)
                done(error);
            else if (error)
                std::rethrow_exception(error);
        });
        task = Task{};
    }
}

asio::awaitable<void> Worker::run(Job job) {
    return run(std::string(), std::move(job));
}

asio::awaitable<void> Worker::run(std::string lane, Job job) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
        [this](auto handler, std::string where, Job what) {
            // Handlers move only, std::function copies.
            const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            post(std::move(where), std::move(what),
                 [shared](std::exception_ptr error) { std::move (*shared)(std::move(error)); });
        },
        asio::use_awaitable, std::move(lane), std::move(job));
}

void Worker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

}  // namespace labd
