"""The words that stand under (or, as a warning, above) what an author says: signatures, legal footers, lists.

Only data and the patterns made from it, in the languages of the members; `furniture.py` decides what they mean.
"""

import re

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
    "|手机|휴대폰|アンドロイド|em client|polymail|desktop|cell(?:,|$)"
)
_SENT_FROM = (
    r"sent (?:securely )?(?:from|via|using|with) (?!(?:the|our|this|these) (?!all new)|(?:e-?)?mail to )|get bluemail"
    r"|ส่งจาก|dihantar daripada|ارسال شده از|послато са|išsiųsta iš|nosūtīts no|sent úr|발신: ?나의|відправлено з|मेरे "
    r"|enviado a través de|gesendet (?:von|mit|über|via)|von meinem"
    r"|diese nachricht wurde von"
    r"|envoy[ée] (?:depuis|de|d['’]|à partir d|avec|via)|enviado (?:desde|do|de|por|a partir)|inviato (?:da|dal"
    r"|con|tramite)"
    r"|verzonden (?:vanaf|met|via|vanuit)|verstuurd (?:vanaf|met|via|vanuit)|sendt (?:fra|med|via)"
    r"|skickat (?:från|med|via)"
    r"|lähetetty|lähettäjä: |wysłan[eoy] z|отправлено (?:с|из)|надіслано (?:з|із)|odesláno z|odoslané z"
    r"|poslan[oé] (?:z|s|sa|iz)|enviat (?:des|per|amb)|küldve|elküldve"
    r"|trimis (?:de pe|din)|gönderildi|στάλθηκε από|изпратено от|poslato sa|saadetud|iphone'umdan|ipad'imden"
    r"|iphone(?:から送信|보냄)"
    r"|从我的|從我的|发自我的|發自我的|来自我的|从 |发送自|أُرسلت من"
    r"|나의 .{1,20}에서|내 .{1,20}에서|נשלח מ|أرسلت من|dikirim dari"
    r"|đã gửi từ|holen sie sich outlook|outlook voor|outlook for"
    r"|(?:get|download|télécharger|obtenir|obtenga|obtener|obtén|ottieni|scarica|obter o|baixe o|baixar o|hämta|skaffa"
    r"|hent|få|last ned|verkrijg|hanki|pobierz(?: program)?|получить|скачать|отримати|stáhnout|získat|získajte"
    r"|preuzmi(?:te)?|prenesite|descărcați|obțineți|λήψη του|获取|下载|取得) outlook|获取适用于"
)
SENT_FROM = re.compile(
    rf"(?!.*\?(?:\s|$))[\s*_>—–(<-]{{0,6}}(?:{_SENT_FROM})(?=[^,;]{{0,60}}(?:{_DEVICES})).{{0,110}}"
    rf"|[\s*_—–-]{{0,6}}(?:나의 |내 )?(?:iphone|ipad|android|galaxy|outlook|yahoo)(?:から送信|より送信"
    rf"|에서 보냄|で送信).{{0,40}}"
    # In these languages the verb comes last.
    r"|(?=[^.!?]{1,70}\.?$).{0,30}(?:iphone|ipad|android|galaxy|samsung|huawei|xiaomi|outlook|yahoo|windows|telefonum)"
    r".{0,40} (?:gönderildi|küldve)\.?"
    r"|(?=.{1,60}$)(?:ios için |ios용 )?outlook(?:['’]u|[^.!?]{1,20}) ?(?:herunterladen|downloaden|edinin|letöltése"
    r"|を入手する|다운로드)"
    r"|[\s*_>—–(<-]{0,6}(?:sent by (?:my )?|from my |från min |fra min )(?:iphone|ipad|ipod|galaxy|samsung|android"
    r"|blackberry|mobil|mobile|cell|phone|telefon)(?: \w{1,8})?[\s)>.!*_-]*"
    r"|[\s*_>—–(<-]{0,6}sent on the (?:go|move|run)[\s)>.!*_-]*"
    # The advertisement of Outlook's apps, in whatever language: with the address that is always the same.
    r"|(?=.{0,140}$).{0,60}\boutlook\b.{0,60}(?:aka\.ms/|go\.microsoft\.com/fwlink).{0,40}"
    r"|[\s*_—–(-]{0,6}sent from (?:a|my) (?:[\w'’-]+ ){0,5}[\w'’-]+"
    r"|[\s*_—–-]{0,6}(?:please )?(?:excuse|forgive|pardon|sorry for|apologies for) (?:the |any |my )?(?:brevity|typos"
    r"|errors|spelling|mistakes)(?:[\s.,;:!–-]*|[\s.,;:!–-]+(?:and|or|&|due|caused|as|sent|typed|written|dictated|from|of"
    r"|in this (?:e-?mail|mail|message|reply))\b.{0,80})"
    r"|[\s*_—–-]{0,6}typed (?:on|with) .{0,20}(?:thumb|phone|keyboard|screen).{0,40}"
    r"|[\s*_—–-]{0,6}dictated (?:with|by|using|via|to) .{0,30}(?:voice|siri|dragon|speech|software).{0,80}",
    re.IGNORECASE,
)
SENT_FROM_START = re.compile(rf"[\s*_>—–-]{{0,6}}(?:{_SENT_FROM})", re.IGNORECASE)

# Sentences of legal footers, in a paragraph that speaks of a mail: one of the first kind is enough, of the second it
# takes four different ones.
_FOOTER_STRONG = (
    r"^\W*(?:confidentiality|privacy|legal|important) (?:notice|note|statement|disclaimer)\W*[:.–—-]"
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
    r"|recibi(?:do|ó) este (?:mensaje|correo).{0,20}por error"
    r"|no es (?:usted )?el destinatario|informazioni contenute in quest[ao].{0,80}riservate|ricev(?:uto"
    r"|ete) quest[oa] (?:messaggio|e-?mail|mail).{0,20}per errore"
    r"|ricevuto per errore|recebeu est[ae] (?:mensagem|e-?mail).{0,20}por (?:engano|erro)"
    r"|uitsluitend bestemd voor|niet de (?:geadresseerde|beoogde ontvanger)|ten onrechte (?:ontvang|hebt ontvangen)"
    r"|modtaget denne (?:e-?mail|mail|meddelelse) ved en fejl|mottatt denne (?:e-?post"
    r"|meldingen?).{0,20}ved (?:en )?feil"
    r"|fått detta (?:meddelande|mail|e-?post).{0,20}av misstag|avsett endast för|luottamuksellis.{0,80}vastaanottaj"
    r"|otrzyma(?:li|ł).{0,40}(?:omyłkowo|przez pomyłkę)|wiadomość .{0,80}poufn|конфиденциальн.{0,80}(?:адресат"
    r"|получател)"
    r"|получили (?:это|данное) (?:сообщение|письмо) по ошибке|obdrželi tento e-?mail omylem|bu e-?posta .{0,60}gizli"
    r"|e-?mails?\b.{0,60}may be (?:monitored|recorded|intercepted)"
    r"|views expressed(?! at| on| during).{0,60}(?:are those of"
    r"|do not necessarily)"
    r"|denken sie an die umwelt|bevor sie diese.{0,30}drucken|pensez à l['’]environnement|n['’]imprimez"
    r"|(?:don['’]t|do not) print this e-?mail|antes de imprimir|prima di stampare"
    r"|denk aan het milieu (?:voor|alvorens)|tänk på miljön|tenk på miljøet|tænk på miljøet"
    r"|external (?:message|e-?mail) warning|\bthis (?:e-?mail|message) (?:originated|comes|came|is"
    r"|was sent) from (?:outside|an external)"
)
FOOTER_STRONG = re.compile(_FOOTER_STRONG, re.IGNORECASE)
MAIL_WORD = re.compile(
    r"\be?-?mail|message|nachricht|courriel|courrier|correo|mensaje|messaggio|mensagem|bericht|besked|meddelelse"
    r"|meddelande|melding|e-?post|mejl|viesti|wiadomoś|korespondenc|сообщени|письм|повідомлен|zpráv|správ|levél|üzenet"
    r"|mesaj|ileti|posta|μήνυμα|съобщение|poruk|sporočil|\bkiri|sõnum|ziņojum|laišk|pranešim|הודעה|דוא|رسالة|بريد"
    r"|پیام|ایمیل|メール|邮件|郵件|電郵|메일|메시지|전자우편|thư|อีเมล|surel|pesan|missatge|correu|póst|comunicazione"
    r"|communication|transmission|confidentiality notice|disclaimer",
    re.IGNORECASE,
)
# What employers and their laws want said of data, or of paper, with or without a mail.
FOOTER_DATA = re.compile(
    r"(?:regulation|reglamento|règlement|regolamento|regulamento|verordnung|verordening).{0,20}2016/679"
    r"|^(?=.*(?:privacy|protection|datenschutz|données|datos|dati personali|dados|persoonsgegevens))"
    r".*\b(?:GDPR|RGPD|DSGVO|AVG)\b.{0,80}https?:"
    r"|(?:informationen|hinweise) zum datenschutz|datenschutz(?:hinweise|erklärung"
    r"|informationen).{0,60}(?:https?:|www)"
    r"|(?:consider the environment|think) before (?:you )?print(?:ing)?\W*$",
    re.IGNORECASE,
)
# The makers of virus scanners, who name themselves in their line.
VIRUS_SCANNER = re.compile(
    r"avast|\bavg\b|norton|mcafee|defender|kaspersky|\beset\b|bitdefender|sophos|symantec|mimecast|messagelabs"
    r"|avira|f-secure|antivir|anti-virus|antywirus|антивирус",
    re.IGNORECASE,
)
# A virus scanner's line, under the mails of one person.
VIRUS_CHECK = re.compile(
    r"(?:checked|scanned|certified|tested) (?:for|by|as|free of) .{0,60}(?:virus|malware|avast|avg|norton"
    r"|mcafee|defender)"
    r"|virus[- ]?free\b.{0,60}(?:www|avast|avg|http)|no virus(?:es)? (?:found|detected)"
    r"|auf viren (?:geprüft|untersucht|überprüft)|virenfrei\.|v[ée]rifi[ée].{0,60}(?:antivirus|virus)"
    r"|garanti sans virus"
    r"|sans virus\.\s*www|libre de virus|analizado.{0,60}virus|privo di virus|priva di virus"
    r"|controllat[oa].{0,60}virus"
    r"|(?:livre|sem) (?:de )?v[íi]rus\b.{0,60}(?:www|avast|avg)|virusvrij|op virussen gecontroleerd|fri for vira"
    r"|virusfri|wolna od wirusów|sprawdzona.{0,60}(?:wirus|avast)|проверено.{0,60}(?:вирус|avast)|neobsahuje viry"
    r"|antivirus.{0,40}(?:ellenőrizte|kontrol)|virüs.{0,60}(?:kontrol|tara)",
    re.IGNORECASE,
)
FOOTER_WEAK = re.compile(
    r"confidential|privileged|protected health information|hipaa|unauthori[sz]ed|disclos(?:ure|ed)|dissemination"
    r"|intended recipient|disclaimer|notify the sender|delete (?:this|the|it)|vertraulich|absender|confidentiel"
    r"|confidencial|riservat|vertrouwelijk"
    r"|fortrolig|konfidentiell|luottamuksellinen|poufne|конфиденциальн|důvěrn|bizalmas|gizlidir|εμπιστευτικ",
    re.IGNORECASE,
)
# What legal footers talk about, by what they say of it.
_THIS_MESSAGE = (
    r"\b(?:this|these|the contents? of (?:this|the)|any) (?:e-?mail|message|communication|transmission"
    r"|correspondence|document)"
    r"|e-?mails? (?:sent|and any|including)|diese[rs]? (?:e-?mail|mail|nachricht)|(?:e-?mail"
    r"|nachricht) und (?:ihre|deren|alle) anh"
    r"|\bce (?:message|courriel|mail|courrier)|\b(?:este|el presente) (?:mensaje|correo|e-?mail)|\b(?:esta"
    r"|a presente) (?:mensagem|e-?mail)"
    r"|\bpresente (?:comunicazione|messaggio|e-?mail)|\bquest[ao] (?:messaggio|e-?mail|comunicazione|mail)"
    r"|\bdit (?:e-?mail)?bericht|\bdeze (?:e-?mail|mail)|\bdetta (?:e-?post)?meddelande|\bdette (?:mail|mejl)"
    r"|\bdenne (?:e-?mail|mail|e-?post|melding)"
    r"|\bdenne e-posten|\btämä (?:sähköposti)?viesti|\btämän viestin|\b(?:niniejsza|ta) wiadomość"
    r"|\btat?o (?:zpráva|správa)"
    r"|\btento e-?mail|\bez az (?:e-?mail|üzenet|levél)|\bacest (?:mesaj|e-?mail)|\bbu (?:e-?posta|mesaj|ileti)"
    r"|(?:παρόν|αυτό το) (?:μήνυμα|e-?mail)|(?:это|данное|настоящее) (?:сообщение|письмо|электронное)|(?:це"
    r"|дане) (?:повідомлення|лист)"
    r"|това (?:съобщение|писмо)|\bova (?:poruka|e-?pošta)|\bto (?:sporočilo|e-?sporočilo)|\bsee (?:e-?kiri"
    r"|sõnum)|\bšis (?:e-?pasts|ziņojums|laiškas|pranešimas)"
    r"|הודעה זו|דוא[\"״]ל זה|هذه الرسالة|هذا البريد|این (?:پیام|ایمیل)|本(?:メール|電子メール|邮件|郵件|電郵|信)"
    r"|此(?:邮件|郵件)"
    r"|(?:이|본) (?:메일|이메일|전자우편|메시지)|email này|thư này|อีเมล(?:ฉบับ)?นี้|\b(?:surel|pesan) ini"
    r"|aquest (?:missatge"
    r"|correu)|þessi (?:tölvu)?póst"
)
_CONCEPTS = (
    # secret
    r"confiden[ct]i|privileged|proprietary|vertraulich|rechtlich geschützt|riservat|vertrouwelijk|fortrolig"
    r"|taushets|sekretess"
    r"|konfidenti|luottamuksel|poufn|důvěrn|dôvern|bizalmas|\bgizli|εμπιστευτ|απόρρητ|конфиденци|конфіденц|поверителн"
    r"|povjerljiv|poverljiv|zaupn|konfidentsiaal|konfidenci|חסוי|סודי|سري|محرمانه|機密|秘密|保密|机密|기밀|bảo mật"
    r"|ความลับ|rahasia|trúnað",
    # for whom it is
    # Organs have recipients too.
    r"intended|addressee|(?:not|named|designated) (?:the |a |an )?(?:\w+ )?recipient|recipient(?:\(s\)|s? named)"
    r"|named (?:person|individual)|adressat|empfänger|destinat|destinad|destiné"
    r"|bestemd voor|geadresseerde"
    r"|ontvanger|avsett|mottagar|adressaten|mottaker|modtager|vastaanottaj|adresat|určen|címzett|destinatar"
    r"|alıcı|gönderilen kişi"
    r"|παραλήπτ|адресат|получател|одержувач|предназначен|primatelj|namenjen|prejemnik|adressaa|saņēmēj|gavėj"
    r"|נמען|המרسל إليه|المرسل إليه"
    r"|گیرنده|受信者|收件人|收件者|수신|người nhận|ผู้รับ|penerima|viðtakand",
    # by mistake
    r"in error|by mistake|erroneous|irrtüml|versehentlich|par erreur|por error|per errore|por (?:engano|erro"
    r"|lapso)|ten onrechte"
    r"|abusievelijk|av misstag|ved en fejl|ved en feil|rett mottaker|feilaktig|erehdyks|vahingossa"
    r"|przez pomyłkę|omyłkow|omylem|tévedés"
    r"|din greșeală|din greseala|yanlışlık|κατά λάθος|εκ παραδρομής|по ошибке|ошибочно|помилково|по погрешка"
    r"|greškom|pomotoma|ekslikult"
    r"|kļūd|per klaid|בטעות|بالخطأ|عن طريق الخطأ|اشتباه|誤って|误收|误|誤|잘못|nhầm|ผิดพลาด|kesalahan|per error|mistök",
    # delete it, tell us
    r"\bdelet|destroy|notify|inform the sender|advise the sender|lösch|vernicht|informieren|benachrichtig"
    r"|détrui|supprim|avert|elimin"
    r"|\bborr|comuni(?:que|carlo)|avise|apag|distrugg|cancell|verwijder|informeren|radera|förstör|slett|slet"
    r"|underret|poista|ilmoit|usuń|usunięci"
    r"|zniszcz|smaz|vymaz|törölj|ștergeți|stergeti|siliniz|διαγράψ|удалит|уничтож|видал|изтри|izbriš|obriš"
    r"|kustuta|dzēs|ištrin"
    r"|מחק|حذف|削除|删除|刪除|삭제|xóa|ลบ|hapus|esborr|eyð",
    # what is forbidden
    r"prohibit|unauthori[sz]ed|not (?:permitted|disclose|copy|forward)|disclos|disseminat|unbefugt"
    r"|nicht gestattet|untersagt|verboten|interdite?|non autoris"
    r"|prohib|no autoriz|vietat|proibid|verboden|niet toegestaan|otillåt|förbjud|forbud|ikke tilladt|kielletty"
    r"|zabronion|zakázán|tilos|interzis"
    r"|yasak|απαγορεύ|запрещ|заборон|забран|zabranj|prepoved|keelatud|aizlieg|draudž|אסור|محظور|ممنوع|禁止|禁じ|严禁"
    r"|금지|cấm|ห้าม|dilarang",
)
LEGAL_SUBJECT = re.compile(_THIS_MESSAGE, re.IGNORECASE)
LEGAL_SECRET, LEGAL_ADDRESSEE, LEGAL_MISTAKE, LEGAL_DELETE, LEGAL_FORBIDDEN = (
    re.compile(concept, re.IGNORECASE) for concept in _CONCEPTS
)
# Who the employer is, by law: two of these in one paragraph are no news.
EMPLOYER = re.compile(
    r"registergericht|amtsgericht|handelsregister|\bHR[AB] ?\d|ust-?id|steuernummer|geschäftsführ|vorstand"
    r"|aufsichtsrat|körperschaft|anstalt des"
    r"|sitz:|registered (?:in|office|charity)|charit(?:y|able)|company (?:no|number|registration)"
    r"|registration number|\bVAT\b|capital social|SIRET|RCS\b"
    r"|siège social|partita iva|\bP\.? ?IVA|codice fiscale|\bKvK\b|\bBTW\b|org\.?\s?nr|\bCVR\b|y-tunnus|\bKRS\b"
    r"|\bNIP\b|REGON|IČO",
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

# The rules of dots and commas that Groups.io and Yahoo! Groups draw above their footers.
GROUPS_RULE = re.compile(r"_+[.,]_[.,]_{1,3}[.,]_{1,3}[.,]*_*|_+[.,]_[,.]_[.,_]{1,6}|(?:-=){4,}-?")

# The footer under our own copies, as it comes back in answers.
OUR_FOOTER = re.compile(r": your answer goes to the whole group\.|\bMail settings, or leave\b")

# What people write above their names.
SIGN_OFF = re.compile(
    r"[\s*_]*(?:(?:with )?(?:many |very )?(?:best|kind(?:est)?|warm(?:est)?|kindest)(?: personal)?(?: regards?"
    r"| wishes)?|(?:with )?(?:best )?regards"
    r"|yours(?: sincerely| faithfully| truly)?|sincerely(?: yours)?|cheers|all the best"
    r"|(?:many )?thanks(?: and (?:best |kind )?regards)?"
    r"|thank you|respectfully|br|kr|with gratitude|mit (?:freundlichen|besten|kollegialen|herzlichen"
    r"|lieben) gr(?:ü|ue)(?:ß|ss)en"
    r"|(?:viele|liebe|beste|herzliche|freundliche|schöne) gr(?:ü|ue)(?:ß|ss)e|mfg|lg|vg|freundliche gr(?:ü|ue)sse"
    r"|(?:bien )?(?:cordialement|amicalement)(?: vôtre)?|bien à vous|sincères salutations"
    r"|meilleures salutations|salutations"
    r"|(?:un )?(?:cordial(?:es)? )?(?:saludos?|abrazo)(?: cordial(?:es)?)?|atentamente|atte"
    r"|(?:cordiali|distinti) saluti|un caro saluto|saluti|(?:com os )?(?:melhores )?cumprimentos|atenciosamente"
    r"|abraços?|att"
    r"|(?:met )?(?:vriendelijke|hartelijke|collegiale) groet(?:en)?|groet(?:en|jes)?|mvg"
    r"|(?:med )?(?:vänlig(?:a)?|vennlig|venlig|bästa|beste|bedste|mange|hjertelig) (?:hälsning(?:ar)?"
    r"|hilsen(?:er)?)|mvh|hilsen|hälsningar"
    r"|(?:ystävällisin )?terveisin|terveisin|(?:z )?(?:poważaniem|wyrazami szacunku)|pozdrawiam(?: serdecznie)?"
    r"|pozdrowienia"
    r"|s (?:pozdravem|úctou)|s přátelským pozdravem|s pozdravom|(?:szívélyes )?üdvözlettel|tisztelettel"
    r"|cu (?:stimă|respect|drag)|saygılarımla|saygılarımızla|iyi çalışmalar|με εκτίμηση|φιλικά|χαιρετισμούς"
    r"|с уважением|з повагою|с наилучшими пожеланиями|с уважение|s poštovanjem|lp|lep pozdrav|srdačan pozdrav"
    r"|בברכה|בכבוד רב|مع التحيات?|مع خالص التحية|تحياتي|敬具|よろしくお願い(?:いた|致)?します|此致|敬礼|祝好"
    r"|감사합니다|드림|trân trọng|salam)"
    r"[\s,.!;–—*_-]*",
    re.IGNORECASE,
)
# A line of a business card: a number with its label, an address, a place on the web.
CONTACT = re.compile(
    r"(?:\b(?:tel|telefono?|téléphone|tél|phone|ph|mob|mobile|mobil|cell|fax|direct|office|pager|bleep|ext|dect"
    r"|gsm|handy)\b"
    r"|\b[tmfp]\b|telefax|тел|моб|факс|電話|电话|전화|טל|هاتف|☎|📞"
    r"|📱)[\s.:/)*]{0,4}[^\d\n]{0,12}\(?\+?\d[\d\s().–/-]{4,}"
    r"|^\s*\(?\+\d[\d\s().–/-]{6,}\d\s*$|^\s*(?:e-?mail|mail|e|w|✉|📧|web|www|url|site"
    r"|internet)?\s*:?\s*<?[\w.+-]+@[\w-]+\.[\w.-]+>?(?:<mailto:[^<>]*>)?\s*$"
    r"|\bwww\.[\w-]+\.|^\s*<?https?://\S+\s*$|\b(?:GMC|NPI|ORCID|DEA|LANR)\b.{0,12}\d{4}",
    re.IGNORECASE,
)
