"""The words that mail programs put around other people's words, in the languages of their users.

Only data and the patterns made from it; `trim.py` and `quoted_html.py` decide what they mean.
"""

import re

# How an attribution line begins, before the date: "On Monday", "Am 3. Mai", "W dniu".
_OPENERS = (
    "on|le|am|vom|um|el|il|in data|il giorno|il|em|no dia|op|den|på|kl|den|w dniu|dnia|dne|dňa|dana|la data de"
    "|în data de"
    "|pe data de|pe|la|στις|την|на|в|у|от|od|dne|kuupäeval|vào|vào lúc|pada|pada tanggal|a|el dia|بتاريخ|في|בתאריך|ב-"
    "|เมื่อ|tarih|þann|quoting|zitat von|citando|citat från|在|于"
)
OPENER = re.compile(rf"[*_\s]*(?:{_OPENERS})(?![^\W\d_])", re.IGNORECASE)

# The verb of an attribution. These end it: "X <x@y> wrote:".
_VERBS = (
    r"wrote|writes|said|wrote the following|schrieb|schreibt|geschrieben|a [ée]crit|écrit|escribi[óo]|escribe"
    r"|ha scritto"
    r"|scrive|escreveu|schreef|het volgende geschreven|skrev|skriver|skreiv|kirjoitti|napisa[łl](?:\(a\)|a)?"
    r"|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|írta|a scris|yazdı|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?"
    r"|пише|написав(?:\(ла\))?|написала|έγραψε|написа|je napisao|je napisala|je napisal(?:\(a\)|a)?|napisao|kirjutas"
    r"|rašė|rakstīja|va escriure|ha escrit|skrifaði|đã viết|menulis|כתב(?:ה|/ה)?|كتب|เขียนว่า|เขียน|写道|寫道|写到"
    r"|のメール|さんは書きました|が書きました|は書きました|님이 작성|작성"
)
VERB_AT_END = re.compile(rf"(?:^|[\s>\"'”)\]\d_*]|(?<=[年月日点點時时分]))(?:{_VERBS})\s*(?:…|\.\.\.)?$", re.IGNORECASE)
# In these languages the verb stands before the name: "Am 3. Mai schrieb X:".
VERB_INSIDE = re.compile(
    r"(?:^|[\s\d>.,)])(?:schrieb|schreef|skrev|skreiv|hat geschrieben|ezt írta|írta|wrote|écrit|kirjoitti"
    r"|a scris|napisał)"
    r"(?=[\s<\"'“(])",
    re.IGNORECASE,
)

_SEPARATOR_PHRASES = (
    "original message|original appointment|original e-?mail|reply message|reply to message|urspr(?:ü"
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
SEPARATOR = re.compile(
    rf"[\s*>]*(?:[-_=]{{2,}}|[-_=]{{1,3}})\s*(?:{_SEPARATOR_PHRASES})\s*:?\s*[-_=]*[\s*]*", re.IGNORECASE
)
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
    "from": "from|von|de|da|van|fra|från|lähettäjä|od|от|від|от кого|feladó|kimden|gönderen|από|expéditeur"
    "|remitente|mittente"
    "|remetente|afzender|avsändare|afsender|nadawca|odesílatel|expeditor|šalje|pošiljatelj|saatja|寄件者|寄件人"
    "|发件人|發件人"
    "|差出人|送信者|보낸 사람|보낸사람|מאת|من|dari|từ|จาก|frá",
    "date": "sent|date|sent on|date sent|gesendet|gesendet am|datum|envoyé|envoyé le|date d'envoi|enviado"
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
    "to": "to|an|à|a|para|aan|til|till|vastaanottaja|do|dla|кому|до|komu|címzett|către|catre|pentru|kime|alıcı"
    "|kimə|προς|per"
    "|за|prima|za|saaja|收件人|收件者|宛先|받는 사람|받는사람|אל|إلى|kepada|tới|ถึง",
    "cc": "cc|bcc|cci|ccn|cco|kopie|copie|copie à|copia|cópia|kopi|kopia|kopio|dw|udw|копия|копія|kópia|másolat"
    "|másolatot kap|bilgi"
    "|κοιν|κοινοποίηση|抄送|副本|密送|참조|עותק|نسخة|tembusan",
    "subject": "subject|betreff|betr|objet|sujet|asunto|oggetto|assunto|onderwerp|emne|ämne|aihe|otsikko|temat"
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

_DEVICES = (
    "iphon|ipad|ipod|ios\\b|aka\\.ms|apple watch|imac|macbook|mac|blackberry|android|samsung|galaxy|huawei"
    "|honor|xiaomi|redmi|mi phone|oneplus|oppo"
    "|pixel|nokia|lumia|sony|xperia|htc|lg|motorola|moto|wiko|fairphone|windows phone|windows|outlook|yahoo"
    "|gmail|mail|aol"
    "|mobile|mobil|mobiltelefon|mobiele|mobieltje|móvil|movil|celular|cellulare|handy|smartphone|phone|telefon"
    "|telefono|teléfono"
    "|téléphone|tablet|tablette|device|gerät|appareil|dispositivo|dispositif|puhelin|puhelimesta|komórki"
    "|komórkowego|telefonu"
    "|verizon|t-mobile|vodafone|orange|typeapp|bluemail|spark|sparrow|nine|protonmail|proton|mailbox|airmail"
    "|mailspring|thunderbird"
    "|k-9|fairemail|newton|superhuman|hey|zoho|front|treo|palm|torch|mymail|tutanota|sfr|bouygues|freemail"
    "|telekom|1&1|gmx|web\\.de"
    "|posta|почты|почта|устройства|телефона|смартфона|tarafından|cep telefonumdan|κινητό|携帯|スマートフォン"
    "|手机|휴대폰|アンドロイド"
)
_SENT_FROM = (
    r"sent (?:from|via|using|with)|get outlook for|download outlook|gesendet (?:von|mit|über|via)|von meinem"
    r"|diese nachricht wurde von"
    r"|envoy[ée] (?:depuis|de|d['’]|à partir d|avec|via)|enviado (?:desde|do|de|por|a partir)|inviato (?:da|dal"
    r"|con|tramite)"
    r"|verzonden (?:vanaf|met|via|vanuit)|verstuurd (?:vanaf|met|via|vanuit)|sendt (?:fra|med|via)"
    r"|skickat (?:från|med|via)"
    r"|lähetetty|lähettäjä: |wysłan[eoy] z|отправлено (?:с|из)|надіслано (?:з|із)|odesláno z|odoslané z"
    r"|poslan[oé] z|küldve|elküldve"
    r"|trimis (?:de pe|din)|gönderildi|στάλθηκε από|изпратено от|poslato sa|saadetud|iphone'umdan|ipad'imden"
    r"|iphone(?:から送信|보냄)"
    r"|从我的|发自我的|發自我的|来自我的|从 |나의 .{1,20}에서|내 .{1,20}에서|נשלח מ|أرسلت من|dikirim dari"
    r"|đã gửi từ|obtenir outlook"
    r"|obtenga outlook|holen sie sich outlook|ottieni outlook|obter o outlook|outlook voor|hämta outlook|outlook for"
)
SENT_FROM = re.compile(
    rf"[\s*_>—–-]{{0,6}}(?:{_SENT_FROM})(?=[^,;]{{0,60}}(?:{_DEVICES})).{{0,110}}"
    rf"|[\s*_—–-]{{0,6}}(?:나의 |내 )?(?:iphone|ipad|android|galaxy|outlook|yahoo)(?:から送信|より送信"
    rf"|에서 보냄|で送信).{{0,40}}"
    rf"|[\s*_—–-]{{0,6}}(?:iphone|ipad)['’]?\w{{1,8}} gönderildi.{{0,20}}"
    r"|[\s*_—–-]{0,6}sent from (?:a|my) (?:[\w'’-]+ ){0,5}[\w'’-]+"
    r"|[\s*_—–-]{0,6}(?:please )?(?:excuse|forgive|pardon) (?:the |any |my )?(?:brevity|typos|errors|spelling"
    r"|mistakes).{0,80}",
    re.IGNORECASE,
)
SENT_FROM_START = re.compile(rf"[\s*_>—–-]{{0,6}}(?:{_SENT_FROM})", re.IGNORECASE)

# Sentences of legal footers: one of the first kind is enough, of the second it takes two different ones.
_FOOTER_STRONG = (
    r"^\W*(?:confidentiality|privacy|legal|e-?mail|important) (?:notice|note|statement|disclaimer)\W*[:.–—-]"
    r"|(?:are|is) not (?:the|an|a) (?:intended|named) (?:recipient|addressee)"
    r"|intended (?:solely|only|exclusively)?\s?for (?:the )?(?:sole |exclusive |personal )?(?:use (?:of|by)"
    r"|attention of)"
    r"|(?:receive|received|have received) (?:this|it) (?:e-?mail|message|communication|transmission"
    r"|fax)?\s?(?:by mistake|in error)"
    r"|scanned (?:for|by) .{0,40}(?:virus|malware|mimecast|security)|virus[- ]?free\b.{0,40}www"
    r"|consider the environment before printing|think before (?:you )?print"
    r"|nicht der (?:richtige|beabsichtigte|vorgesehene) (?:adressat|empfänger)|irrt[üu]mlich erhalten"
    r"|unbefugte weitergabe"
    r"|enthält vertrauliche|vertrauliche und/?\s?(?:oder )?rechtlich gesch[üu]tzte"
    r"|(?:message|courriel|mail) (?:et|ainsi que) .{0,60}(?:pièces jointes|fichiers joints).{0,40}confidentiel"
    r"|reçu ce (?:message|courriel|mail) par erreur|destinataire (?:prévu|désigné)|n['’]êtes pas le destinataire"
    r"|mensaje .{0,80}(?:es|son|contiene).{0,30}confidencial|recibi(?:do|ó) este (?:mensaje|correo).{0,20}por error"
    r"|no es (?:usted )?el destinatario|informazioni contenute in quest[ao].{0,80}riservate|ricev(?:uto"
    r"|ete) quest[oa] (?:messaggio|e-?mail|mail).{0,20}per errore"
    r"|ricevuto per errore|recebeu est[ae] (?:mensagem|e-?mail).{0,20}por (?:engano|erro)"
    r"|esta mensagem .{0,60}confidencia"
    r"|uitsluitend bestemd voor|niet de (?:geadresseerde|beoogde ontvanger)|ten onrechte (?:ontvang|hebt ontvangen)"
    r"|modtaget denne (?:e-?mail|mail|meddelelse) ved en fejl|mottatt denne (?:e-?post"
    r"|meldingen?).{0,20}ved (?:en )?feil"
    r"|fått detta (?:meddelande|mail|e-?post).{0,20}av misstag|avsett endast för|luottamuksellis.{0,80}vastaanottaj"
    r"|otrzyma(?:li|ł).{0,40}(?:omyłkowo|przez pomyłkę)|wiadomość .{0,80}poufn|конфиденциальн.{0,80}(?:адресат"
    r"|получател)"
    r"|получили (?:это|данное) (?:сообщение|письмо) по ошибке|obdrželi tento e-?mail omylem|bu e-?posta .{0,60}gizli"
    r"|external (?:message|e-?mail) warning|(?:e-?mail|message) (?:originated|comes|came|is"
    r"|was sent) from (?:outside|an external)"
)
FOOTER_STRONG = re.compile(_FOOTER_STRONG, re.IGNORECASE)
FOOTER_WEAK = re.compile(
    r"confidential|privileged|protected health information|hipaa|unauthori[sz]ed|disclos(?:ure|ed)|dissemination"
    r"|intended recipient|disclaimer|notify the sender|delete (?:this|the|it)|vertraulich|absender|confidentiel"
    r"|confidencial|riservat|vertrouwelijk"
    r"|fortrolig|konfidentiell|luottamuksellinen|poufne|конфиденциальн|důvěrn|bizalmas|gizlidir|εμπιστευτικ",
    re.IGNORECASE,
)
FOOTER_HEADING = re.compile(
    r"[\W_]*(?:disclaimer|confidentiality(?: notice)?|legal notice|important notice|caution|haftungsausschluss"
    r"|avertissement|aviso legal"
    r"|avviso legale|vertraulichkeitshinweis|hinweis|avis de confidentialité)[\W_]*",
    re.IGNORECASE,
)
BANNER = re.compile(
    r"[\W_]*(?:caution|warning|external(?: e-?mail)?|achtung|attention|vorsicht|let op|atención)\b.{0,60}"
    r"(?:e-?mail|message|mail|nachricht|courriel|bericht|correo).{0,80}(?:outside|external|extern|außerhalb"
    r"|extérieur|buiten|fuera).*",
    re.IGNORECASE | re.DOTALL,
)
LIST_FOOTER = re.compile(
    r"\b(?:mailing list|mailing-list|maillinglist|unsubscribe|listinfo|you (?:are receiving|received"
    r"|are subscribed)|yahoo! groups?|google groups"
    r"|abmelden|abbestellen|désabonner|désinscri|darse de baja|cancelar (?:la )?suscripción|disiscriv"
    r"|cancellar(?:ti|si)|uitschrijven|afmelden"
    r"|avregistrera|afmeld|отписаться|wypisać|odhlásit|leave (?:this|the) (?:group|list))",
    re.IGNORECASE,
)
WHERE_TO = re.compile(r"https?://|www\.|mailto:|[\w.+-]@[\w-]")

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
