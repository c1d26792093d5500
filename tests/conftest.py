# SPDX-License-Identifier: GPL-2.0
"""What all families of tests share. pytest.ini says where their modules are."""

import sys

import pytest

sys.dont_write_bytecode = True
# Modules of the rig with assertions of their own.
pytest.register_assert_rewrite("domu", "life")
