"""Where the real data lie: GONGZHI_DATA and GONGZHI_GOLDEN, by default beside the checkout."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def _folder(variable: str, default: str) -> Path:
    folder = Path(os.environ.get(variable, CHECKOUT.parent / default))
    if not folder.is_dir():
        pytest.skip(f"{variable} has no folder: {folder.name} is not there")
    return folder


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real input data; a test that needs it is reported as skipped without it."""
    return _folder("GONGZHI_DATA", "shared/data")


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """The folder of published test vectors and known answers."""
    return _folder("GONGZHI_GOLDEN", "shared/golden")
