"""The operator of the settings, as `permission` takes it."""

from __future__ import annotations

from bot.errors import OperatorError
from bot.policy.books import rows_of
from bot.policy.permission_types import Operator, Override, PurposeFacts, Sector, Switches
from bot.settings import Settings


def operator_of(settings: Settings) -> Operator:
    """What the settings say of the law. Raises OperatorError for an override or a purpose that cannot be."""
    said = settings.regimes
    unknown = set(said.purposes) - set(settings.purposes)
    if unknown:
        raise OperatorError(f"regimes.purposes.{min(unknown)} is not a purpose: add it to [purposes], or correct its "
                            "spelling.")
    operator = Operator(
        settings.controller.country, frozenset(map(Sector, said.sectors)),
        {key: PurposeFacts(**facts.model_dump()) for key, facts in said.purposes.items()},
        Switches(**said.switches.model_dump()),
        {key: Override(each.reason, each.rule, each.since, each.until,
                       None if each.conditions is None else tuple(each.conditions), each.parameters)
         for key, each in said.overrides.items()})
    try:
        rows_of(operator)
    except ValueError as error:
        raise OperatorError(f"Correct regimes.overrides: {error}.") from None
    return operator
