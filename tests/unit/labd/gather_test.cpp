// Many coroutines at once: all end, the first failure is told, nobody waits in vain.
#include "labd/gather.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

namespace labd {
namespace {

namespace asio = boost::asio;

// Runs a coroutine to its end on a loop of its own and rethrows what it threw.
void run(asio::io_context& loop, asio::awaitable<void> work) {
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(loop, std::move(work), [&](std::exception_ptr error) {
        failure = error;
        ended = true;
    });
    loop.run();
    ASSERT_TRUE(ended) << "the coroutine waits for ever";
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> turn(asio::io_context& loop) {
    co_await asio::post(loop, asio::use_awaitable);
}

TEST(Gather, runs_everything_but_never_more_than_asked_at_once) {
    asio::io_context loop;
    int running = 0, most = 0, done = 0;
    const auto task = [&]() -> asio::awaitable<void> {
        most = std::max(most, ++running);
        co_await turn(loop);
        --running;
        ++done;
    };
    std::vector<Task> tasks(20, Task(task));
    run(loop, gather(tasks, 3));
    EXPECT_EQ(done, 20);
    EXPECT_EQ(most, 3);
}

TEST(Gather, tells_the_first_failure_after_all_have_ended) {
    asio::io_context loop;
    int ended = 0, told = 0;
    std::vector<Task> tasks;
    tasks.emplace_back([&]() -> asio::awaitable<void> {
        co_await turn(loop);
        throw std::runtime_error("first");
    });
    tasks.emplace_back([&]() -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) co_await turn(loop);
        ++ended;
        throw std::runtime_error("second");
    });
    std::function<void()> on_failure = [&] { ++told; };
    try {
        run(loop, gather(tasks, 0, on_failure));
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "first");
    }
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(told, 1);
}

TEST(Gather, waits_for_the_others_when_a_task_throws_before_it_is_a_coroutine) {
    asio::io_context loop;
    bool ended = false;
    std::vector<Task> tasks;
    tasks.emplace_back([&]() -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) co_await turn(loop);
        ended = true;
    });
    tasks.emplace_back([]() -> asio::awaitable<void> { throw std::runtime_error("at once"); });
    EXPECT_THROW(run(loop, gather(tasks)), std::runtime_error);
    EXPECT_TRUE(ended);
}

TEST(Gather, of_nothing_returns) {
    asio::io_context loop;
    std::vector<Task> none;
    run(loop, gather(none));
}

TEST(Signal, wakes_everybody_who_waits) {
    asio::io_context loop;
    Signal signal(loop);
    int woken = 0;
    std::vector<Task> tasks;
    for (int i = 0; i < 3; ++i)
        tasks.emplace_back([&]() -> asio::awaitable<void> {
            co_await signal.wait();
            ++woken;
        });
    tasks.emplace_back([&]() -> asio::awaitable<void> {
        co_await turn(loop);
        signal.notify();
    });
    run(loop, gather(tasks));
    EXPECT_EQ(woken, 3);
}

TEST(Turnstile, lets_one_in_at_a_time_in_the_order_of_arrival) {
    asio::io_context loop;
    Turnstile turnstile(loop);
    std::vector<int> order;
    int inside = 0, most = 0;
    std::vector<Task> tasks;
    for (int i = 0; i < 5; ++i)
        tasks.emplace_back([&, i]() -> asio::awaitable<void> {
            const Turnstile::Pass pass = co_await turnstile.enter();
            most = std::max(most, ++inside);
            order.push_back(i);
            co_await turn(loop);
            --inside;
        });
    run(loop, gather(tasks));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_EQ(most, 1);
    EXPECT_FALSE(turnstile.taken());
}

TEST(Turnstile, a_place_in_the_queue_is_kept_by_who_does_not_wait_yet) {
    asio::io_context loop;
    Turnstile turnstile(loop);
    std::vector<std::string> order;
    const auto first = turnstile.queue();
    const auto second = turnstile.queue();
    std::vector<Task> tasks;
    tasks.emplace_back([&]() -> asio::awaitable<void> {
        const Turnstile::Pass pass = co_await turnstile.enter();
        order.emplace_back("came last");
    });
    tasks.emplace_back([&]() -> asio::awaitable<void> {
        {
            const Turnstile::Pass pass = co_await turnstile.enter(first);
            order.emplace_back("first");
        }
        // Called already, when it comes.
        for (int i = 0; i < 3; ++i) co_await turn(loop);
        EXPECT_TRUE(turnstile.taken());
        const Turnstile::Pass pass = co_await turnstile.enter(second);
        order.emplace_back("second");
    });
    run(loop, gather(tasks));
    EXPECT_EQ(order, (std::vector<std::string>{"first", "second", "came last"}));
    EXPECT_FALSE(turnstile.taken());
}

TEST(Turnstile, wakes_the_next_one_and_nobody_else) {
    asio::io_context loop;
    Turnstile turnstile(loop);
    std::vector<Task> tasks;
    for (int i = 0; i < 100; ++i)
        tasks.emplace_back([&]() -> asio::awaitable<void> {
            const Turnstile::Pass pass = co_await turnstile.enter();
            co_await turn(loop);
        });
    std::exception_ptr failure;
    asio::co_spawn(loop, gather(tasks), [&](std::exception_ptr error) { failure = error; });
    // Everybody woken at every turn would take some 5000 steps.
    EXPECT_LT(loop.run(), 1000U);
    EXPECT_FALSE(failure);
}

}  // namespace
}  // namespace labd
