"""A mail sink in a process of its own: prints its port, then for each mail `seconds address`. SMTP or LMTP."""

from __future__ import annotations

import asyncio
import sys
import time

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Hooks:
    """Takes everything; `quiet` prints nothing (the no-op ceiling)."""

    def __init__(self, *, quiet: bool, lmtp: bool) -> None:
        self._quiet, self._lmtp = quiet, lmtp

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str,
                          responses: list[str]) -> list[str]:
        """PIPELINING is offered, as every mail server does; aiosmtpd takes it but does not say so."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """250 for each recipient."""
        if not self._quiet:
            now = time.monotonic()
            sys.stdout.write("".join(f"{now} {address}\n" for address in envelope.rcpt_tos))
            sys.stdout.flush()
        return "\r\n".join(["250 OK"] * (len(envelope.rcpt_tos) if self._lmtp else 1))


async def _serve(protocol: str, quiet: bool) -> None:
    lmtp = protocol == "lmtp"
    hooks, kind = _Hooks(quiet=quiet, lmtp=lmtp), LMTP if lmtp else SMTP
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: kind(hooks, loop=loop, enable_SMTPUTF8=True, ident="sink"), "127.0.0.1")
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], quiet="quiet" in sys.argv[2:]))
