"""Our router among FRR's and BIRD's, with keyed MD5, which all three know (HMAC is in test_rip_hmac.py).

After each thing that happens every kernel's next hops are on shortest ways, every table's costs are the shortest, FRR's
own `show ip rip` says the same, and nobody has refused a message.
"""

from __future__ import annotations

from typing import Any

import pytest
from rip_mixed import through_everything

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]  # seconds: nine waits


@pytest.mark.lab("rip-mixed")
def test_with_keyed_md5_among_frr_and_bird(lab: Any) -> None:
    lab.check(within="200s")
    through_everything(lab)
