"""Our router among BIRD's, with HMAC-SHA-256.

What does not depend on how messages are signed test_rip_mixed.py shows; `make soak` shows all of it here too.
"""

from __future__ import annotations

from typing import Any

import pytest
from rip_mixed import through_everything, through_what_is_signed

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]  # seconds: nine waits


@pytest.mark.lab("rip-hmac/lab.yaml")
def test_with_hmac_sha_among_bird(lab: Any) -> None:
    through_what_is_signed(lab)


@pytest.mark.slow
@pytest.mark.lab("rip-hmac/lab.yaml")
def test_through_everything(lab: Any) -> None:
    through_everything(lab)
