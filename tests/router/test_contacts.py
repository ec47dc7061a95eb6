"""Which phones and e-mail addresses people write: `router.contacts`."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.contacts import contacts_in, email, phone, region_of
from router.model import Contact, ContactKind


def values(text: str, *, region: str = "RU") -> list[str]:
    return [contact.value for contact in contacts_in(text, region=region)]


@pytest.mark.parametrize(
    "text",
    [
        "мой тел 8 (912) 345-67-89, звоните",
        "+7 912 345 67 89",
        "89123456789",
        "79123456789",
        "912 345-67-89 после шести",
        "tel:+79123456789.",
        "Заказ 123, тел. 89123456789",
        "заказ не пришёл, мой телефон 8-912-345-67-89",
        "№ заказа 7, перезвоните на +79123456789",
    ],
)
def test_phone_is_found_however_people_write_it(text: str) -> None:
    assert contacts_in(text) == (Contact(ContactKind.PHONE, "+79123456789"),)


@pytest.mark.parametrize(
    "text",
    [
        "9123456789",
        "заказ 89123456789",
        "номер заказа: 89123456789",
        "Заказ № 8 912 345-67-89",
        "order #79123456789",
        "трек-номер 79123456789",
        "счёт на 89123456789",
        "ИНН 7707083893",
        "4276 1234 5678 9012",
        "12.08.2026 10:30",
        "20260801120000",
        "id89123456789x",
        "https://shop.test/orders/89123456789?x=79123456789",
        "89123456789@mail.test",
        "345-67-89",
        "цена 12 500 руб.",
        "звонил на 8-800-555-35-35",
    ],
)
def test_other_numbers_are_no_phones(text: str) -> None:
    assert not [c for c in contacts_in(text) if c.kind is ContactKind.PHONE]


def test_number_of_another_country_is_found_with_its_code() -> None:
    assert values("ruft an: +49 30 901820") == ["+4930901820"]
    assert values("ruft an: 030 901820", region="DE") == ["+4930901820"]
    assert values("ruft an: 030 901820", region="RU") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("пишите на Ivan.Petrov+shop@Mail.Example.ru, спасибо", "ivan.petrov+shop@mail.example.ru"),
        ("<a_b-c@x-y.example>", "a_b-c@x-y.example"),
        ("почта: ivan@почта.рф.", "ivan@почта.рф"),
        ("a@xn--80a1acny.xn--p1ai", "a@xn--80a1acny.xn--p1ai"),
    ],
)
def test_email_is_found_in_lower_case(text: str, found: str) -> None:
    assert contacts_in(text) == (Contact(ContactKind.EMAIL, found),)


@pytest.mark.parametrize(
    "text",
    [
        "@ivan",
        "ivan@localhost",
        "ivan@@mail.test",
        "a..b@mail.test",
        "https://medium.test/@ivan.petrov",
        "https://user@host.test/path",
        "файл v1@2.0",
        f"{'a' * 65}@mail.test",
    ],
)
def test_other_words_are_no_emails(text: str) -> None:
    assert contacts_in(text) == ()


def test_contacts_come_once_and_in_order() -> None:
    text = "a@x.test или 8 912 345-67-89, лучше A@X.test, +79123456789, 8 495 123-45-67"
    assert values(text) == ["a@x.test", "+79123456789", "+74951234567"]


def test_none_of_them_is_proven() -> None:
    assert not any(contact.proven for contact in contacts_in("a@x.test +79123456789"))


@pytest.mark.parametrize(
    ("given_as", "e164"),
    [
        ("8 912 345 67 89", "+79123456789"),
        ("9123456789", "+79123456789"),
        ("+49 (0)30 901820", "+4930901820"),
        ("8 800 555-35-35", "+78005553535"),
        ("12", None),
        ("", None),
        ("нет", None),
        ("+7 000 000 00 00", None),
    ],
)
def test_phone_given_as_such_is_taken_more_freely(given_as: str, e164: str | None) -> None:
    assert phone(given_as) == e164


@pytest.mark.parametrize(
    ("given_as", "address"),
    [(" Anna@Example.TEST ", "anna@example.test"), ("anna", None), ("a@x.test b@x.test", None)],
)
def test_email_given_as_such_is_brought_into_one_form(given_as: str, address: str | None) -> None:
    assert email(given_as) == address


@pytest.mark.parametrize(
    ("language", "region"),
    [("ru", "RU"), ("kk", "KZ"), ("de", "DE"), ("en", "RU"), ("pt-BR", "BR"), ("en_GB", "GB"),
     (None, "RU"), ("x-lojban", "RU")],
)  # fmt: skip
def test_country_follows_the_language(language: str | None, region: str) -> None:
    assert region_of(language) == region


@given(st.text(max_size=200))
def test_whatever_is_found_is_in_its_one_form_already(text: str) -> None:
    for contact in contacts_in(text):
        again = phone if contact.kind is ContactKind.PHONE else email
        assert again(contact.value) == contact.value


@given(
    st.integers(9_000_000_000, 9_999_999_999),
    st.sampled_from(["+7{}{}{}", "8{}{}{}", "8 ({}) {}-{}", "7 {} {} {}"]),
)
def test_every_mobile_with_its_prefix_is_found(number: int, form: str) -> None:
    digits = str(number)
    written = form.format(digits[:3], digits[3:6], digits[6:])
    if phonenumbers.is_valid_number(phonenumbers.parse(f"+7{digits}")):
        assert values(f"Здравствуйте! {written} Анна") == [f"+7{digits}"]


@given(st.text(alphabet="0123456789-. @a+():/", max_size=2000))
def test_reading_never_takes_long(text: str) -> None:
    contacts_in(text)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("unit", ["a.", "a@", "1 ", "a-", "@a.", "+7 ", "a@a."])
def test_hostile_text_is_read_in_time(unit: str) -> None:
    contacts_in(unit * 20_000)
    email(unit * 20_000)
