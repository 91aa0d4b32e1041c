// A thread beside the loop, so that the loop never blocks. labd has two. The kernel thread: netlink
// and setns of net happen there and nowhere else (decision 13). The planner: what only computes,
// and for a lab of 1000 nodes tens of milliseconds long.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace boost::asio {
class io_context;
class any_io_executor;
template <typename T, typename Executor>
class awaitable;
}  // namespace boost::asio

namespace labd {

// Jobs of one lane run in order; lanes take turns job by job, so that a lab of 4000 nodes does not
// hold up `lab status` of its neighbour. A job of the kernel thread should stay below 5 ms.
class Worker {
  public:
    using Job = std::function<void()>;
    using Done = std::function<void(std::exception_ptr)>;

    explicit Worker(boost::asio::io_context& loop);
    ~Worker();  // stop()
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // `done` runs on the loop, with what the job threw. The job and its captures are destroyed on
    // the loop too. Without `done` an exception comes out of the loop's run().
    void post(Job job, Done done = {}) { post(std::string(), std::move(job), std::move(done)); }
    void post(std::string lane, Job job, Done done = {});

    // The same for coroutines: what the job throws comes out of the co_await. Name the job first
    // (gcc 12 destroys a capturing lambda inside a co_await expression twice).
    boost::asio::awaitable<void, boost::asio::any_io_executor> run(Job job);
    boost::asio::awaitable<void, boost::asio::any_io_executor> run(std::string lane, Job job);

    // Everything queued is still done, then the thread ends. Idempotent; nothing may be posted
    // after.
    void stop();

  private:
    struct Task;
    void work();
    bool next(Task& task);

    boost::asio::io_context& loop_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::string, std::deque<Task>> lanes_;
    std::deque<std::string> turn_;  // lanes that have work, the next one first
    bool stopping_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace labd
