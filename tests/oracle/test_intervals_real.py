"""What nobody knows is told as two numbers, on both real registers."""

from __future__ import annotations

from typing import Any

import pytest

from geolls.study.findings import findings

pytestmark = pytest.mark.real_data


def ends(study: Any) -> dict[str, tuple[float, float]]:
    return {f.key: (f.low, f.high) for f in findings(study) if f.low is not None}


def test_trusts_across_hubs_are_told_from_the_fewest_to_the_most(
    real_study: Any, recent_study: Any
) -> None:
    then, now = ends(real_study), ends(recent_study)
    assert then["trusts_across_teaching_school_hub"] == (417, 450)
    assert then["trusts_across_maths_hub"] == (285, 324)
    assert now["trusts_across_teaching_school_hub"] == (492, 519)
    assert now["trusts_across_maths_hub"] == (337, 373)
    said = {f.key: f.text for f in findings(real_study)}
    text = said["trusts_across_teaching_school_hub"]
    assert text.startswith("Between 417 and 450 of 1,091 trusts")
    assert "(38.2% to 41.2%)" in text
