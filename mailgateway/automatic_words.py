"""What answering programs write in subjects and bodies, in the languages of the world.

Words only: how much each proves is decided in `automatic.py`.
"""

import re

_ANSWERS = (
    r"auto(?:matic|mated|matisch(?:e|es)?)?[- ]?(?:reply|response|responder|answer|email)|autoreply|autoresponse"
    r"|(?:out[- ]of[- ](?:the[- ])?office|vacation|absence|away|ooo)[- ](?:auto[- ]?(?:reply|response)|reply"
    r"|response)"
    r"|auto[- ]generated|automatische (?:antwort|nachricht|abwesenheits\w+|e-?mail|beantwoording|afwezigheids\w+)"
    r"|automatisch antwoord|autom(?:atisk|atiskt|\.)? ?(?:svar|besvarelse)|autosvar|sjálfvirkt svar"
    r"|(?:r[eé]ponse|message) automatique|message d['’]absence(?: automatique)?|respuesta autom[aá]tica"
    r"|contesta(?:ción|dor) autom[aá]tic[ao]|autorespuesta|(?:mensaje|mensagem) autom[aá]tic[ao]"
    r"|(?:risposta|risponditore|messaggio) automatic[ao]|resposta autom[aàá]tica|erantzun automatikoa"
    r"|automaattinen (?:vastaus|poissaoloviesti)|autowastaus|automaatvastus|automatinis atsakymas"
    r"|automātisk[aā] atbilde|(?:automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź)"
    r"|automatick[aá] odpov[eě][dď]|automatická odpoveď|automatikus válasz|r[aă]spuns automat"
    r"|(?:automatski|samodejni) odgovor|аутоматски одговор|автоматски одговор|автоматичен отговор"
    r"|автоматический ответ|авто-?ответ(?:чик)?|автоматична відповідь|автоматты жауап|αυτόματη απάντηση"
    r"|otomatik (?:yan[ıi]t|cevap)|avtomatik cavab|përgjigje automatike|(?:自動|自动)(?:返信|応答|回复|答复|回覆)"
    r"|자동 ?(?:회신|응답)"
    r"|תשובה אוטומטית|מענה אוטומטי|(?:ال)?رد (?:ال)?تلقائي|پاسخ خودکار|स्वचालित उत्तर|(?:การ)?ตอบกลับอัตโนมัติ"
    r"|(?:thư )?trả lời tự động|balasan (?:otomatis|automatik)"
)
_AWAY = (
    r"auto|(?:currently )?(?:out of (?:the )?office|out-of-office|ooo)|(?:currently )?(?:away|out)"
    r"|away from (?:the |my )?(?:office|mail|desk|e-?mail)|vacation(?: (?:message|notice))?|holiday"
    r"|(?:on )?(?:vacation|holiday|(?:annual |maternity |parental |sick )?leave)|no longer (?:with|at) .{1,40}"
    r"|(?:i am|i['’]m|.{1,40} is) (?:away|on (?:vacation|leave|holiday)|out of (?:the )?office|out|no longer .{1,40})"
    r"|abwesen(?:d|heits?(?:notiz|meldung|nachricht|benachrichtigung)?)|nicht im (?:büro|haus)|(?:im )?urlaub"
    r"|mutterschutz|elternzeit|krank|ich bin dann mal weg|absence(?: du bureau)?|absente?|(?:en )?congés?"
    r"|fuera de (?:la )?oficina|ausen(?:te|cia)|(?:de )?vacaciones|fuori (?:ufficio|sede)|assen(?:za|te)|in ferie"
    r"|fora d(?:o|e l['’]) ?(?:escritório|oficina)|ausência(?: temporária)?|ausente do escritório|férias"
    r"|afwezig(?:heid)?|niet aanwezig|ikke (?:til stede|på kontoret)|fravær\w*|ferie|frånvar\w*|ej på plats"
    r"|semester|poissa(?: toimistolta)?|(?:kesä)?lomalla|nieobecno(?:ść|sc)|poza biurem|urlop|вне офиса"
    r"|нет на месте|(?:я )?(?:в отпуске|у відпустці)|отсутств\w+|відсутність|извън офиса|mimo kancelář\w*"
    r"|nepřítomnost|neprítomnosť|dovolen(?:á|ka)|házon kívül|szabadság\w*|(?:în )?concediu|absent din birou"
    r"|ofis dışında|yıllık izin|εκτός γραφείου|απουσία|odsut(?:an|na|nost)|odsotnost"
    r"|(?:iz)?van (?:ureda|kancelarije)|外出中?|不在(?:通知|の.{1,6})?|.{0,4}休[暇業](?:の.{1,6})?|休假中?"
    r"|不在办公室|부재중?|휴가중?"
    r"|מחוץ למשרד|خارج المكتب|di luar kantor|ngoài văn phòng|không có mặt .{1,20}"
)

# What programs call their answers. The colon, a bracket or the end belongs to it: "Automatic replies in the clinic" is
# a person's subject.
CERTAIN = re.compile(
    rf"\s*[\[(【]?(?:{_ANSWERS})\s*(?:$|[:：\-–—\[\](【】)]|re:|(?:from|auf|d['’]absence|de ausência)\b)"
    r"|\s*auto: .{1,80}\b(?:out of the office|away|absent|abwesend|nicht im|fuori|fuera|en congé)",
    re.IGNORECASE,
)
# Subjects that a person may also write.
LIKELY = re.compile(
    rf"\s*(?:{_AWAY})"
    r"(?=\s*(?:$|[:：;,.!()\[\]/–—-]|\d)|\s+(?:re|aw|sv|antw|until|till|from|bis|vom|ab|jusqu|hasta|fino|tot|até"
    r"|til|do)\b)",
    re.IGNORECASE,
)
# What somebody says who is away.
AWAY_BODY = re.compile(
    r"out of (?:the )?office|(?:be|am|is|are) (?:currently )?(?:away|(?:on|off) (?:annual |maternity |parental "
    r"|sick )?"
    r"(?:leave|vacation|holiday))|(?:limited|no) access to (?:my )?(?:e-?)?mail|not (?:in|at) (?:the|my) office"
    r"|(?:will|shall) (?:return|be back|respond|reply|answer|get back)|upon my return|until (?:i|my) return"
    r"|in my absence"
    r"|back in the office|urgent (?:matters|requests|cases)|no longer (?:work|with|at|employed)"
    r"|nicht (?:im (?:büro|haus)|erreichbar)|abwesen|urlaub|wieder (?:erreichbar|im|da|zurück)|in dringenden"
    r"|elternzeit"
    r"|wird nicht (?:weitergeleitet|bearbeitet|gelesen)|derzeit krank|absente?\b|de retour|congés?\b"
    r"|en cas d['’]urgence"
    r"|fuera de (?:la )?oficina|vacaciones|regres|ausen(?:te|cia)|fuori (?:ufficio|sede)|assen(?:te|za)|rientr|ferie"
    r"|fora d(?:o|e l)|vacances|férias|retorn|ausência|licença|afwezig|terug op|vakantie|verlof|tilbage|tilbake"
    r"|ikke på kontoret|fravær|tillbaka|åter\b|semester|frånvarande|poissa|lomalla|takaisin|palaan"
    r"|nieobecn|urlop|wrac|wróc|отпуск|отсутств|вернусь|нет на месте|відпуст|відсутн|отсъства|dovolen|mimo kancel"
    r"|nepřítom|neprítom|szabadság|távol|concediu|izin|tatil|άδεια|απουσ|επιστρ|godišnj|odmor|odsut|odsot|dopust"
    r"|puhkus|atvaļinājum|atostog|不在|休暇|休業|休假|外出|出張|出差|부재|휴가|חופש|מחוץ למשרד|إجازة|خارج المكتب"
    r"|مرخصی"
    r"|ลาพัก|ไม่อยู่|nghỉ|vắng|cuti\b|di luar",
    re.IGNORECASE,
)
