// A thread beside the loop: order, fairness, and the way of results and exceptions back to the
// loop.
#include "labd/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace asio = boost::asio;
using labd::Worker;
using testing::ElementsAre;

TEST(Worker, WorksElsewhereAndReportsOnTheLoop) {
    asio::io_context loop{1};
    Worker kernel(loop);
    std::thread::id worker, reporter;
    kernel.post([&] { worker = std::this_thread::get_id(); },
                [&](std::exception_ptr error) {
                    EXPECT_FALSE(error);
                    reporter = std::this_thread::get_id();
                });
    loop.run();  // does not run dry before the report
    EXPECT_NE(worker, std::this_thread::get_id());
    EXPECT_EQ(reporter, std::this_thread::get_id());
}

TEST(Worker, KeepsTheOrderOfOneLane) {
    asio::io_context loop{1};
    Worker kernel(loop);
    std::vector<int> order;  // written by the kernel thread, read after run(): no lock needed
    for (int i = 0; i < 100; ++i) kernel.post([&order, i] { order.push_back(i); });
    loop.run();
    ASSERT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Worker, LetsLanesTakeTurns) {
    asio::io_context loop{1};
    Worker kernel(loop);
    std::vector<std::string> order;
    // The first job queues the others, so that all are there before the next turn.
    kernel.post("gate", [&] {
        for (const char* lane : {"large", "large", "large", "small"})
            kernel.post(lane, [&order, lane] { order.emplace_back(lane); });
    });
    loop.run();
    EXPECT_THAT(order, ElementsAre("large", "small", "large", "large"));
}

TEST(Worker, CarriesExceptionsOver) {
    asio::io_context loop{1};
    Worker kernel(loop);
    std::string said;
    kernel.post([] { throw std::runtime_error("no such device"); },
                [&](std::exception_ptr error) {
                    try {
                        std::rethrow_exception(error);
                    } catch (const std::runtime_error& e) {
                        said = e.what();
                    }
                });
    loop.run();
    EXPECT_EQ(said, "no such device");
}

TEST(Worker, DoesNotLoseAnExceptionThatNobodyAwaits) {
    asio::io_context loop{1};
    Worker kernel(loop);
    kernel.post([] { throw std::runtime_error("unheard"); });
    EXPECT_THROW(loop.run(), std::runtime_error);
}

TEST(Worker, DestroysWhatAJobHoldsOnTheLoop) {
    asio::io_context loop{1};
    Worker kernel(loop);
    std::thread::id destroyed;
    auto held = std::shared_ptr<int>(new int, [&](int* p) {
        delete p;
        destroyed = std::this_thread::get_id();
    });
    kernel.post([held = std::move(held)] { *held = 1; });
    loop.run();
    EXPECT_EQ(destroyed, std::this_thread::get_id());
}

asio::awaitable<void> sum(Worker* kernel, int* total, std::string* said) {
    for (int i = 1; i <= 10; ++i) {
        const Worker::Job add = [total, i] { *total += i; };
        co_await kernel->run(add);
        EXPECT_EQ(*total, i * (i + 1) / 2) << "the job is done when run() returns";
    }
    const Worker::Job fail = [] { throw std::runtime_error("busy"); };
    try {
        co_await kernel->run("lane", fail);
    } catch (const std::runtime_error& error) {
        *said = error.what();
    }
}

TEST(Worker, IsAwaited) {
    asio::io_context loop{1};
    Worker kernel(loop);
    int total = 0;
    std::string said;
    asio::co_spawn(loop, sum(&kernel, &total, &said), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    });
    loop.run();
    EXPECT_EQ(total, 55);
    EXPECT_EQ(said, "busy");
}

TEST(Worker, FinishesWhatIsQueuedBeforeItStops) {
    asio::io_context loop{1};
    Worker kernel(loop);
    int done = 0, reported = 0;
    for (int i = 0; i < 50; ++i)
        kernel.post([&done] { ++done; }, [&](std::exception_ptr) { ++reported; });
    kernel.stop();
    EXPECT_EQ(done, 50);
    EXPECT_EQ(reported, 0) << "reports wait for the loop";
    loop.run();
    EXPECT_EQ(reported, 50);
    kernel.stop();  // once more is no harm
}

TEST(Worker, MayGoWithReportsStillUnread) {
    int reported = 0;
    {
        asio::io_context loop{1};
        Worker kernel(loop);
        auto held = std::make_shared<int>(1);
        kernel.post([held] {}, [&, held](std::exception_ptr) { ++reported; });
    }
    EXPECT_EQ(reported, 0);
}

}  // namespace
