"""The words and numbers that made-up notes are filled with, each from a seeded source of chance; no real person."""

from collections.abc import Callable, Mapping
from random import Random


def words_of(text: str) -> list[str]:
    """The words of a line in their order; "~" stands for a blank inside a name."""
    return [word.replace("~", " ") for word in text.split()]


FIRST_NAMES = words_of(
    "Maria Ethan Latoya Priya Mohammed Wei Ingrid Tomasz Chinedu Aisha Carlos Linda Gerald Beatrice Hiroshi"
    " Fatima Dmitri Siobhan Lars Anneliese Jürgen Thi Nguyet Rajesh Guadalupe Ahmed Yolanda Kwame Olga Pierre"
    " Élodie Mateo Zainab Ralph Dolores Winston Marisol Deepak Katarzyna Björn Noor Tyrone Shanice Giuseppe"
    " Oluwaseun Brigitte Xavier Keiko Samir Leticia Donald Harriet Vikram Mei Abdul Rosa Eleanor Connor Nadia"
    " Emeka Joaquín Heather Sunita Boris Amara"
)
SURNAMES = words_of(
    "Alvarez O'Brien Nguyen Kowalski Okafor Schmidt Müller Patel Krishnamurthy Al-Sayed Tanaka Garcia-Lopez"
    " Johansson Petrov MacDonald Washington Ferrari Oyelaran Hernandez Dubois Fitzgerald Castellanos"
    " Bhattacharya Zielinski Haddad Weissmann Chaudhry Papadopoulos Van~der~Berg Novak Andersson Thornton"
    " Delacroix Ramirez Whitfield Abernathy Suzuki Mbeki Hashemi Rosenthal Kaminski Yamamoto Contreras Eze"
    " Lindqvist McAllister Villanueva Gupta Steinberg Obi Jefferson Castillo Blankenship Hoang Tran Goldberg"
    " Iyer Sorensen Rutkowski Montoya Ibrahim De~la~Cruz Baptiste Hargrove"
)
CITIES = {
    "us": (
        ("Dayton", "OH"),
        ("Tulsa", "OK"),
        ("Fresno", "CA"),
        ("Boise", "ID"),
        ("Cedar Rapids", "IA"),
        ("El Paso", "TX"),
        ("Chattanooga", "TN"),
        ("Poughkeepsie", "NY"),
        ("Spokane", "WA"),
        ("Duluth", "MN"),
        ("Bakersfield", "CA"),
        ("Winston-Salem", "NC"),
        ("Santa Fe", "NM"),
        ("Tallahassee", "FL"),
        ("Kalamazoo", "MI"),
        ("Baton Rouge", "LA"),
    ),
    "world": (
        ("Leeds", "UK"),
        ("Wolverhampton", "UK"),
        ("Saskatoon", "Canada"),
        ("Bochum", "Germany"),
        ("Würzburg", "Germany"),
        ("Wollongong", "Australia"),
        ("Ballarat", "Australia"),
        ("Guadalajara", "Mexico"),
        ("Lahore", "Pakistan"),
        ("Halifax", "Canada"),
        ("Norwich", "UK"),
        ("Kumasi", "Ghana"),
        ("Osaka", "Japan"),
        ("Medellín", "Colombia"),
    ),
}
STREETS = words_of("Maple Oakwood Lincoln Cedarbrook Jefferson Sycamore Hillcrest Elm Peachtree Wabash Cypress Juniper")
STREET_TYPES = words_of("Street St St. Ave Avenue Rd Road Blvd Lane Ln Drive Court Ct Way Terrace Pkwy")
MONTHS = words_of("January February March April May June July August September October November December")
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def digits(chance: Random, count: int) -> str:
    return str(chance.randint(1, 9)) + "".join(chance.choice("0123456789") for _ in range(count - 1))


def letters(chance: Random, count: int) -> str:
    return "".join(chance.choice(_LETTERS) for _ in range(count))


def _surname(chance: Random) -> str:
    return chance.choice(SURNAMES)


def _us_phone(chance: Random) -> str:
    area, middle, last = f"{chance.randint(201, 799)}", f"{chance.randint(200, 999)}", digits(chance, 4)
    form = chance.choice(
        (
            "{}-{}-{}",
            "({}) {}-{}",
            "{}.{}.{}",
            "{} {} {}",
            "+1 {} {} {}",
            "1-{}-{}-{}",
            "({}){}-{}",
            "{}–{}–{}",
            "{}/{}-{}",
        )
    )
    return form.format(area, middle, last) + chance.choice(("", "", "", " x204", " ext. 12"))


def _world_phone(chance: Random) -> str:
    return chance.choice(
        (
            f"+44 7{digits(chance, 3)} {digits(chance, 6)}",
            f"+44 20 7946 0{digits(chance, 3)}",
            f"07{chance.randint(700, 999)} {digits(chance, 6)}",
            f"+49 30 {digits(chance, 8)}",
            f"+49 (0)171 {digits(chance, 7)}",
            f"0171/{digits(chance, 7)}",
            f"+61 4{chance.randint(10, 99)} {digits(chance, 3)} {digits(chance, 3)}",
            f"04{chance.randint(10, 99)} {digits(chance, 3)} {digits(chance, 3)}",
            f"+1 416 {chance.randint(200, 999)} {digits(chance, 4)}",
        )
    )


def _email(chance: Random) -> str:
    first, last = chance.choice(["maria", "jsmith", "carlos", "priya.k", "t_kowalski", "big-al"]), digits(chance, 2)
    host = chance.choice(("gmail.com", "yahoo.co.uk", "web.de", "bigpond.net.au", "example.org", "aol.com"))
    return f"{first}{last}@{host}"


def nhs_number(chance: Random) -> str:
    while True:
        nine = digits(chance, 9)
        check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
        if check != 10:
            return f"{nine[:3]} {nine[3:6]} {nine[6:]}{check % 11}"


def luhn(number: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return number + str(-total % 10)


def _grouped(number: str, size: int) -> str:
    return " ".join(number[at : at + size] for at in range(0, len(number), size))


def kvnr(chance: Random) -> str:
    """The number of a German health insurance: a letter, eight digits and one to check them by."""
    letter, eight = chance.choice("ABCDEFGHKLMNPRSTVXZ"), digits(chance, 8)
    total = 0
    for place, digit in enumerate(f"{ord(letter) - 64:02d}{eight}"):
        value = int(digit) * (place % 2 + 1)
        total += value - 9 if value > 9 else value
    return f"{letter}{eight}{total % 10}"


def australian_medicare(chance: Random) -> str:
    eight = str(chance.randint(2, 6)) + digits(chance, 7)
    check = sum(int(digit) * weight for digit, weight in zip(eight, (1, 3, 7, 9, 1, 3, 7, 9), strict=True)) % 10
    return f"{eight[:4]} {eight[4:]}{check} {chance.randint(1, 4)}"


def vin(chance: Random) -> str:
    """Seventeen signs with the North American check digit at the ninth place."""
    signs = [chance.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17)]
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(int(values.get(sign, sign)) * weight for sign, weight in zip(signs, weights, strict=True))
    signs[8] = "0123456789X"[total % 11]
    return "".join(signs)


def _year(chance: Random) -> int:
    return chance.randint(2014, 2026)


def _born(chance: Random) -> int:
    return chance.randint(1932, 2020)


def _ssn(chance: Random) -> str:
    return chance.choice(("{}-{}-{}", "{} {} {}", "{}.{}.{}", "{}‑{}‑{}")).format(
        f"{chance.randint(1, 665):03d}", f"{chance.randint(1, 99):02d}", f"{chance.randint(1, 9999):04d}"
    )


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


SLOTS: Mapping[str, Callable[[Random], str]] = {
    "first": lambda chance: chance.choice(FIRST_NAMES),
    "surname": _surname,
    "initial": lambda chance: chance.choice("ABCDEGHJKLMRST"),
    "us_city": lambda chance: chance.choice(CITIES["us"])[0],
    "us_city_state": lambda chance: ", ".join(chance.choice(CITIES["us"])),
    "world_city": lambda chance: chance.choice(CITIES["world"])[0],
    "zip": lambda chance: f"{chance.randint(10001, 99900)}",
    "uk_postcode": lambda chance: chance.choice(("LS6 3AB", "M14 5RT", "SW1A 2HQ", "WV3 9JE", "NR2 4PH")),
    "ca_postcode": lambda chance: chance.choice(("K1A 0B1", "S7N 2R4", "B3H 4R2", "V5K 0A1")),
    "plz": lambda chance: f"{chance.randint(10115, 97999)}",
    "house": lambda chance: f"{chance.randint(2, 9899)}",
    "street": lambda chance: f"{chance.choice(STREETS)} {chance.choice(STREET_TYPES)}",
    "us_phone": _us_phone,
    "world_phone": _world_phone,
    "email": _email,
    "month": lambda chance: chance.choice(MONTHS),
    "mon": lambda chance: chance.choice(MONTHS)[:3],
    "day": lambda chance: str(chance.randint(1, 28)),
    "ordinal": lambda chance: _ordinal(chance.randint(1, 28)),
    "year": lambda chance: str(_year(chance)),
    "yy": lambda chance: f"{_year(chance) % 100:02d}",
    "born": lambda chance: str(_born(chance)),
    "born_yy": lambda chance: f"{_born(chance) % 100:02d}",
    "us_date": lambda chance: f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/{_year(chance)}",
    "short_date": lambda chance: f"{chance.randint(1, 12)}/{chance.randint(1, 28)}",
    "iso_date": lambda chance: f"{_year(chance)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
    "dotted_date": lambda chance: f"{chance.randint(1, 28):02d}.{chance.randint(1, 12):02d}.{_year(chance)}",
    "dashed_date": lambda chance: f"{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}-{_year(chance) % 100:02d}",
    "old": lambda chance: str(chance.randint(90, 107)),
    "age": lambda chance: str(chance.randint(19, 88)),
    "d4": lambda chance: digits(chance, 4),
    "d5": lambda chance: digits(chance, 5),
    "d6": lambda chance: digits(chance, 6),
    "d7": lambda chance: digits(chance, 7),
    "d8": lambda chance: digits(chance, 8),
    "d9": lambda chance: digits(chance, 9),
    "d10": lambda chance: digits(chance, 10),
    "l1": lambda chance: letters(chance, 1),
    "l2": lambda chance: letters(chance, 2),
    "l3": lambda chance: letters(chance, 3),
    "ssn": _ssn,
    "nhs": nhs_number,
    "sin": lambda chance: _grouped(luhn(digits(chance, 8)), 3),
    "kvnr": kvnr,
    "au_medicare": australian_medicare,
    "mbi": lambda chance: f"{chance.randint(1, 9)}EG4-TE{chance.randint(0, 9)}-MK{digits(chance, 2)}",
    "card": lambda chance: _grouped(luhn("4" + digits(chance, 14)), 4),
    "vin": vin,
    "ip": lambda chance: ".".join(str(chance.randint(11, 250)) for _ in range(4)),
}
