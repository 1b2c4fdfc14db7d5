"""Reports and complaints as mail systems write them, in our own words."""

from tests.gateway import AUTHSERV_ID

DEAD = ("5.1.1", "550 5.1.1 no such user here")


def a_report(
    return_path: str, failed: str, status: str = DEAD[0], words: str = DEAD[1], *, action: str = "failed"
) -> bytes:
    """A delivery status notification (RFC 3464) to one of our return paths."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: {return_path}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{abs(hash((return_path, failed, status, words)))}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

Your message could not be delivered to <{failed}>: {words}
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {failed}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--cut--
""".replace("\n", "\r\n").encode()


def a_complaint(copy: bytes, return_path: str, kind: str = "abuse", dmarc: str = "pass") -> bytes:
    """A complaint in the Abuse Reporting Format (RFC 5965) with the mail that it is about."""
    head = f"""\
Authentication-Results: {AUTHSERV_ID}; dmarc={dmarc} header.from=mail.example.net
From: feedback@mail.example.net
To: abuse@lists.localhost
Subject: Report about a mail
Message-ID: <{abs(hash((copy, kind)))}@mail.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="cut"

--cut
Content-Type: text/plain

Somebody here has marked this mail.
--cut
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Feedback/1.0
Version: 1
Original-Mail-From: <{return_path}>

--cut
Content-Type: message/rfc822

""".replace("\n", "\r\n").encode()
    return head + copy + b"\r\n--cut--\r\n"
