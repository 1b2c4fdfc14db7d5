"""Numbers that carry a digit to check them by; pure."""


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B: payment cards, the Canadian social insurance number."""
    return _folded(number[::-1], odd_weight=1) % 10 == 0


def nhs_number(number: str) -> bool:
    """NHS Data Dictionary: ten digits, modulus 11."""
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(number[:9])) % 11
    return len(number) == 10 and check != 10 and int(number[9]) == check % 11


def german_insured(number: str) -> bool:
    """The Krankenversichertennummer: a letter, eight digits, a check digit (SGB V, section 290)."""
    spelled = f"{ord(number[0].upper()) - 64:02d}{number[1:9]}"
    return len(number) == 10 and _folded(spelled, odd_weight=1) % 10 == int(number[9])


def australian_medicare(number: str) -> bool:
    weights = (1, 3, 7, 9, 1, 3, 7, 9)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return len(number) in (10, 11) and number[0] in "23456" and total % 10 == int(number[8])


def iban(number: str) -> bool:
    """ISO 13616: the country and check digits moved to the end, letters as numbers from 10, remainder 1 by 97."""
    turned = number[4:] + number[:4]
    return 15 <= len(number) <= 34 and int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def vin(number: str) -> bool:
    """49 CFR 565.15: the ninth sign checks the other sixteen."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    signs = [values.get(sign, sign) for sign in number.upper()]
    if len(signs) != 17 or not all(sign.isdigit() for place, sign in enumerate(signs) if place != 8):
        return False
    total = sum(int(sign) * weight for sign, weight in zip(signs, weights, strict=True) if sign.isdigit() and weight)
    return number[8].upper() == "0123456789X"[total % 11]


def _folded(number: str, *, odd_weight: int) -> int:
    """The sum of the digits with every second one doubled and its own digits added."""
    total = 0
    for place, digit in enumerate(number):
        value = int(digit) * (odd_weight if place % 2 == 0 else 3 - odd_weight)
        total += value - 9 if value > 9 else value
    return total
