"""Recognise a mail that is nothing but a request to the list program, such as "unsubscribe".

Conservative on purpose: a mail with any other words in it is a post, whatever its subject says.
"""

import re

# Requests that nobody means as a contribution to a conversation, with what people put around them.
_BEFORE = (
    r"(?:(?:please|pls|plz|kindly|can you|could you|would you|hi|hello|hey|dear|all|sir|madam|i (?:want|wish"
    r"|need|would like) you to"
    r"|bitte|könn(?:en|ten) sie|s['’]il vous plaît|merci de|veuillez|prière de|por favor|per favore|favor|graag"
    r"|wil|wil je|wilt u|vänligen|venligst"
    r"|vennligst|proszę|prosím|kérem|vă rog|lütfen|пожалуйста|прошу|будь ласка|παρακαλώ|נא|אנא|請|请|どうか)\s+)*"
)
_AFTER = (
    r"(?:(?:\s+(?:please|pls|now|immediately|asap|today|again|anymore|any more|bitte|merci|gracias|grazie"
    r"|obrigad[oa]|aub|alstublieft|tack|takk|tak"
    r"|kiitos|dziękuję|děkuji|köszönöm|mulțumesc|teşekkürler|спасибо|thank you|thanks|many thanks|regards"
    r"|best)){1,3}(?:\s+[^\W\d_]+){0,2})?"
)
_THIS_LIST = (
    r"(?:(?: ?(?:from|off|off of|of|out of|to))?(?: (?:this|the|your|that|all|all of|these|any|these"
    r"|any of))?(?: (?!on-?call|waiting|duty|rota|theatre|operating|patient|drug|problem)[\w-]+)?"
    r"(?: (?:e-?mail|mailing|distribution|discussion))? ?(?:list(?:s|serv)?|groups?|mailings?|e-?mails?|mails?"
    r"|newsletters?|forum|posts|messages))"
)
_FORMS = (
    # English
    r"(?:un-?su[bp]?s?c?r?i?b?e|unsubscribe|subscribe|sign-?off|sign-?on|opt[- ]?out)(?: (?:me|my (?:name"
    r"|e-?mail|address|e-?mail address)))?"
    rf"(?:{_THIS_LIST}| [\w-]+)?",
    rf"(?:remove|delete|drop|strike)(?: (?:me|us|my (?:name|address|e-?mail(?: address)?)))(?:{_THIS_LIST})?"
    rf"|remove{_THIS_LIST}",
    rf"(?:take|get|sign|opt) (?:me|us|my name|my address|my e-?mail(?: address)?) (?:off|out)(?:{_THIS_LIST})?",
    rf"(?:stop|quit|cease)(?: (?:sending|e-?mailing|mailing|spamming|posting))?(?: (?:to )?me)?(?:{_THIS_LIST})",
    r"(?:stop|quit|cease) (?:sending|e-?mailing|mailing|spamming)(?: (?:to )?me)?",
    r"(?:do not|don['’]t) (?:e-?mail|mail|write to|contact|send) me"
    rf"(?:(?: any)?(?: more)?{_THIS_LIST})?",
    rf"(?:i|we) (?:want|wish|would like|['’]d like|need) to (?:unsubscribe|opt out|be (?:removed|unsubscribed"
    rf"|taken off|deleted)|leave)(?:{_THIS_LIST})?",
    rf"(?:i['’]d|i) (?:no longer|do not|don['’]t) (?:wish|want|like) to (?:receive|get|be on)(?:{_THIS_LIST})",
    rf"how (?:do|can|could|would) i (?:unsubscribe|opt out|get off|leave|be removed|stop)(?:{_THIS_LIST})?",
    r"cancel my (?:subscription|membership)|leave (?:this|the) (?:group|list|forum)",
    # German, Dutch, the North
    r"(?:abmelden|abbestellen|austragen|(?:newsletter|liste|mails?) abbestellen)|(?:nehmen|streichen|löschen"
    r"|entfernen|tragen) sie mich .{1,30}(?:verteiler|liste|gruppe)(?: aus)?"
    r"|(?:mich )?(?:aus|von) (?:dem|der|diesem|dieser|ihrem|ihrer) (?:mail)?(?:verteiler|liste"
    r"|gruppe) (?:streichen|nehmen|löschen|entfernen|austragen)"
    r"|ich möchte (?:mich abmelden|keine (?:e-?)?mails mehr(?: erhalten| bekommen)?)"
    r"|keine (?:weiteren )?(?:e-?)?mails mehr|melden sie mich ab",
    r"(?:ik wil me )?(?:uitschrijven|afmelden)|(?:wil )?(?:mij|me) (?:verwijderen|uitschrijven)(?: van (?:deze"
    r"|de) (?:mailing)?lijst)?|haal (?:mij|me) van (?:deze|de) (?:mailing)?lijst",
    r"avregistrera(?: mig)?|avprenumerera|avsluta prenumeration|ta bort mig(?: från (?:denna "
    r"|den här )?listan?)?|(?:afmeld|frameld)(?: mig)?|meld m[ei]g (?:fra|av|af)(?: listen)?"
    r"|fjern m[ei]g fra (?:denne )?listen?|poista minut(?: (?:tältä )?listalta)?|per(?:u|uuta) tilaus",
    # Romance languages
    r"(?:je (?:souhaite|veux|voudrais) )?(?:me |nous )?(?:désabonner|désinscrire)(?: de (?:cette|la"
    r"|votre) liste)?|désinscription|désabonnement|désabonnez[- ]moi|désinscrivez[- ]moi"
    r"|(?:me )?(?:retirer|supprimer|enlever|retirez[- ]moi|supprimez[- ]moi|enlevez[- ]moi)(?: de (?:cette|la"
    r"|votre) liste)",
    r"(?:quiero |deseo )?(?:darme|dar|darse|den?me|denme) de baja(?: de (?:esta|la) lista)?|cancelar (?:la "
    r"|mi )?suscripción|(?:borr|elimin|elimín|quit|saqu)[\wáéí]*me de (?:esta|la) lista",
    r"disiscri(?:vimi|vetemi|zione|vermi)|(?:vorrei )?cancella(?:mi|temi|rmi)(?: dalla"
    r"| da questa)?(?: (?:mailing ?)?list[a]?)?|rimuove(?:temi|rmi) dalla lista",
    r"(?:quero |gostaria de )?(?:sair|cancelar|descadastrar|descadastre-me|remov[ae]m?-me|remover"
    r"|retirem?-me)(?: (?:meu e-?mail|a minha|a|minha|subscrição|inscrição|assinatura))*(?: d?(?:esta|a"
    r"|essa) lista)?",
    r"dezabona(?:re|ți-mă|ti-ma)|să mă dezabonați|scoateți-mă (?:din|de pe) listă|(?:vull )?donar-me de baixa",
    # the East
    r"(?:o )?(?:wypisz(?: mnie)?|wypisanie|usunąć mnie|usuńcie mnie|usunięcie)(?: (?:mnie )?(?:z"
    r"|ze) (?:tej )?listy)?|odhl[aá](?:ste|sit)(?: (?:mě|ma|se|odběr))?|odhlás(?:iť|te ma)"
    r"|leiratkozás|leiratkozom|töröljen(?:ek)? a (?:levelező)?listáról|odjav(?:a|ite me|i me)|odjavite me s liste",
    r"listeden çık(?:mak istiyorum|arın|ar mısınız)|(?:üyeliğimi|aboneliği(?:mi)?) iptal(?: edin)?|отписаться"
    r"|отпишите меня|отписка|(?:удалите|удалить|уберите|исключите) меня из (?:рассылки|списка)"
    r"|відписатися|відпишіть мене|видаліть мене зі? (?:списку|розсилки)|отпишете ме"
    r"|διαγραφή(?: (?:μου )?από τη(?:ν)? (?:λίστα|ομάδα))?|διαγράψτε με(?: από τη(?:ν)? λίστα)?",
    r"הסירו אותי(?: מהרשימה)?|הסר(?:ו אותי)?(?: מהרשימה| מרשימת התפוצה)?|להסיר אותי(?: מהרשימה)?|(?:إلغاء"
    r"|الغاء) الاشتراك|احذفوني من القائمة|لغو عضویت|退订|退訂|取消订阅|取消訂閱"
    r"|配信(?:を)?停止(?:してください|希望)?|退会(?:希望|したいです)?|수신 ?거부|구독 ?취소|탈퇴|hủy đăng ký"
    r"|berhenti berlangganan|ยกเลิกการสมัคร",
)
_PLAIN = re.compile(rf"{_BEFORE}(?:{'|'.join(_FORMS)}){_AFTER}", re.IGNORECASE)
# Words that are also ordinary English: a command only where nothing else stands, neither in subject nor in text.
_AMBIGUOUS = re.compile(
    r"(?:join|leave|help|stop|remove|end|quit|cancel|info|commands|hilfe|aide|ayuda|baja|bye)", re.IGNORECASE
)
_COURTESY = re.compile(
    r"(?:(?:thanks?|thank you|many|so much|best|kind|warm|with|regards|wishes|cheers|sincerely|yours|hi|hello"
    r"|dear|sir|madam|all|please|danke|viele|grüße|mfg|merci|cordialement|gracias|saludos|grazie|bedankt|tack"
    r"|mvh)[\s,.!]*)+",
    re.IGNORECASE,
)
_INNER = re.compile(r"[.,;:!]+(?=\s)")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_SUBJECT_PREFIX = re.compile(r"^(?:\s*(?:re|aw|fwd?|sv|wg|tr)\s*:|\s*\[[^\]]{1,40}\])+", re.IGNORECASE)


def find_command(subject: str, text: str) -> str:
    """The command that a whole mail consists of, in lower case, or ""."""
    if len(text) > 400:
        return ""
    head = _bare(_SUBJECT_PREFIX.sub("", subject))
    lines = [bare for line in text.split("\n") if (bare := _bare(line))]
    words = [line for line in lines if not _COURTESY.fullmatch(line)]
    if not words:
        return head.lower() if _is_request(head) or _AMBIGUOUS.fullmatch(head) else ""
    first, *others = words
    # A name under the request is a signature; more than that is a message to people.
    if len(others) > 1 or any(len(line.split()) > 4 for line in others):
        return ""
    if _is_request(first):
        return first.lower()
    if _AMBIGUOUS.fullmatch(first) and not others and (not head or _is_request(head) or _AMBIGUOUS.fullmatch(head)):
        return first.lower()
    return ""


def _is_request(line: str) -> bool:
    return bool(line) and len(line) <= 120 and _PLAIN.fullmatch(line) is not None


def _bare(line: str) -> str:
    return " ".join(_INNER.sub(" ", _EDGES.sub("", line)).split())
