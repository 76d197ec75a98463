"""Which hours count for whom. Pure."""

from __future__ import annotations

import phonenumbers
from phonenumbers import timezone as number_zones


def zones_of_number(number: str) -> tuple[str, ...]:
    """The zones that an E.164 number's prefix allows; none when it tells nothing."""
    try:
        found = number_zones.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != "Etc/Unknown")
