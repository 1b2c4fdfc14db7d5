"""The words around a name that make it a patient's, a colleague's or that of a thing."""

import re

from forum.rules.identifiers.lists import words_of

TITLES = words_of(
    "mr mrs ms miss mx frau herr fräulein señora señor señorita senora senor sra mme madame monsieur signora"
    " signor mister"
)
DOCTORS = words_of("dr drs doctor prof professor sir dame rev sister saint st nurse chaplain judge")
PATIENTS = words_of("patient patients patient's pt pts ptnt client patientin")
KIN = words_of(
    "daughter son wife husband mother father sister brother mom mum mommy dad partner grandson granddaughter"
    " grandmother grandfather aunt uncle niece nephew cousin boyfriend girlfriend fiancé fiancée baby little"
    " tochter sohn ehefrau ehemann mutter vater spouse twins caregiver neighbor neighbour"
)
NAMING = frozenset(["named", "name", "called", "aka", "namens"])
PARTICLES = words_of(
    "van der den du des vander de la del dela da dos di le el al bin ibn abu von zu ten ter san santa st mac o'"
)
DEGREE = re.compile(
    r",? (?:m\.?d|d\.?o|ph\.?d|rn|np|pa-c|pharm|mbbs|mph|frcs|frcp|facp|facc|et al|consultant|our (?:practice"
    r"|office))\b"
)
ILLNESS = re.compile(
    r"\b(?:complain(?:s|ed|ing) of|postpartum|pathology|biopsy|vertigo|dyspnea|seizures?|syncope|chest pain"
    r"|abdominal pain|headaches?|rash|fever|cough|vomiting|bleeding|melena|hematuria|bp \d|hgb|hemoglobin|potassium"
    r"|creatinine|a1c|on dialysis|tumou?r|cancer|carcinoma|lymphoma|leukemia|metasta\w{2,4}|stroke|mi|nstemi|stemi"
    r"|sepsis|pneumonia|copd|chf|lupus|als|pregnant|icu|the ed|my office|bed \d|room \d|admitted|discharged"
    r"|intubated|post-?op|pod ?\d|s/p|iud|murmur|fracture|wound|ulcer|refill|meds|allerg\w{2,3})\b"
)
COLLEAGUE = re.compile(
    r"\b(?:dr|drs|md|phd|prof(?:essor)?|agree[sd]?|thanks?|posted|posts|wrote|writes|asked|says|said|talk|lecture"
    r"|speakers?|stud(?:y|ies)|trial|paper|article|et al|book|award|hosted|joins?|chair\w{0,4}|author\w{0,3}"
    r"|published|journal|colleagues?|presented the|panel|led by|by|according|work(?:s|ed) with|met|runs?|fellow"
    r"|resident|surgeon|consultant|editor|president|governor|senator|secretary|lab|group|university|hospital"
    r"|institute|foundation|school|memorial|center|clinic|patients|syndrome|disease|actor|singer|player|coach|show"
    r"|movie|film|died of|biography|kudos|congrat\w{0,10}|welcome|named after)\b"
)
NO_PERSON_AFTER = re.compile(
    r"(?:'s?)?[ \-](?:syndrome|disease|sign|nodule|score|criteria|test|trial|study|classification|index|scale"
    r"|procedure|operation|palsy|maneuver|manoeuvre|tumou?r|sarcoma|lymphoma|contracture|fracture|catheter|tube"
    r"|lesion|cell|body|bodies|hospital|clinic|center|university|institute|foundation|memorial|school|street"
    r"|protocol|rule|method|stain|phenomenon|anomaly|thyroiditis|esophagus)s?\b"
)
MANAGER_BEFORE = re.compile(
    r"(?:consultant|surgeon|manager|secretary|colleagues?|chair(?:man)?|president|lawyer|attorney|speaker|registrar"
    r"|our nurse),? $"
)
VERB_BEFORE = re.compile(r"\b(?:we|i|you|they|not|to|never|will|don't|would|might|could|may|often|easily|and|near) $")
SEX_OR_AGE = (
    r"(?:\d{1,3} ?-?(?:yo|y/o|y\.o|year|yr|y\b|m\b|f\b|mo\b|(?:week|day|month)s?[ -]old|jährig|jahre)"
    r"|(?:\w+-){1,2}year-old|age[d]? \d|\(?(?:m|f)/?\d{2}\b)"
)
ABOUT_PATIENT = re.compile(
    rf",? {{0,2}}(?:an? )?(?:\(?{SEX_OR_AGE}|\((?:\d{{1,2}}|1[01]\d) ?[mf]?\)|, ?\d{{1,2}},|(?:is|was) (?:a|an|our"
    rf"|my|now)? ?{SEX_OR_AGE}|[(,]? ?(?:mrn|dob|d\.o\.b|born|geb\.|nhs|ssn)\b"
    r"|is (?:a|an) (?:\w+ ){0,2}(?:man|woman|boy|girl|male|female|lady|gentleman)\b)"
)
ILL = re.compile(
    r",? (?:(?:today|yesterday|last night|this morning|last week|in clinic|in the ed|in the er), (?:a|an|who) "
    r"|presented (?:with|to|after|again|on|yesterday|today|last|this)|presents with|came (?:in|to clinic"
    r"|to the (?:ed|er|clinic|office|ward)|back with)|(?:was|is|were|got|has been|had been) (?:just |then "
    r"|re)?(?:admitted|diagnosed|discharged|transferred|started on|intubated|extubated|hospitali[sz]ed"
    r"|put on (?!hold|call|leave|the)|brought in|found (?:down|on|to have)|seen (?:in|by|for)|on dialysis"
    r"|treated (?:with|for)|prescribed|post-?op|septic|dying|scheduled for surgery)|complain(?:s|ed) of"
    r"|denie[sd] (?:any |chest|fever|pain|sob|drug|alcohol)|underwent|passed away|coded|has failed|(?:has"
    r"|had) (?:a (?:fever|seizure|stroke|rash|cough|history)|refractory|metastatic|diabetes|cancer|lupus|copd|asthma"
    r"|been through)|developed (?:a |an |fever|sepsis|chest|acute)|went into|swallowed a|hat (?:fieber|schmerzen)"
    r"|wurde (?:aufgenommen|operiert|entlassen))"
)
PERSON_BEFORE = re.compile(
    r"(?:\b(?:year[ \-]old|yrs?[ \-]old|yo|y/o|\d\d[mf]|man|woman|male|female|boy|girl|gentleman|lady|infant|toddler"
    r"|teenager)\b,? (?:is |named |called )?|\bbedside (?:for|of) |\bspoke with |\b(?:admitted|discharged|intubated"
    r"|extubated|transfused|cathed|delivered|treated|examined) |\bconsult(?:ed)? (?:for|on) )$"
)
PERSON_NAMED = re.compile(
    r"\b(?:woman|man|boy|girl|male|female|lady|gentleman|patient|pt|child|infant|yo|old|teenager|daughter|son|baby"
    r"|he is|she is|[mf]|student|farmer|teacher)(?: is)?,? $"
)
NAME_LABEL = re.compile(
    r"(?:\b(?:patient|pt|full|first|last|legal|maiden|his|her|client|family|sur)(?:'s)? ?|^|[\n.;(] *)$"
)
