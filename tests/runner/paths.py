"""Where things are."""

import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = SOURCE / "build"
TESTS = BUILD / "tests"      # the tree with address and undefined behaviour sanitizers, and fuzzers
TSAN = BUILD / "tsan"
RELEASE = BUILD / "release"  # the tree that examples/quickstart builds, with binaries in build/bin
REPORTS = TESTS / "reports"
# For whoever has binaries elsewhere and wants only the tests of them. Read once: a stage sets the
# variable for its own tests, and the stages after it are not to take that for somebody's wish.
GIVEN = "LAB_TEST_BINARIES" in os.environ
BINARIES = pathlib.Path(os.environ.get("LAB_TEST_BINARIES", TESTS / "bin"))
