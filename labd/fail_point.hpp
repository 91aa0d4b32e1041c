// Places where a test build can be made to fail, before and after every side effect: security.md
// §7. In other builds (CMake's LAB_FAIL_POINTS) both functions are empty, and nobody reads
// LABD_FAIL.
//
// The plan is LABD_FAIL=POINT:NTH:ACTION, or LABD_FAIL=@FILE, and then FILE holds it; a plan that
// changes counts from one again. POINT is the name of a side effect with ".before" or ".after", or
// "*" for any. ACTION is one of
//   kill          the process ends at once, as by kill -9
//   stop          it stops, as by SIGSTOP
//   delay(MS)     it sleeps there: the thread that got there, and whoever waits for it
//   error(ERRNO)  std::system_error is thrown
//   list          every point from the NTH on is told on stderr, "fail point: NAME"
#pragma once

namespace labd::fail_point {

// Any thread.
void before(const char* side_effect);
void after(const char* side_effect);

}  // namespace labd::fail_point
