"""The dark-pattern rules DP01 to DP16 over a rendered message: what must be mended before anybody is asked.

EDPB Guidelines 03/2022, GDPR 4(11), 7, 13, 14, recital 32, and the cases named in each rule. Rules find; the campaign's
approval refuses. Making no easier than yes is never a dark pattern: such a difference is a note.
"""

from collections.abc import Iterable

from bot.campaigns.lint.model import Finding, Rendered, Severity
from bot.campaigns.lint.rules import (
    accessible,
    asked_once,
    both_answers,
    equal_look,
    equal_steps,
    honest_subject,
    informed,
    neutral_words,
    no_double_negative,
    no_incentive,
    no_tracking,
    one_thing,
    page_before_yes,
    plain_language,
    silence_is_no,
    withdrawal,
)

RULES = (both_answers, equal_look, equal_steps, silence_is_no, one_thing, neutral_words, no_incentive, asked_once,
         informed, plain_language, no_double_negative, honest_subject, no_tracking, page_before_yes, withdrawal,
         accessible)  # in the order of their ids


def lint(message: Rendered) -> list[Finding]:
    """Everything that is wrong with a message, in the order of the rules, each thing once."""
    return merged([finding for rule in RULES for finding in rule.check(message)])


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The same finding on several screens is one; the order is kept. What fails on one of them, fails."""
    kept: dict[tuple[str, str, str, Severity], Finding] = {}
    for finding in findings:
        kept.setdefault((finding.rule, finding.reason, finding.where, finding.severity), finding)
    return sorted(kept.values(), key=lambda finding: finding.rule)


def fails(findings: Iterable[Finding]) -> bool:
    """Whether the wording is refused."""
    return any(finding.severity is Severity.FAIL for finding in findings)
