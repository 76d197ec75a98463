"""What the demo sends: (From, subject, extra header lines, body)."""

FR, EN = "anne.martin@example.org", "john.smith@example.net"
MAILS: tuple[tuple[str, str, str, str], ...] = (
    (FR, "désinscription", "", "Bonjour, désinscrivez-moi s'il vous plaît. Merci, Anne"),
    (EN, "unsubscribe", "", "STOP"),
    ("luc@example.org", "Re: Nos offres", "", "Je ne veux plus recevoir vos mails !!!\n\nLe 3 nov. 2026 à 10:00, Boutique a écrit :\n> Nos offres. Pour vous désinscrire : STOP"),  # noqa: E501
    ("marie@example.org", "Consentement", "", "Je retire mon consentement à vos envois."),
    ("sue@example.net", "my data", "", "What do you hold on me? Please send me a copy of my data."),
    ("paul@example.org", "RGPD", "", "Supprimez mes données."),
    ("karl@example.de", "Werbung", "", "Bitte keine Werbung mehr, melden Sie mich ab."),
    ("eva@example.es", "baja", "", "Quiero darme de baja, no quiero recibir más correos."),
    ("gino@example.it", "newsletter", "", "Non voglio più ricevere le vostre email."),
    ("jan@example.nl", "nieuwsbrief", "", "Schrijf me uit, alstublieft."),
    ("ana@example.pt", "emails", "", "Não quero receber mais nada."),
    ("ola@example.pl", "newsletter", "", "Proszę mnie wypisać."),
    ("angry@example.net", "ENOUGH", "", "STOP SENDING ME THIS RUBBISH!!!"),
    ("avocat@example.org", "Mise en demeure", "", "Je ne veux plus recevoir vos mails. À défaut je saisis la CNIL."),
    ("sms@example.org", "préférences", "", "Je ne veux plus recevoir de publicité, sauf par courrier."),
    ("keep@example.net", "list", "", "Please do not take me off the list, I love it."),
    ("ooo@example.net", "Out of office", "Auto-Submitted: auto-replied\r\n", "I am away. STOP by when I am back."),
    ("human@example.net", "stop", "Auto-Submitted: no\r\n", "stop"),
    ("list@example.net", "[list] stop", "List-Id: <list.example.net>\r\n", "stop"),
    ("privacy@shop.example", "Re: loop", "", "STOP"),
    ("yes@example.net", "Re: hello", "", "Yes"),
    ("shop@example.net", "order", "", "Please cancel my order 1234 and refund me."),
    ("join@example.org", "inscription", "", "Inscrivez-moi à la newsletter."),
    ("wife@example.net", "my husband", "", "Please unsubscribe me and my husband, his address is jim@example.net."),
    ("html@example.org", "HTML", "Content-Type: text/html; charset=utf-8\r\n", "<p>Arrêtez de m'envoyer vos offres</p><blockquote>Our offers. Unsubscribe</blockquote>"),  # noqa: E501
)


def eml(number: int) -> bytes:
    """The n-th mail as RFC 5322 bytes."""
    sender, subject, extra, body = MAILS[number]
    kind = "" if "Content-Type" in extra else "Content-Type: text/plain; charset=utf-8\r\n"
    head = (f"From: {sender}\r\nTo: privacy@shop.example\r\nSubject: {subject}\r\nMessage-ID: <demo{number}@demo>\r\n"
            f"MIME-Version: 1.0\r\n{kind}{extra}")
    return f"{head}\r\n{body}\r\n".replace("\r\n", "\n").replace("\n", "\r\n").encode()


def bounce(answer: bytes) -> bytes:
    """The mail system of whom we answered says that the mailbox is gone (RFC 3464)."""
    return _report(answer, "delivery-status", "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {to}\n"
                   "Action: failed\nStatus: 5.1.1\n", "The address does not exist.", "mailer-daemon@example.net")


def complaint(answer: bytes) -> bytes:
    """Whom we answered pressed "spam" (RFC 5965)."""
    return _report(answer, "feedback-report", "Feedback-Type: abuse\nUser-Agent: demo/1\nVersion: 1\n"
                   "Original-Rcpt-To: {to}\n", "This is an e-mail abuse report.", "feedback@example.net")


def _report(answer: bytes, kind: str, fields: str, words: str, sender: str) -> bytes:
    head = answer.partition(b"\r\n\r\n")[0].decode()
    to = next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("To: "))
    lines = f"""From: {sender}
To: privacy@shop.example
Subject: {words}
Message-ID: <{kind}@demo>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary=b

--b
Content-Type: text/plain; charset=utf-8

{words}

--b
Content-Type: message/{kind}

{fields.format(to=to)}
--b
Content-Type: message/rfc822

{head}

--b--
"""
    return lines.replace("\r\n", "\n").replace("\n", "\r\n").encode()
