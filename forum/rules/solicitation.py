"""Sees recruiting, selling, surveys and fundraising in the author's own words; a talk about them is none.

Only turns that ask the reader for something count, so that a survey of patients or a donated kidney passes.
"""

from dataclasses import dataclass, fields

from forum.rules.cues import cues, find_cues, kinds_of
from forum.rules.findings import Severity
from forum.rules.matter import Matter, Sighting

_OUR = "(my|our|this|the|a|an|his|her|their)"
_CUES = cues(
    recruiting=(
        r"(we are|we're|now|currently|urgently|(practice|clinic|group|hospital|department|team|office) is) (hiring|"
        r"recruiting)",
        r"(recruiting|hiring)…(physicians?|doctors?|hospitalists?|[a-z]+ologists?|surgeons?|participants|volunteers)",
        r"(seeking|looking for|searching for)…(bc/be|board[ -]certified|locums?|participants)",
        r"(seeking|looking for|searching for)…(full|part)[ -]time (physician|doctor|hospitalist|nurse|partner|surgeon|"
        r"[a-z]+ist)",
        r"(locums?|coverage|locums? coverage) (needed|wanted)",
        r"(job|career|locums?|practice|employment|moonlighting) (opportunity|opening|vacancy)",
        r"(we have|our|several|immediate) ([a-z]+ ){0,2}(job|career|locums?|practice) (opportunities|openings|"
        r"vacancies)",
        r"(open|new) (position|vacancy)…(available|at|in|for)",
        r"(send|email|e-mail|forward|submit) ((me|us) )?(your|in your) ([a-z]+ )?(cv|resume|curriculum vitae)",
        r"(sign[ -]?on|signing|relocation|referral) bonus(es)?…(available|offered|is|are|of|for)",
        r"(competitive|generous) (salary|salaries|compensation|pay|package)",
        r"(join|apply to join) our (practice|clinic|hospital|department|growing|team of)",
        r"(please|click here to|interested|and) apply (now|today|here|online)",
        r"enroll…(in|into) (our|my) (study|trial)",
    ),
    selling=(
        r"(our|my)…(is|are) for sale",
        r"(now|have|has|got|items?|practice|house|equipment)( [a-z]+){0,4} for sale",
        r"(for sale|selling) (is|my|our|a used|an unused)",
        r"(discount|promo|promotional|coupon|voucher) (code|link)s?",
        r"(affiliate|referral) (link|code)s?",
        r"use (my|the|our|this) code",
        r"[0-9]+ ?(%|percent) (off|discount) (your|all|for|with|until|today|if|when|on (your|all|the))",
        r"((buy|shop|purchase) (now|today|here|yours)|order (now|yours))",
        r"(limited[ -]time|special|exclusive|introductory) (offer|price|deal|discount|rate)s?",
        r"(early[ -]bird) (price|pricing|rate|registration|discount)s?",
        r"(book|schedule|request) (a|your) (free )?(demo|discovery call|sales call|strategy call)",
        r"(book|schedule|request) (a|your) free (consultation|call|session)",
        r"(come to|join|watch|attend|check out|listen to|subscribe to|buy|order) my ((new|free|latest|upcoming|"
        r"next) ){0,2}(webinar|course|podcast|book|youtube channel|blog|newsletter|masterclass|workshop|app|substack)",
        r"(sign up|register|enroll) (now|today|here)? ?(for|in) my (course|webinar|program|coaching|workshop|"
        r"masterclass)",
        r"my (new )?(book|course|podcast|app|coaching program|newsletter|masterclass)…(is|are) (now )?(out|available|"
        r"on sale|live)",
        r"(contact|call|message|dm|pm|email) (me|us) (for|about)…(pricing|prices|quote|offers?|rates)",
        r"(dm|pm|message|text|email|call) for (pricing|price|prices|a quote|rates)",
        r"(subscribe|subscriptions?) (now|today|to my|to our|start at)",
    ),
    survey=(
        rf"(tak(e|ing)|complet(e|ing)|fill(ing)? (out|in)|answer(ing)?|participat(e|ing) in|"
        rf"respond(ing)? to) {_OUR}? ?((short|brief|quick|anonymous|"
        rf"online|following|[0-9]+[ -](minute|question)) ){{0,3}}(survey|questionnaire|poll)s?",
        r"(survey|questionnaire) (link|is (here|at|open))",
        r"(link|participate|invited|invitation)…(to|in)…(survey|questionnaire|research study|focus group)",
        r"(appreciate|grateful for|need) your (participation|responses|input)…(study|survey|project|research|thesis)",
        r"(paid|compensated) (survey|focus group|interview)s?",
        r"(surveymonkey\.com|forms\.gle|qualtrics\.com|docs\.google\.com/forms)",
    ),
    fundraising=(
        r"(gofundme|go fund me|justgiving|crowdfunding (page|campaign)|givebutter)",
        r"please (consider )?(donat(e|ing)|giv(e|ing) generously|contribut(e|ing) to (our|my|the))",
        r"donat(e|ions?|ing) (to (our|my|the|this) (fund|campaign|cause|charity|page|foundation|family)|here|online|"
        r"at the link|via)",
        r"(make|send) (a|your) (donation|contribution|pledge)s?",
        r"(our|my|this|hosting a|organizing a|organising a) (fund-?raiser|fund-?raising (page|campaign|drive|event))",
        r"sponsor (me|us) (in|for|on|at)",
        r"(support|sponsor) (me|my|our) (fundraiser|campaign|charity|run|ride|walk|marathon|race)",
        r"(raising|collecting) (money|funds|donations)",
        r"(venmo|paypal|zelle|cash ?app) (me|it|your|donation|contributions?|to)",
        r"(tax[ -]deductible) (donation|contribution|gift)s?",
    ),
)


@dataclass(frozen=True)
class SolicitationOptions:
    """Which kinds of it the group does not want."""

    recruiting: bool = True
    selling: bool = True
    survey: bool = True
    fundraising: bool = True

    def __post_init__(self) -> None:
        if not any(getattr(self, field.name) for field in fields(self)):
            raise ValueError("A check on solicitation needs one of recruiting, selling, survey and fundraising.")


def check_solicitation(matter: Matter, options: SolicitationOptions) -> tuple[Sighting, ...]:
    wanted = {kind: pattern for kind, pattern in _CUES.items() if getattr(options, kind)}
    passages = find_cues(matter, wanted)
    if not passages:
        return ()
    kinds = kinds_of(passages)
    return (
        Sighting(
            Severity.HOLD,
            f"The marked words read like an offer or an appeal ({kinds}). Members come here to ask and answer"
            " colleagues, and such posts crowd that out, whoever sends them. Take the marked words out, or ask a"
            " moderator where they are welcome.",
            f"Reads like solicitation: {kinds}.",
            passages,
            label=kinds,
        ),
    )


EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "We are hiring two hospitalists in Bend. Competitive salary, seven on and seven off.",
            "Great call opportunity in the valley. If you like the coast, please email your CV to our office.",
            "I wrote a board review course and members get 20% off with my link. Use my code CARDS20.",
            "For my fellowship project, please take this short survey. It needs five minutes.",
            "Our scrub tech lost the house in the fire. There is a GoFundMe for the family.",
            "I am riding for the heart house in May. Please consider donating, every bit counts.",
            "Don't forget to fill out our survey before Friday.",
            "My new book is out and I would love your thoughts on it.",
            "Our ultrasound machine is for sale, three years old, two probes.",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "A survey of 400 patients after bypass showed that sleep was what they missed most.",
            "Her sister wants to donate a kidney. Would you accept a donor with a BMI of 36?",
            "We use it 30% off label, mostly for refractory hiccups.",
            "He buys his insulin across the border because of the price. What do you tell such patients?",
            "Please do not take our survey fatigue as rudeness: nobody here answers another one.",
            "The trial is recruiting well abroad, but I doubt that its patients are like mine.",
            "Has anybody changed jobs after fifty? I am thinking of it and would like to hear how it went.",
            "> We are hiring two hospitalists. Competitive salary.\nThis belongs in the jobs group, I think.",
        ),
    )
)
