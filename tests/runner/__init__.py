"""What tests/run does once its packages are there: build, run the stages, report."""
