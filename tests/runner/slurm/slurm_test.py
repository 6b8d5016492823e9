#!/usr/bin/env python3
"""Sweeps on a real Slurm, started here: exit code 77 and a word where it is not installed or we are not root.

    ASSAY_BUILD=build/release python3 tests/runner/slurm/slurm_test.py [protocol_test.ProtocolTest.test_NAME...]
"""
import sys

from suite import main

if __name__ == "__main__":
    sys.exit(main(["protocol_test", "equality_test"]))
