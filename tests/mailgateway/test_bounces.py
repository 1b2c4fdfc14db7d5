"""What servers say of an address, and what it may cost its owner."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.bounce_signs import looks_like_bounce, reads_like_bounce
from mailgateway.bounce_words import Cause, read_cause
from mailgateway.bounces import MAX_REPORTS, BounceReport, read_delivery_status, read_reply, read_text_report
from mailgateway.headers import Headers
from mailgateway.parse import parse


@pytest.mark.parametrize(
    ("status", "words", "cause"),
    [
        ("5.1.1", "550 5.1.1 The email account that you tried to reach does not exist", "dead"),
        ("5.1.1", "", "dead"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "dead"),
        ("5.2.1", "550 5.2.1 mailbox disabled", "dead"),
        ("5.4.4", "Host or domain name not found", "dead"),
        ("5.5.0", "550 Requested action not taken: mailbox unavailable", "dead"),
        ("5.7.1", "550 5.7.1 No such user!", "dead"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "dead"),
        ("5.2.2", "552 5.2.2 mailbox over quota", "full"),
        ("4.2.2", "452 4.2.2 The email account is over quota", "full"),
        ("", "552 mailbox is full", "full"),
        ("5.7.1", "550 5.7.1 message content rejected", "policy"),
        ("5.7.26", "550-5.7.26 This mail is unauthenticated", "policy"),
        ("5.7.509", "550 5.7.509 Access denied, sending domain does not pass DMARC verification", "dmarc"),
        ("5.0.0", "554 blocked using zen.example.org", "policy"),
        ("5.1.1", "550 5.1.1 rejected: listed at a block list", "policy"),
        ("5.1.8", "553 5.1.8 Sender address rejected: Domain not found", "policy"),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", "policy"),
        ("4.7.1", "451 4.7.1 Greylisting in action, try again later", "transient"),
        ("4.4.7", "Delivery time expired", "transient"),
        ("4.4.1", "connection timed out", "transient"),
        ("5.1.1", "smtp;550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "dead"),
        ("5.1.1", "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", "dead"),
        ("5.1.0", "550 5.1.0 RESOLVER.ADR.ExRecipNotFound", "dead"),
        ("5.4.310", "550 5.4.310 DNS domain contoso.com does not exist [Message=InfoDomainNonexistent]", "dead"),
        ("5.4.312", "550 5.4.312 Message expired, DNS query failed", "transient"),
        ("5.4.300", "550 5.4.300 Message expired -> 451 4.4.4 Temporary server error", "transient"),
        ("5.4.316", "550 5.4.316 Message expired, connection refused(Socket error code 10061)", "transient"),
        ("5.7.1", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", "policy"),
        ("5.7.1", "550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized", "policy"),
        ("5.7.124", "550 5.7.124 RESOLVER.RST.SenderNotInAllowList; not in allowed-senders list", "policy"),
        ("5.7.129", "550 5.7.129 RESOLVER.RST.SenderNotInAllowList", "policy"),
        ("5.7.606", "550 5.7.606 Access denied, banned sending IP [198.51.100.1]", "policy"),
        ("5.7.708", "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP", "policy"),
        ("5.7.750", "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domain", "policy"),
        (
            "5.2.0",
            "554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
            "full",
        ),
        ("5.2.0", "554 5.2.0 STOREDRV.Deliver.Exception:AccountDisabledException.MapiExceptionLogonFailed", "dead"),
        ("5.2.3", "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient", "policy"),
        (
            "5.2.121",
            "550 5.2.121 RESOLVER.RST.RecipientThrottled; recipient's per hour message receive limit exceeded",
            "transient",
        ),
        ("4.4.7", "550 4.4.7 QUEUE.Expired; message expired", "transient"),
        ("5.0.350", "550 5.0.350 Remote server returned an error -> 550 5.1.1 User unknown", "dead"),
        ("5.1.8", "550 5.1.8 Access denied, bad outbound sender AS(42004)", "policy"),
        ("5.7.64", "550 5.7.64 TenantAttribution; Relay Access Denied", "policy"),
        ("4.7.0", "421-4.7.0 Try again later, closing connection. (MAIL)", "transient"),
        ("4.4.2", "451-4.4.2 Timeout - closing connection", "transient"),
        ("5.7.25", "550-5.7.25 The IP address sending this message does not have a PTR record setup", "policy"),
        ("5.3.4", "552-5.3.4 Your message exceeded Google's message size limits.", "policy"),
        ("", "The recipient server did not accept our requests to connect. Learn more", "transient"),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled. Learn more", "dead"),
        ("", "DNS Error: DNS type 'mx' lookup of example.org responded with code SERVFAIL", "transient"),
        (
            "5.1.2",
            "Your message couldn't be delivered because the domain name example.invalid couldn't be found",
            "dead",
        ),
        ("5.2.2", "552 1 Requested mail action aborted, mailbox not found", "dead"),
        ("5.0.0", "552 1 Requested mail action aborted, exceeded storage allocation", "full"),
        ("5.7.9", "550 5.7.9 Message not accepted for policy reasons. (dmarc=fail) See postmaster DMARC", "dmarc"),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", "dead"),
        ("5.2.2", "552 5.2.2 Message would exceed quota; mailbox full", "full"),
        ("5.0.0", "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [xx.uk37]", "dead"),
        (
            "5.0.0",
            "554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554",
            "policy",
        ),
        (
            "4.0.0",
            "451 Internal resource temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451",
            "transient",
        ),
        (
            "5.0.0",
            "550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550",
            "policy",
        ),
        ("5.0.0", "550 Local CT IP Reputation - (reject) - https://community.mimecast.com", "policy"),
        (
            "5.0.0",
            "550 DMARC Sender Invalid - envelope rejected - https://community.mimecast.com/docs/DOC-1369#550",
            "dmarc",
        ),
        ("5.0.0", "550 SPF Sender Invalid - envelope rejected", "policy"),
        ("5.0.0", "451 User alias recipient not found, greylisted", "transient"),
        ("5.0.0", "550 5.7.1 Blocked - see https://ipcheck.proofpoint.com/?ip=198.51.100.2", "policy"),
        ("5.0.0", "554 Blocked - see https://ipcheck.proofpoint.com/?ip=1.2.3.4", "policy"),
        ("5.1.1", "550 5.1.1 User Unknown", "dead"),
        ("5.7.0", "550 5.7.0 Local Policy Violation", "policy"),
        ("5.0.0", "550 #5.1.0 Address rejected.", "dead"),
        ("5.0.0", "550 permanent failure for one or more recipients (a@example.org:550 5.1.1 user unknown)", "dead"),
        ("5.0.0", "550 permanent failure for one or more recipients (a@example.org:blocked)", "policy"),
        ("5.7.1", "554 rejected due to spam content (barracuda)", "policy"),
        (
            "5.1.1",
            "550 5.1.1 <a@example.org>: Recipient address rejected: User unknown in relay recipient table",
            "dead",
        ),
        ("5.1.1", "550 5.1.1 <a@example.org>: user does not exist", "dead"),
        ("5.1.6", "550 5.1.6 recipient no longer on server: a@me.com", "dead"),
        ("5.2.2", "552 5.2.2 <a@example.org>: user is over quota", "full"),
        ("5.7.0", "554 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=1.2.3.4", "policy"),
        ("4.5.0", "450 4.2.2 <a@example.org>: user is overquota", "full"),
        ("5.0.0", "550 Mailbox full / Postfach voll", "full"),
        ("5.0.0", "550 5.1.1 unknown mailbox / Mailbox unbekannt", "dead"),
        ("5.0.0", "550 user ID - unknown recipient", "dead"),
        (
            "5.1.1",
            "550 5.1.1 <a@example.org>: Recipient address rejected: User unknown in local recipient table",
            "dead",
        ),
        ("5.1.1", 'unknown user: "ann"', "dead"),
        ("5.4.4", "Host or domain name not found. Name service error for name=x.org type=AAAA: Host not found", "dead"),
        ("5.7.1", "554 5.7.1 <a@example.org>: Recipient address rejected: Access denied", "policy"),
        ("5.7.1", "554 5.7.1 <a@example.org>: Relay access denied", "policy"),
        ("4.4.1", "connect to mx.x.org[1.2.3.4]:25: Connection timed out", "transient"),
        ("5.4.1", "connect to mx.x.org[1.2.3.4]:25: Connection refused", "transient"),
        ("5.2.2", "can't create user output file. Command output: procmail: Quota exceeded while writing", "full"),
        ("5.2.0", "maildir delivery failed: create maildir file: Disk quota exceeded", "full"),
        ("5.7.1", "550 5.7.1 Unauthenticated email is not accepted from this domain", "policy"),
        ("5.7.1", "550 5.7.1 rejected by DMARC policy for example.org (in reply to end of DATA command)", "dmarc"),
        ("5.7.1", "554 5.7.1 Spam message rejected", "policy"),
        ("5.1.7", "550 5.1.7 <bounce@lists.example>: Sender address rejected: undeliverable address", "policy"),
        ("5.3.0", "x.org: alias expansion failed, permission denied", "unknown"),
        ("5.2.1", "550 5.2.1 Mailbox disabled for this recipient", "dead"),
        ("5.4.7", "Delivery time expired", "transient"),
        ("4.7.1", "450 4.7.1 Client host rejected: cannot find your reverse hostname", "transient"),
        ("5.7.1", "550 5.7.1 Client host rejected: cannot find your hostname", "policy"),
        ("5.1.8", "553 5.1.8 <x>: Sender address rejected: Domain not found", "policy"),
        (
            "5.1.10",
            "556 5.1.10 <a@example.org>: Recipient address rejected: Domain x.org does not accept mail (nullMX)",
            "dead",
        ),
        ("5.1.0", "Domain x.org does not accept mail (nullMX)", "dead"),
        ("", "Unrouteable address", "dead"),
        ("", "all relevant MX records point to non-existent hosts", "dead"),
        ("", "an MX or SRV record indicated no SMTP service", "dead"),
        ("", "retry timeout exceeded", "transient"),
        (
            "",
            "host mx.x.org [1.2.3.4]: 550-Callback setup failed while verifying <x> 550 Sender verify failed",
            "policy",
        ),
        ("", "550-Verification failed for <bounce@lists.example> 550 Sender verify failed", "policy"),
        ("", "550 Sender verify failed", "policy"),
        ("", "550 No Such User Here", "dead"),
        ("", "550 Mailbox quota exceeded: mailbox is full", "full"),
        ("", "550 relay not permitted", "policy"),
        ("", "550 JunkMail rejected - mail.x.org [1.2.3.4] is in an RBL", "policy"),
        ("", "550 High spam score (12.1)", "policy"),
        ("", "550 rejected because 1.2.3.4 is in a black list at zen.spamhaus.org", "policy"),
        ("", "550 Administrative prohibition", "policy"),
        ("", "550 Message rejected due to DMARC policy", "dmarc"),
        ("", '550-"Rejected by DMARC policy for example.org"', "dmarc"),
        ("", "550 Account suspended", "dead"),
        ("", "No immediate delivery: load average", "transient"),
        ("5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)", "dead"),
        ("5.1.2", "Sorry, I couldn't find any host named x.org. (#5.1.2)", "dead"),
        ("5.7.1", "Sorry, that domain isn't in my list of allowed rcpthosts. (#5.7.1)", "policy"),
        ("5.2.2", "The user's mailbox is over the allowed quota (size). (#5.2.2)", "full"),
        ("5.2.1", "vdelivermail: account is locked email bounced", "dead"),
        ("", "The email account is over quota", "full"),
        ("", "This address no longer accepts mail.", "dead"),
        ("5.1.1", "Remote host said: 550 sorry, no mailbox here by that name (#5.1.1 - chkuser)", "dead"),
        ("5.1.1", "550 5.1.1 <a@example.org>... User unknown", "dead"),
        ("5.1.2", "550 5.1.2 a@example.org... Host unknown (Name server: x.org: host not found)", "dead"),
        ("5.0.0", "554 5.0.0 Service unavailable", "unknown"),
        ("5.7.1", "550 5.7.1 a@example.org... Relaying denied. Proper authentication required.", "policy"),
        ("5.2.3", "552 5.2.3 Message exceeds maximum fixed size (10485760)", "policy"),
        ("4.4.1", "Deferred: Connection timed out with mx.x.org", "transient"),
        ("4.0.0", "Warning: could not send message for past 4 hours", "transient"),
        ("4.4.7", "Message could not be delivered for 5 days Message will be deleted from queue", "transient"),
        ("5.7.1", "550 5.7.1 Access denied", "policy"),
        ("5.6.0", "554 5.6.0 Message contains invalid header", "policy"),
        ("5.5.0", "553 5.5.0 Rejected by DMARC", "dmarc"),
        ("5.1.1", "550 5.1.1 User a@example.org (a@example.org) not listed in Domino Directory", "dead"),
        ("", "User ann (a@example.org) not listed in public Name & Address Book", "dead"),
        ("5.0.0", "550 Your mail was refused due to blacklist (Domino)", "policy"),
        ("5.1.1", "Router: Database disk quota exceeded", "full"),
        ("5.7.1", "554 Relay rejected for policy reasons.", "policy"),
        ("5.1.1", "550 5.1.1 <a@example.org>: Recipient address rejected: x.org", "dead"),
        ("5.2.2", "554 5.2.2 zimbra lmtp: Over quota", "full"),
        ("4.2.2", "452 4.2.2 Over quota", "full"),
        ("5.1.1", "550 5.1.1 Mailbox unavailable / no such account", "dead"),
        ("5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist.", "dead"),
        ("5.7.1", "550 5.7.1 SendGrid: 550 Requested mail action not taken: mailbox unavailable", "dead"),
        ("5.1.1", "550 5.1.1 recipient rejected", "dead"),
        ("5.0.0", "550 Recipient Rejected", "dead"),
        ("5.0.0", "550 Unknown Recipient", "dead"),
        ("", "550 a@example.org recipient rejected: no such recipient", "dead"),
        ("5.0.0", "550 This mailbox is not available. Mailbox has been blocked due to inactivity", "dead"),
        ("5.2.1", "550 5.2.1 Mailbox is inactive", "dead"),
        ("5.1.1", "550 5.1.1 User unknown in virtual mailbox table - also blocked?", "dead"),
        ("5.0.0", "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=x", "policy"),
        ("5.7.1", "550 5.7.1 No such user! 1770727568-8kRk", "dead"),
        ("5.7.1", "554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc", "policy"),
        (
            "5.0.0",
            "550 Mail content denied. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",
            "policy",
        ),
        ("5.0.0", "550 Mailbox not found. http://service.mail.qq.com", "dead"),
        ("5.0.0", "552 Mailbox limit exceeded", "full"),
        ("5.0.0", "550 Invalid User : a@163.com", "dead"),
        ("5.0.0", "550 User suspended", "dead"),
        ("5.2.2", "552 5.2.2 Der Posteingang des Empfängers ist voll", "full"),
        ("5.0.0", "550 Boîte du destinataire pleine. Recipient overquota. OFR_417", "full"),
        ("5.0.0", "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416", "dead"),
        ("5.0.0", "550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]", "policy"),
        (
            "5.0.0",
            "421 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_103",
            "transient",
        ),
        ("5.5.0", "550 5.5.0 Spam détecté. Veuillez verifier le contenu", "policy"),
        ("5.1.1", "550 5.1.1 Usuario desconocido", "dead"),
        ("5.0.0", "550 El buzón del usuario está lleno", "full"),
        ("5.0.0", "550 la casella del destinatario è piena", "full"),
        ("5.0.0", "550 utente sconosciuto", "dead"),
        ("5.0.0", "550 Benutzer unbekannt", "dead"),
        ("5.0.0", "550 Empfänger existiert nicht", "dead"),
        ("5.0.0", "550 ящик переполнен", "full"),
        ("5.0.0", "550 пользователь не найден", "dead"),
        ("5.0.0", "550 caixa postal cheia", "full"),
        ("5.0.0", "550 usuário inexistente", "dead"),
        ("5.0.0", "550 skrzynka odbiorcy jest przepełniona", "full"),
        ("5.0.0", "550 nieznany użytkownik", "dead"),
        ("5.0.0", "550 mailbox van de ontvanger is vol", "full"),
        ("5.0.0", "550 gebruiker onbekend", "dead"),
        ("5.0.0", "550 收件人邮箱已满", "full"),
        ("5.0.0", "550 用户不存在", "dead"),
        ("5.0.0", "550 postlådan är full", "full"),
        ("5.0.0", "550 okänd mottagare", "dead"),
        ("5.0.0", "550 ukjent bruker", "dead"),
        ("5.0.0", "550 ukendt modtager", "dead"),
        ("5.0.0", "550 kullanıcı bulunamadı", "dead"),
        ("5.0.0", "550 posta kutusu dolu", "full"),
        ("5.1.1", "550 5.1.1 sorry, your message looks like spam", "policy"),
        ("5.1.1", "550 5.1.1 Mail appears to be unsolicited - rejected", "policy"),
        ("5.7.1", "550 5.7.1 Recipient not authorized, your IP has been found on a block list", "policy"),
        ("5.7.1", "550 5.7.1 User unknown", "dead"),
        ("5.1.6", "550 5.1.6 mailbox has moved, no forwarding address", "dead"),
        ("5.0.0", "550 too many recipients", "policy"),
        ("5.5.3", "452 4.5.3 Too many recipients", "transient"),
        ("5.7.1", "550 5.7.1 The account is not permitted to receive from outside", "policy"),
        ("5.0.0", "554 5.3.0 Sorry, virus found (ClamAV)", "policy"),
        ("5.6.1", "554 5.6.1 Eight bit data not allowed", "policy"),
        ("5.7.1", "550 5.7.1 Delivery not authorized, message refused", "policy"),
        ("5.7.7", "554 5.7.7 Email not accepted, message failed ARC/DMARC check", "dmarc"),
        ("5.7.0", "550-5.7.0 DKIM signature verification failed", "policy"),
        ("5.0.0", "550 5.7.350 Remote server returned message detected as spam -> 554 5.7.1", "policy"),
        ("5.3.2", "554 5.3.2 STOREDRV.Deliver; Disabled mailbox", "dead"),
        ("5.2.1", "550 5.2.1 <a@aol.com>: This user has blocked you", "policy"),
        ("5.7.1", "550 5.7.1 recipient is not accepting mail from this sender", "policy"),
        ("", "550 Invalid recipient a@example.org (Mode: normal)", "dead"),
        ("5.0.0", "550 cuda_nsu a@example.org: user unknown", "dead"),
        ("5.0.0", "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.", "policy"),
        ("5.0.0", "554 Denied (Mode: normal)", "policy"),
        ("5.0.0", "550 Rejected: 198.51.100.2 listed at bl.spamcop.net", "policy"),
        ("5.0.0", "550 Not a valid email address", "dead"),
        ("5.0.0", "550 address unknown", "dead"),
        ("5.0.0", "550 is not a known user on this system", "dead"),
        ("5.0.0", "550 That e-mail address is not known here", "dead"),
        ("5.0.0", "550 Recipient does not exist on this system", "dead"),
        ("5.0.0", "511 sorry, no mailbox here by that name", "dead"),
        ("5.0.0", "553 sorry, your envelope recipient has been denied (#5.7.1)", "policy"),
        ("4.2.1", "450 4.2.1 mailbox temporarily disabled", "transient"),
        ("4.2.1", "450 mailbox unavailable", "transient"),
        ("", "451 4.3.0 Temporary lookup failure", "transient"),
        ("5.0.0", "550 the mailbox of this person is not here: account is archived", "dead"),
        ("", "550 mailbox is frozen", "dead"),
        ("", "550 no one by that name works here", "dead"),
        ("", "553 not found in our directory, no such mail name", "dead"),
        ("", "550 this recipient is not in our validrcptto list", "dead"),
        ("", "550 <gone@example.com>: not found", "dead"),
        ("", "550 unknown or illegal alias", "dead"),
        ("", "550 recipient domain must exist", "dead"),
        ("", "550 the account has been replaced by new@example.com", "dead"),
        ("", "550 kein Postfach mit diesem Namen", "dead"),
        ("", "550 utente inesistente", "dead"),
        ("", "550 takie konto: nie ma takiego", "dead"),
        ("", "552 there is not enough space in this mailbox", "full"),
        ("", "552 the user's mail folder is full", "full"),
        ("", "552 the mailbox is over its size limit", "full"),
        ("", "550 zu viele Mails im Postfach", "full"),
        ("5.4.5", "550 5.4.5 Daily user sending quota exceeded", "policy"),
        ("", "550 mail from dynamic-ip hosts is not taken", "policy"),
        ("", "550 no PTR for your host", "policy"),
        ("", "554 client host rejected", "policy"),
        ("", "550 unroutable sender address", "policy"),
        ("", "550 senders must be approved: sender is not pre-approved", "policy"),
        ("", "550 this recipient is on a members-only list", "policy"),
        ("", "550 you are not a member of this list", "policy"),
        ("", "550 routing loop found, too many received: headers", "policy"),
        ("", "550 server requires TLS, please authenticate", "policy"),
        ("", "550 line length exceeds the limit", "policy"),
        ("", "550 the recipient refuses to accept your mail", "policy"),
        ("", "550 domain example.com does not accept mail from you", "policy"),
        ("", "550 not collected after 30 days, message timed out", "transient"),
        ("", "554 could not find a gateway for example.com", "transient"),
        ("", "550 too many connections from your host", "transient"),
        ("", "554 server is busy, try later", "transient"),
        ("", "554 lost connection while sending", "transient"),
        ("5.0.0", "", "unknown"),
        ("", "", "unknown"),
        ("5.5.4", "554 transaction failed", "unknown"),
    ],
)
def test_a_servers_words_are_understood(status: str, words: str, cause: Cause) -> None:
    assert read_cause(status, words) == cause


def test_a_report_names_the_address_we_wrote_to_and_the_most_telling_code() -> None:
    content = (
        "Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822;ann@example.org\n"
        "Final-Recipient: rfc822;@relay.example:ann@internal\nAction: failed\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 550 5.1.1\n  user unknown\n\nFinal-Recipient: rfc822;bob@example.org\n"
        "Action: delivered\nStatus: 2.0.0\n"
    )
    assert read_delivery_status(content, "") == [BounceReport("ann@example.org", "5.1.1", "dead")]


def test_a_delay_never_counts_as_dead() -> None:
    content = "Final-Recipient: rfc822;a@example.org\nAction: delayed\nStatus: 5.1.1\n"
    assert [report.klass for report in read_delivery_status(content, "")] == ["transient"]


def test_what_the_report_tells_people_counts_where_its_fields_are_silent() -> None:
    content = "Final-Recipient: rfc822;a@example.org\nAction: failed\nStatus: 5.0.0\n"
    told = "Could not be delivered:\n\n  a@example.org\n    550 invalid mailbox, user not found\n"
    assert [report.klass for report in read_delivery_status(content, told)] == ["dead"]


def test_each_address_of_a_written_report_has_its_own_reason() -> None:
    headers = Headers([("From", "MAILER-DAEMON@mx"), ("X-Failed-Recipients", "a@example.org, b@example.org")])
    text = (
        "These addresses failed:\n\n  a@example.org\n    550 5.1.1 user unknown\n  b@example.org\n"
        "    552 5.2.2 mailbox full\n\n------ This is a copy of the message ------\n\nspam spam\n"
    )
    assert read_text_report(headers, text, b"") == [
        BounceReport("a@example.org", "5.1.1", "dead"),
        BounceReport("b@example.org", "5.2.2", "full"),
    ]


@pytest.mark.parametrize("sender", [b"", b"From: \xe4\xf6@x\r\n", b"From: =?x?q?=\r\n"])
def test_a_report_without_a_readable_sender_is_read(sender: bytes) -> None:
    raw = (
        sender + b"Return-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    parsed = parse(raw)
    assert parsed.kind == "bounce"
    assert parsed.bounces == (BounceReport("a@example.org", "5.1.1", "dead"),)


@pytest.mark.parametrize(
    ("fields", "looks"),
    [
        ([("From", "Ann <ann@example.org>"), ("Subject", "Mail delivery failed, any ideas?")], False),
        ([("From", "MAILER-DAEMON@mx"), ("Subject", "x")], True),
        ([("From", "postmaster@mx.example"), ("Subject", "Undeliverable: Rota")], True),
        ([("From", "postmaster@mx.example"), ("Subject", "Rota")], False),
        ([("From", "x@mx.example"), ("Return-Path", "<>"), ("Subject", "Unzustellbar: Rota")], True),
    ],
)
def test_a_bounce_is_known_by_who_writes_and_what_about(fields: list[tuple[str, str]], looks: bool) -> None:
    assert looks_like_bounce(Headers(fields)) is looks


FAILED = "It could not be delivered to gone@example.org."


@pytest.mark.parametrize(
    ("fields", "text", "reads"),
    [
        ([("From", "scan@gw.example"), ("Subject", "Delivery failure")], "Unable to deliver to <a@example.org>", True),
        ([("From", "Mail Gateway <gw@x.example>"), ("Subject", "Mail error")], FAILED, True),
        ([("From", "post_master@x.example"), ("Subject", "Re: Rota"), ("References", "<a@b>")], FAILED, True),
        ([("From", "x@y.example"), ("Subject", "メール配信エラー")], "送信できませんでした。\ngone@example.org", True),
        ([("From", "x@y.example"), ("Subject", "メールエラー通知")], "送信できませんでした。\ngone@example.org", True),
        ([("From", "Ann <a@x.example>"), ("Subject", "Your mail"), ("Return-Path", "<>")], FAILED, True),
        ([("From", "Ann <a@x.example>"), ("Subject", "Delivery failure")], FAILED, False),
        ([("From", "a@x.example"), ("Subject", "Delivery failure")], f"{FAILED} Why?", False),
        ([("From", "a@x.example"), ("Subject", "Delivery failure")], f"Dear all, {FAILED}", False),
        ([("From", "a@x.example"), ("Subject", "Rota")], FAILED, False),
        ([("From", "a@x.example"), ("Subject", "Delivery failure"), ("References", "<a@b>")], FAILED, False),
        (
            [("From", "a@x.example"), ("Subject", "Delivery problem")],
            "The vaccine could not be delivered to our clinic. Write to me at a@x.example.",
            False,
        ),
        (
            [("From", "Ann <a@x.example>"), ("Subject", "Away"), ("Return-Path", "<>")],
            "I cannot be reached until Monday; write to bob@example.org.",
            False,
        ),
    ],
)
def test_a_report_without_outer_signs_is_known_by_its_first_words(
    fields: list[tuple[str, str]], text: str, reads: bool
) -> None:
    assert reads_like_bounce(Headers(fields), text) is reads


def test_the_words_on_one_address_end_where_the_next_one_begins_in_quotation_marks() -> None:
    headers = Headers([("From", "MAILER-DAEMON@mx"), ("X-Failed-Recipients", "a@example.org, b@example.org")])
    text = '"a@example.org":\n5.2.1 User unknown\n"b@example.org":\n5.2.2 Mailbox full\n'
    assert [report.cause for report in read_text_report(headers, text, b"")] == ["dead", "full"]


def test_what_is_said_before_several_addresses_holds_for_each_but_never_kills_them() -> None:
    headers = Headers([("From", "MAILER-DAEMON@mx"), ("X-Failed-Recipients", "a@example.org, b@example.org")])
    slow = "The host did not respond, and the message has been delayed.\n\n  <a@example.org>\n  <b@example.org>\n"
    assert {report.cause for report in read_text_report(headers, slow, b"")} == {"transient"}
    dead = "One of these does not exist.\n\n  <a@example.org>\n  <b@example.org>\n"
    assert {report.cause for report in read_text_report(headers, dead, b"")} == {"unknown"}


def test_a_hostile_report_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    raw = b"From: MAILER-DAEMON@mx\nX-Mailer: \xff\nX-Failed-Recipients: " + b"(" * 3_000 + b"\n\nSorry.\n"
    assert parse(raw).kind == "bounce"
    assert caplog.records == []


def test_a_report_on_thousands_of_addresses_is_read_in_no_time() -> None:
    one = "Final-Recipient: rfc822; a{0}@example.org\nAction: failed\nDiagnostic-Code: smtp; 550 {0} " + "user " * 800
    began = time.monotonic()
    reports = read_delivery_status(
        "\n\n".join(one.format(number) for number in range(3_000)), "mail from user " * 9_000
    )
    assert len(reports) == MAX_REPORTS
    assert time.monotonic() - began < 4


def test_a_person_who_forwards_a_bounce_sends_a_post() -> None:
    raw = (
        b"From: ann@example.org\r\nSubject: Fwd: Undeliverable\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
        b"--o\r\n\r\nWhat is this?\r\n--o\r\nContent-Type: message/rfc822\r\n\r\nFrom: MAILER-DAEMON@mx\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n--o--\r\n"
    )
    parsed = parse(raw)
    assert parsed.kind == "post"
    assert parsed.text.startswith("What is this?")
    assert parsed.bounces == ()


def test_a_refusal_at_once_is_read_like_a_report() -> None:
    assert read_reply(550, "5.1.1 user unknown") == BounceReport("", "5.1.1", "dead")
    assert read_reply(552, "mailbox full").cause == "full"
    assert read_reply(554, "rejected by DMARC policy of the sender's domain").cause == "dmarc"


def test_a_dmarc_refusal_is_printed_as_policy() -> None:
    assert BounceReport("a@example.org", "5.7.26", "dmarc").klass == "policy"


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_report_makes_it_raise(content: str, told: str) -> None:
    for report in read_delivery_status(f"Final-Recipient: rfc822; a@b.c\nStatus: {content}", told):
        assert report.klass in ("dead", "full", "policy", "transient", "unknown")
