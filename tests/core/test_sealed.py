"""What is sealed is opened with the secret key only, for its own purpose, and by a key's successor."""

from __future__ import annotations

from dataclasses import replace

from examengine.core import sealed
from examengine.core.settings import Settings


def test_only_the_key_and_the_purpose_open_it(settings: Settings) -> None:
    box = sealed.seal(settings, "slips", b"K7PX2MQ94B")
    assert "K7PX2MQ94B" not in box
    assert sealed.unseal(settings, "slips", box) == b"K7PX2MQ94B"
    assert sealed.unseal(settings, "other", box) is None
    assert sealed.unseal(replace(settings, secret_key="x" * 48), "slips", box) is None
    assert sealed.unseal(settings, "slips", box[:-4] + "AAAA") is None


def test_a_former_key_still_opens_it(settings: Settings) -> None:
    box = sealed.seal(settings, "slips", b"x")
    later = replace(settings, secret_key="x" * 48, secret_key_fallbacks=(settings.secret_key,))
    assert sealed.unseal(later, "slips", box) == b"x"
