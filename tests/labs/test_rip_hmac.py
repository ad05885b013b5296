"""Our router among BIRD's with HMAC-SHA-256: as test_rip_mixed.py, beside it."""

from __future__ import annotations

from typing import Any

import pytest
from rip_mixed import through_everything

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]  # seconds: nine waits


@pytest.mark.lab("rip-hmac/lab.yaml")
def test_with_hmac_sha_among_bird(lab: Any) -> None:
    through_everything(lab)
