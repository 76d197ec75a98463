"""What the line needs beside the message: services, and facts read from the store for the pure steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot import wording
from bot.authentication import verify
from bot.clock import Clock, NewId
from bot.dns import Resolver
from bot.messages import CheckContext, Identity, InboundMessage
from bot.policy.decide import Limits, State
from bot.rules.authentication import authserv_id
from bot.settings import Settings
from bot.tokens import Tokens
from nlp.understanding import Context, Thread, Understanding
from storage.records import ChannelKind, ConsentStatus
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the line is given; built in `bootstrap` and in tests, nowhere else."""

    store: UnitOfWorkFactory
    settings: Settings
    tokens: Tokens
    understand: Callable[[str, Context], Understanding]
    clock: Clock
    new_id: NewId
    resolver: Resolver | None = None
    actor: str = "person"  # who the ledger says acted: "staff:NAME" when a reviewer said what is wanted

    @property
    def limits(self) -> Limits:
        """What the operator set for deciding."""
        policy = self.settings.policy
        return Limits(policy.stop_threshold, policy.rights_threshold, policy.grant_threshold, policy.answer_unclear)

    @property
    def domain(self) -> str:
        """The mail domain we answer from."""
        return self.settings.mail.address.rpartition("@")[2]

    @property
    def loop_key(self) -> str:
        """Value of our own X-Loop header."""
        return f"consentry@{self.domain}"

    def new_message_id(self) -> str:
        """A Message-ID of ours, with angle brackets (RFC 5322 3.6.4)."""
        return f"<{self.new_id()}@{self.domain}>"


def check_context(message: InboundMessage, verified: Mapping[str, str], uow: UnitOfWork,
                  services: Services) -> CheckContext:
    """Facts for the rules: who we are, whom we trust, how often we answered this sender."""
    mail, policy = services.settings.mail, services.settings.policy
    since = services.clock() - services.settings.reply_period
    recent = uow.outbox.replies_since(message.sender, since) if message.sender else 0
    own = frozenset(address.lower() for address in (mail.address, *mail.extra_addresses))
    return CheckContext(own_addresses=own, loop_key=services.loop_key, authserv_ids=frozenset(mail.authserv_ids),
                        recent_replies=recent, reply_budget=policy.reply_budget,
                        verified=verified)


def must_verify(message: InboundMessage, services: Services) -> bool:
    """Nobody whom we trust has said who wrote it, and we are to find out ourselves."""
    if services.resolver is None or message.sender is None or message.channel is not ChannelKind.EMAIL:
        return False
    topmost = message.headers.get("Authentication-Results") or ""
    return authserv_id(topmost) not in services.settings.mail.authserv_ids


def own_verdict(message: InboundMessage, services: Services) -> Mapping[str, str]:
    """Our own DKIM, SPF and DMARC reading. It asks the DNS, so it may take seconds: never inside a transaction."""
    if services.resolver is None or message.sender is None:
        return {}
    return verify(message.raw, message.envelope, message.sender.value.rpartition("@")[2], services.resolver)


def reading_context(message: InboundMessage, identity: Identity, uow: UnitOfWork, services: Services) -> Context:
    """What the reader may know: channel, thread, language on file, the operator's purposes."""
    known = [party for each in identity.party_ids if (party := uow.parties.get(each)) is not None]
    hint = wording.language_on_file(known) or services.settings.controller.languages[0]
    return Context(channel=str(message.channel), thread=_thread(message, identity), language_hint=hint,
                   subject=message.subject,
                   purposes={key: tuple(words) for key, words in services.settings.purposes.items()})


def _thread(message: InboundMessage, identity: Identity) -> Thread:
    """What it answers: an open request of ours, some mail of ours, or nothing."""
    if identity.invitation_id:
        return Thread.RECONSENT
    return Thread.NEWSLETTER if message.in_reply_to or message.quoted_text else Thread.NONE


def state_for(identity: Identity, uow: UnitOfWork) -> State:
    """The open request and any no that came after it."""
    invitation = uow.invitations.get(identity.invitation_id) if identity.invitation_id else None
    noes = (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED)
    refused = invitation is not None and any(
        state.status in noes and state.since > invitation.sent_at for state in uow.ledger.states(invitation.party_id))
    return State(invitation, refused, several_capacities=len(identity.party_ids) > 1)
