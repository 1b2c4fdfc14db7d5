"""The words that mail programs put around other people's words, in the languages of their users.

Only data and the patterns made from it; `trim.py` and `quoted_html.py` decide what they mean. What stands under an
author's own words is in `footer_words.py`.
"""

import re

# How an attribution line begins, before the date: "On Monday", "Am 3. Mai", "W dniu".
_OPENERS = (
    "on|le|am|vom|um|el|il|in data|il giorno|il|em|no dia|op|den|på|kl|den|w dniu|dnia|dne|dňa|dana|la data de"
    "|în data de"
    "|pe data de|pe|la|στις|την|на|в|у|от|od|dne|kuupäeval|vào|vào lúc|pada|pada tanggal|a|el dia|بتاريخ|في|בתאריך|ב-"
    "|เมื่อ|ในวันที่|tarih|þann|quoting|zitat von|citando|citat från|在|于|於|en|às|v|missatge de|در تاریخ|kasutaja"
    "|wiadomość napisana przez"
)
OPENER = re.compile(rf"[*_\s-]*(?:{_OPENERS})(?![^\W\d_])", re.IGNORECASE)

# The verb of an attribution. These end it: "X <x@y> wrote:".
_VERBS = (
    r"wrote|writes|said|wrote the following|schrieb|schreibt|geschrieben|schrieben sie|schriebst du|a [ée]crit|écrit"
    r"|(?<=[>)]\s)sent|vous écriviez|escribi[óo]|escribe"
    r"|ha scritto|scrive|escreveu|schreef|het volgende geschreven|skrev|skriver|skreiv|kirjoitti"
    r"|napisa[łl](?:\(a\)|a)?|pisze|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|(?:ezt )?írta|a scris"
    r"|(?:şunu |şunları )?yazdı|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|пише|написав(?:\(-?ла\))?|написала"
    r"|έγραψε|написа|(?:je )?napisa(?:o|la|l)(?:/la|\(a\))?(?: je)?|(?:је )?написа(?:о|ла)(?:/ла)?|kirjutas|rašė"
    r"|rakstīja|va escriure|ha escrit|skrifaði|(?:đã )?viết|menulis|כתב(?:ה|/ה)?|كتبت?|تمت كتابة ما يلي بواسطة|نوشت"
    r"|ने लिखा|เขียนว่า|เขียน|写道|寫道|写到|のメール|さんは書きました|が書きました|は書きました|님이 작성|작성"
    r"|쓴 글|님의 말"
)
VERB = _VERBS
VERB_AT_END = re.compile(
    rf"(?:^|[\s>\"'”)\]\d_*]|(?<=[年月日点點時时分周週]))(?:{_VERBS})\s*(?:…|\.\.\.)?$", re.IGNORECASE
)
# In these languages the verb stands before the name: "Am 3. Mai schrieb X:".
VERB_BEFORE_NAME = re.compile(
    r"(?:^|[\s\d>.,)،])(?:schrieb|hat geschrieben|schreef|skrev|skreiv|skrifaði|ezt írta|écrit|كتبت?"
    r"|تمت كتابة ما يلي بواسطة|missatge de|wiadomość napisana przez)(?=[\s<\"'“(])",
    re.IGNORECASE,
)
# ... or the name comes first and the date last: "X wrote on 3 May 2026:".
VERB_BEFORE_DATE = re.compile(
    rf"(?:^|[\s>\"'”)\]_*])(?:{_VERBS}|hat|przez"
    rf"|missatge de)(?=[\s(:,،])[^\d.!?]{{0,60}}(?:\b[^\W\d_]{{1,6}}\.,?\s?)?"
    r"[^\d.!?]{0,30}\d",
    re.IGNORECASE,
)
# What one says of oneself is no attribution: "Yesterday I wrote:".
FIRST_PERSON = re.compile(
    r"(?<![.@\w-])(?:I|[Ww]e|[Ii]ch|[Ww]ir|je|[Nn]ous|yo|io|noi|eu|nós|ik|wij|we|jag|vi|jeg|minä|ja|ya|я|мы)(?: \w+)? "
    r"(?:wrote|write|said|schrieb(?:en)?|avons écrit|escribí|scrivo|escrevi|schreef|schreven|skrev|kirjoitin"
    r"|писал[аи]?)\b"
    r"|\b(?:schrieb|schreef|skrev) (?:ich|ik|jag|jeg|vi)\b|\b[Jj]['’]ai écrit\b|\b[Hh]o scritto\b|\b[Hh]e escrito\b"
)

# Words that no program puts before the name of who wrote.
ARTICLE = (
    "the|our|my|an?|we|he|she|they|it|der|die|das|unser|wir|er|sie|les?|la|notre|nous|el|los|las|il|lo|gli|os?|as|de"
    "|het|den|det"
)
# "The user" before the name, as only programs say it.
USER_WORD = re.compile(r"\b(?:użytkownik|пользовател(?:ь|ем)|користувач)\b", re.IGNORECASE)

_SEPARATOR_PHRASES = (
    "original|original message|original appointment|replied message|antwort nachricht|邮件原件|回复的原邮件"
    "|mail original|původní e-?mail|pôvodný"
    " e-?mail|original e-?mail|reply message|reply to message|urspr(?:ü"
    "|ue)ngliche (?:nachricht|mail|e-mail)"
    "|originalnachricht|original-nachricht|message d['’]origine|message original|message initial|courriel original"
    "|mensaje original|messaggio originale|mensagem original|oorspronkelijk(?:e)? bericht"
    "|oprindelig (?:meddelelse|besked|mail)"
    "|opprinnelig melding|originalmelding|ursprungligt meddelande|originalmeddelande|alkuperäinen viesti"
    "|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|исходное письмо|оригинальное сообщение"
    "|вихідне повідомлення|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|mesajul original"
    "|özgün ileti|orijinal mesaj|orijinal ileti|αρχικό μήνυμα|оригинално съобщение|izvorna poruka|originalna poruka"
    "|izvirno sporočilo|algne kiri|originalus laiškas|sākotnējais ziņojums|missatge original|tin nhắn gốc"
    "|pesan asli|原始邮件|原邮件|原始郵件|元のメッセージ|원본 메시지|원본 메일|הודעה מקורית|الرسالة الأصلية"
)
# Some programs draw their rules with other dashes than "-", and some leave an "&nbsp;" beside them.
_RULE_ENDS = r"[-_=\u2010-\u2015]"
_BLANKS = r"(?:&nbsp;|\s)*"
SEPARATOR = re.compile(
    rf"[\s*>]*{_RULE_ENDS}+{_BLANKS}(?:{_SEPARATOR_PHRASES}){_BLANKS}:?{_BLANKS}{_RULE_ENDS}*[\s*]*"
    r"|[\s*\[]*original message processed by .{1,60}",
    re.IGNORECASE,
)
# The same behind words on one line, where some program lost the line break.
SEPARATOR_IN_LINE = re.compile(rf"(?<=[^\s-])\s*(?=-{{5,}}\s?(?:{_SEPARATOR_PHRASES})\s?-{{5,}})", re.IGNORECASE)
REPLY_ABOVE = re.compile(
    r"[\W_]*(?:please )?(?:type|write|enter|put)?\s*(?:your )?reply (?:above|over) this line[\W_]*"
    r"|[\W_]*(?:bitte )?(?:antworten|schreiben) sie (?:bitte )?(?:ihre antwort )?(?:über"
    r"|oberhalb) dieser (?:zeile|linie)[\W_]*"
    r"|[\W_]*please do not (?:type|write) below this line[\W_]*",
    re.IGNORECASE,
)

_FORWARD_PHRASES = (
    "forwarded (?:message|mail|e-?mail|by .{1,60})|weitergeleitete (?:nachricht|mail|e-mail)"
    "|message (?:transféré|réexpédié|transmis)"
    "|courriel transféré|mensaje reenviado|messaggio inoltrato|mensagem (?:encaminhada|reencaminhada)"
    "|doorgestuurd bericht|videresendt (?:besked|meddelelse|melding)|videresend(?:t|te) (?:e-?mail|mail)"
    "|vidarebefordrat (?:meddelande|mail|brev)|välitetty viesti|(?:przekazana|przesłana dalej) wiadomość"
    "|wiadomość przekazana dalej|пересылаемое сообщение|пересланное сообщение|переслане повідомлення"
    "|пересилане повідомлення|přeposlaná zpráva|preposlaná správa|továbbított (?:üzenet|levél)|mesaj redirecționat"
    "|yönlendirilen (?:ileti|mesaj)|iletilen ileti|προωθημένο μήνυμα|препратено съобщение|proslijeđena poruka"
    "|prosleđena poruka|posredovano sporočilo|missatge reenviat|转发的邮件|转发邮件|轉寄的郵件|转发信息"
    "|転送メッセージ|転送された メッセージ|전달된 메시지"
    "|הודעה שהועברה|رسالة معاد توجيهها|tin nhắn được chuyển tiếp|pesan terusan|pesan yang diteruskan"
)
FORWARD = re.compile(
    rf"[\s*]*[-_=]{{2,}}\s*(?:{_FORWARD_PHRASES})\s*:?\s*[-_=]*[\s*]*"
    rf"|\s*(?:{_FORWARD_PHRASES})\s*[:：]\s*"
    r"|\s*(?:begin forwarded message|start of forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|début du (?:message|courriel) (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|inizio (?:del )?messaggio inoltrato"
    r"|in[íi]cio da mensagem (?:encaminhada|reencaminhada)|begin doorgestuurd bericht|start på videresendt besked"
    r"|videresendt melding|vidarebefordrat brev|välitetty viesti alkaa|początek przekazanej wiadomości"
    r"|начало переадресованного сообщения|začátek přeposlané zprávy|továbbított levél kezdete"
    r"|iletilen ileti başlangıcı"
    r"|以下是转发的邮件|下面是被转发的邮件|転送されたメッセージ|전달된 메시지)\s*:?\s*",
    re.IGNORECASE,
)

# Labels of a quoted header block, by what they name.
_LABELS = {
    "from": "from|von|de|de la|da|no|nuo|از|发信人|발신|발신자|발신인|보낸이|प्रेषक|frå|van|fra|från|lähettäjä|od"
    "|от|від|от кого|feladó|kimden|gönderen|από|expéditeur"
    "|remitente|mittente"
    "|remetente|afzender|avsändare|afsender|nadawca|odesílatel|expeditor|šalje|pošiljatelj|saatja|寄件者|寄件人"
    "|发件人|發件人"
    "|差出人|送信者|보낸 사람|보낸사람|מאת|من|dari|từ|จาก|frá",
    "date": "sent|date|enviat|enviat el|nosūtīts|išsiųsta|تم الإرسال|تاريخ الإرسال|أرسلت|ارسال شده|تاریخ|भेजा गया"
    "|발신일시|보낸시간|sent on|date sent|gesendet|gesendet am|datum|envoyé|envoyé le|date d'envoi|enviado"
    "|enviado el|enviado em"
    "|enviada|enviada em|enviado a las|fecha|fecha de envío|data|data invio|inviato|inviata|inviato il"
    "|verzonden|verzonden op"
    "|sendt|dato|skickat|skickades|lähetetty|lähetetty päivänä|päivämäärä|päiväys|pvm|wysłano|wysłane|data wysłania"
    "|отправлено|дата|послано|надіслано|відправлено|odesláno|odoslané|odoslaná|dátum|elküldve|küldve"
    "|küldés dátuma|trimis"
    "|tarih|gönderildi|gönderme tarihi|gönderilme tarihi|εστάλη|στάλθηκε|ημερομηνία|изпратено|poslano|poslato"
    "|saadetud"
    "|kuupäev|发送时间|发送日期|日期|傳送時間|寄件日期|送信日時|日付|日時|보낸 날짜|날짜|보낸날짜|נשלח|תאריך"
    "|تاريخ|التاريخ"
    "|message du|dikirim|tanggal|ngày|đã gửi|วันที่|ส่ง|dagsetning",
    "to": "to|an|per a|kam|به|수신|수신자|수신인|받는이|प्रति|adressaat|đến|à|a|para|aan|til|till|vastaanottaja"
    "|do|dla|кому|до|komu|címzett|către|catre|pentru|kime|alıcı"
    "|kimə|προς|per"
    "|за|prima|za|saaja|收件人|收件者|宛先|받는 사람|받는사람|אל|إلى|kepada|tới|ถึง",
    "cc": "cc|a/c|kp|kopija|koopia|رونوشت|सीसी|สำเนา|afrit|bcc|cci|ccn|cco|kopie|copie|copie à|copia|cópia|kopi"
    "|kopia|kopio|dw|udw|копия|копія|kópia|másolat"
    "|másolatot kap|bilgi"
    "|κοιν|κοινοποίηση|抄送|副本|密送|참조|עותק|نسخة|tembusan",
    "subject": "subject|tema|tēma|subjek|विषय|제목명|betreff|betr|objet|sujet|asunto|oggetto|assunto|onderwerp"
    "|emne|ämne|aihe|otsikko|temat"
    "|тема|předmět"
    "|predmet|tárgy|subiect|konu|θέμα|относно|teema|主题|主旨|标题|件名|제목|נושא|הנדון|موضوع|الموضوع|assumpte"
    "|perihal|chủ đề|เรื่อง"
    "|efni|zadeva|naslov",
    "other": "reply-to|reply to|antwort an|répondre à|responder a|importance|priority|priorität|wichtigkeit"
    "|anlagen|anhänge"
    "|attachments|pièces jointes|organization|organisation|newsgroups|message-id|in-reply-to|sender|mailed-by"
    "|on behalf of"
    "|thread-topic|categories|adjuntos|allegati|bijlagen|załączniki|вложения|vedhæftede filer|vedlegg|bifogade filer",
}
LABEL_KINDS = {label: kind for kind, labels in _LABELS.items() for label in labels.split("|")}
LABEL = re.compile(r"[\s*_|]{0,12}([^\W\d_][^\d:：<>@]{0,22}?)[\s*_]{0,4}[:：](.*)", re.DOTALL)

# A writer who says that the answers stand among the quoted words.
INLINE_HINT = re.compile(
    r"\b(?:in-?line|interspersed|(?:see|answers?|comments?|replies|responses?) (?:\w+ ){0,2}below|below in"
    r"|in red|in blue|in bold|in green"
    r"|siehe unten|(?:im|in den) text|voir ci-dessous|dans le texte|ver abajo|más abajo|zie hieronder|se nedan"
    r"|se nedenfor|katso alla"
    r"|см\. ниже|ниже по тексту|nel testo|di seguito|patrz niżej)\b",
    re.IGNORECASE,
)

FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|vb|doorst|pd|fs|vl|továbbítás|ilt|trs|转发|轉寄|転送"
    r"|전달)\s*[:：]",
    re.IGNORECASE,
)
REPLY_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw|antwort|sv|vs|ref|rif|odp|res|r|bls|atb|ynt|回复|回覆|答复|返信"
    r"|답장|ответ|отв)\s*(?:\[\d{1,3}\])?\s*[:：]",
    re.IGNORECASE,
)
